"""A full disk, objects larger than memory, and clients that dawdle: nothing acknowledged is lost, and nothing half is seen."""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

import boto3.s3.transfer
import pytest
from botocore.exceptions import ClientError

from object_store import Store

MIB = 1 << 20


@contextlib.contextmanager
def small_disk(folder, mebibytes):
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", folder], capture_output=True)
    if made.returncode != 0:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_refuses_and_loses_nothing(tmp_path):
    with small_disk(tmp_path / "disk", 48) as disk:
        store = Store(disk / "store")
        try:
            s3 = store.s3()
            s3.create_bucket(Bucket="full")
            stored, body = [], os.urandom(2 * MIB)
            with pytest.raises(ClientError) as refused:
                for number in range(100):
                    s3.put_object(Bucket="full", Key=f"{number:03}", Body=body)
                    stored.append(f"{number:03}")
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503, 507), refused.value
            assert len(stored) > 10
            # What was acknowledged is there, what was refused is not, and reading goes on.
            assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="full")["Contents"]] == stored
            assert all(s3.get_object(Bucket="full", Key=key)["Body"].read() == body for key in stored)
            # What is deleted gives its room back at once.
            for key in stored[:4]:
                s3.delete_object(Bucket="full", Key=key)
            s3.put_object(Bucket="full", Key="again", Body=body)
            store.kill()
            store = Store(disk / "store")
            assert [entry["Key"] for entry in store.s3().list_objects_v2(Bucket="full")["Contents"]] == stored[4:] + ["again"]
            assert store.s3().get_object(Bucket="full", Key="again")["Body"].read() == body
        finally:
            store.kill()


def resident(process):
    for line in pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no figure")


class Pattern:
    """A file of many mebibytes that nobody holds in memory."""

    def __init__(self, size):
        self.left, self.piece = size, bytes(range(256)) * 4096

    def read(self, count=-1):
        count = self.left if count is None or count < 0 else min(count, self.left)
        self.left -= count
        return (self.piece * (count // len(self.piece) + 1))[:count]


def test_memory_does_not_grow_with_the_object(tmp_path):
    store = Store(tmp_path / "store", "--fast")
    try:
        s3, size = store.s3(), 600 * MIB
        s3.create_bucket(Bucket="large")
        s3.put_object(Bucket="large", Key="warm", Body=b"a" * 20 * MIB)
        s3.get_object(Bucket="large", Key="warm")["Body"].read()
        before = resident(store.process)
        s3.upload_fileobj(Pattern(size), "large", "object", Config=boto3.s3.transfer.TransferConfig(
            multipart_chunksize=100 * MIB, max_concurrency=1, use_threads=False))
        body, read = s3.get_object(Bucket="large", Key="object")["Body"], 0
        while piece := body.read(MIB):
            read += len(piece)
        assert read == size
        assert resident(store.process) - before < 40 * MIB
    finally:
        store.kill()


def request(store, head, *pieces, wait=0.0):
    address = store.s3_endpoint.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=20) as connection:
        connection.sendall(head)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(wait)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def presigned(store, key):
    url = store.s3().generate_presigned_url("put_object", Params={"Bucket": "slow", "Key": key})
    return url.split("/", 3)[3]


def test_a_slow_body_holds_nobody_up_and_a_short_one_leaves_nothing(tmp_path):
    store = Store(tmp_path / "store")
    try:
        s3 = store.s3()
        s3.create_bucket(Bucket="slow")
        host = store.s3_endpoint.removeprefix("http://")

        def head(key, length):
            return f"PUT /{presigned(store, key)} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n".encode()
        address = host.split(":")
        # Dawdlers with a body that has begun, each on a connection of its own.
        dawdlers = []
        for number in range(40):
            connection = socket.create_connection((address[0], int(address[1])), timeout=20)
            connection.sendall(head(f"slow-{number}", 1000) + b"a" * 10)
            dawdlers.append(connection)
        for number in range(20):
            s3.put_object(Bucket="slow", Key=f"quick-{number}", Body=b"x" * 1000)
        assert request(store, head("dripped", 5), b"h", b"e", b"l", b"l", b"o", wait=0.05).startswith(b"HTTP/1.1 200")
        assert s3.get_object(Bucket="slow", Key="dripped")["Body"].read() == b"hello"
        for connection in dawdlers:
            connection.close()
        request(store, head("cut", 5000), b"a" * 1000)
        keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="slow")["Contents"]]
        assert sorted(keys) == sorted([f"quick-{number}" for number in range(20)] + ["dripped"])
        end = time.monotonic() + 10
        while leftovers := [path for path in (tmp_path / "store").rglob("*") if path.is_file() and path.stat().st_size in (10, 1000)
                            and "tmp" in str(path.relative_to(tmp_path)).lower()]:
            assert time.monotonic() < end, leftovers
            time.sleep(0.1)
    finally:
        store.kill()
