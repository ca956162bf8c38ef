"""The process is killed in the middle of a mixed load, again and again: what was acknowledged is there, and whole."""

import os
import pathlib
import random
import sqlite3
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from object_store import Store

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "20"))
KEYS = [f"k{n}" for n in range(12)]


class Model:
    """For each key, the values that are right: the last acknowledged one, and whatever was under way since."""

    def __init__(self):
        self.possible = {key: [None] for key in KEYS}

    def begin(self, key, value):
        self.possible[key].append(value)

    def acknowledged(self, key, value):
        self.possible[key] = [value]


def work(store, model, keys, stop, seed):
    client = store.s3(read_timeout=10)
    random_ = random.Random(seed)
    while not stop.is_set():
        key = random_.choice(keys)
        kind = random_.choice(["put", "put", "delete", "multipart"])
        value = None if kind == "delete" else os.urandom(random_.choice([10, 4096, 40_000, 300_000]))
        model.begin(key, value)
        try:
            if kind == "put":
                client.put_object(Bucket="crash", Key=key, Body=value)
            elif kind == "delete":
                client.delete_object(Bucket="crash", Key=key)
            else:
                upload = client.create_multipart_upload(Bucket="crash", Key=key)["UploadId"]
                part = client.upload_part(Bucket="crash", Key=key, UploadId=upload, PartNumber=1, Body=value)
                client.complete_multipart_upload(
                    Bucket="crash", Key=key, UploadId=upload,
                    MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        except (BotoCoreError, ClientError, OSError):
            return
        model.acknowledged(key, value)


def stored(client):
    values = {}
    for key in KEYS:
        try:
            values[key] = client.get_object(Bucket="crash", Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:
            values[key] = None
    return values


@pytest.mark.parametrize("options", [[], ["--fast"]], ids=["synced", "fast"])
def test_kills_lose_nothing(tmp_path, options):
    model = Model()
    random_ = random.Random(20)
    store = Store(tmp_path, *options)
    store.s3().create_bucket(Bucket="crash")
    for round_ in range(ROUNDS):
        stop = threading.Event()
        threads = [
            threading.Thread(target=work, args=(store, model, KEYS[n::4], stop, round_ * 4 + n)) for n in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(random_.uniform(0.05, 0.4))
        store.kill()
        stop.set()
        for thread in threads:
            thread.join()
        begin = time.monotonic()
        store = Store(tmp_path, *options)
        assert time.monotonic() - begin < 5
        values = stored(store.s3())
        for key in KEYS:
            assert values[key] in model.possible[key], f"{key} is neither the old nor the new value"
            model.possible[key] = [values[key]]
    store.kill()
    # One more start sweeps; then every file is some object's or some part's.
    store = Store(tmp_path, *options)
    client = store.s3()
    for upload in client.list_multipart_uploads(Bucket="crash").get("Uploads", []):
        client.abort_multipart_upload(Bucket="crash", Key=upload["Key"], UploadId=upload["UploadId"])
    deadline = time.monotonic() + 10
    while True:
        files = {int(p.name, 16) for p in (pathlib.Path(tmp_path) / "contents").glob("*/*")}
        incoming = list((pathlib.Path(tmp_path) / "incoming").iterdir())
        database = sqlite3.connect(f"file:{tmp_path}/metadata.sqlite?mode=ro", uri=True)
        known = {row[0] for row in database.execute("SELECT id FROM content WHERE bytes IS NULL")}
        database.close()
        if (files == known and not incoming) or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert files == known and incoming == []
    store.kill()


def test_second_process_is_refused(tmp_path, capfd):
    store = Store(tmp_path)
    with pytest.raises(RuntimeError):
        Store(tmp_path)
    assert f"already in use by process {store.process.pid}" in capfd.readouterr().err
    store.kill()
    Store(tmp_path).kill()


def test_aborted_uploads_leave_nothing(tmp_path):
    import http.client

    store = Store(tmp_path)
    s3 = store.s3()
    s3.create_bucket(Bucket="crash")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "crash", "Key": "k"})
    host, path = url.removeprefix("http://").split("/", 1)
    for _ in range(5):
        connection = http.client.HTTPConnection(host)
        connection.putrequest("PUT", "/" + path)
        connection.putheader("Content-Length", str(10 << 20))
        connection.endheaders()
        connection.send(b"x" * (1 << 20))
        connection.close()
    deadline = time.monotonic() + 10
    incoming = pathlib.Path(tmp_path) / "incoming"
    while list(incoming.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(incoming.iterdir()) == []
    assert "Contents" not in s3.list_objects_v2(Bucket="crash")
    store.kill()
