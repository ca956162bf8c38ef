"""What is acknowledged is on disk: seen in the system calls, because a kill leaves the kernel's memory intact and shows nothing."""

import json
import re
import shutil
import socket
import subprocess
import time

import boto3
import pytest
from azure.storage.queue import QueueClient
from botocore.config import Config

from object_store import ACCOUNT_KEY, Store, harness


PUTS = 8
SYNC = re.compile(r"\b(fsync|fdatasync)\(\d+<([^>]*)>\)\s+= 0")


def synced(folder, body, *options):
    """The files that the store syncs while it stores objects one after another, with how often."""
    trace = folder / "trace"
    process = subprocess.Popen(
        ["strace", "-f", "-y", "-qq", "-e", "trace=fsync,fdatasync", "-o", trace, harness(), folder / "store", *options],
        stdout=subprocess.PIPE, text=True)
    try:
        endpoint = json.loads(process.stdout.readline())["s3"]
        client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="minioadmin",
                              aws_secret_access_key="minioadmin", config=Config(retries={"max_attempts": 0}))
        client.create_bucket(Bucket="durable")
        before = len(trace.read_text())
        for number in range(PUTS):
            client.put_object(Bucket="durable", Key=f"object-{number}", Body=body)
        return [match.group(2) for match in SYNC.finditer(trace.read_text()[before:])]
    finally:
        process.kill()  # the store ends with its parent
        process.wait(timeout=20)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
class TestSyncs:
    def test_a_small_object_is_in_a_synced_journal_before_it_is_acknowledged(self, tmp_path):
        journal = [path for path in synced(tmp_path, b"a" * 100) if path.endswith("-wal")]
        assert len(journal) >= PUTS

    def test_a_large_object_its_folder_and_its_row_are_synced_before_it_is_acknowledged(self, tmp_path):
        paths = synced(tmp_path, b"a" * 300_000)
        folders = [path for path in paths if (tmp_path / path).is_dir()]
        journal = [path for path in paths if path.endswith("-wal")]
        contents = [path for path in paths if path not in folders and path not in journal]
        assert len(contents) >= PUTS, paths
        assert len(folders) >= PUTS, paths
        assert len(journal) >= PUTS, paths

    @pytest.mark.parametrize("options, is_synced", [((), True), (("--fast",), False)])
    def test_a_message_is_in_a_synced_file_before_it_is_acknowledged(self, tmp_path, options, is_synced):
        trace = tmp_path / "trace"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        redis = subprocess.Popen(
            ["strace", "-f", "-y", "-qq", "-e", "trace=fsync,fdatasync", "-o", trace, "redis-server", "--port", str(port),
             "--dir", tmp_path, "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""], stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True).stdout != b"PONG\n":
                assert time.monotonic() < deadline
                time.sleep(0.05)
            store = Store(tmp_path / "store", f"--redis=redis://127.0.0.1:{port}", *options)
            try:
                queue = QueueClient(store.endpoints["queue"], "durable", credential=ACCOUNT_KEY, retry_total=0)
                queue.create_queue()
                begin, before = time.monotonic(), len(trace.read_text())
                for number in range(PUTS):
                    queue.send_message(str(number))
                synced = [m for m in SYNC.finditer(trace.read_text()[before:]) if "appendonly" in m.group(2)]
                # Once a second Redis syncs anyway.
                anyway = int(time.monotonic() - begin) + 2
                assert len(synced) >= PUTS if is_synced else len(synced) <= anyway
            finally:
                store.kill()
        finally:
            subprocess.run(["redis-cli", "-p", str(port), "shutdown", "nosave"], capture_output=True)
            redis.wait(timeout=20)

    def test_fast_syncs_nothing(self, tmp_path):
        assert synced(tmp_path, b"a" * 300_000, "--fast") == []
