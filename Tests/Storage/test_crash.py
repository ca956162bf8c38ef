"""The process is killed in the middle of a mixed load, again and again: what was acknowledged is there, and whole."""

import hashlib
import json
import os
import pathlib
import random
import sqlite3
import threading
import time

import pytest
from azure.core.exceptions import AzureError
from botocore.exceptions import BotoCoreError, ClientError

from object_store import Store

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "70"))
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


@pytest.mark.timeout(600)
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


class Change:
    """What was tried on a key: whether it was acknowledged, and whether its event has to be there."""

    def __init__(self, etag, is_needed=False):
        self.etag = etag  # None: a deletion
        self.is_needed = is_needed


def change(store, changes, keys, stop, seed):
    client = store.s3(read_timeout=10)
    container = store.blob(read_timeout=10).get_container_client("crash")
    random_ = random.Random(seed)
    while not stop.is_set():
        key = random_.choice(keys)
        kind = random_.choice(["put", "put", "blob", "delete", "multipart"])
        value = os.urandom(random_.choice([10, 4096, 300_000]))
        digest = hashlib.md5(value)
        tried = Change(None if kind == "delete" else digest.hexdigest())
        if kind == "multipart":
            tried.etag = hashlib.md5(digest.digest()).hexdigest() + "-1"
        # Whether there is something to delete is known when all before it was acknowledged.
        before = changes[key][-1] if changes[key] else None
        is_known = kind != "delete" or before is not None and before.is_needed and before.etag is not None
        changes[key].append(tried)
        try:
            if kind == "put":
                client.put_object(Bucket="crash", Key=key, Body=value)
            elif kind == "blob":
                container.upload_blob(key, value, overwrite=True)
            elif kind == "delete":
                client.delete_object(Bucket="crash", Key=key)
            else:
                upload = client.create_multipart_upload(Bucket="crash", Key=key)["UploadId"]
                part = client.upload_part(Bucket="crash", Key=key, UploadId=upload, PartNumber=1, Body=value)
                client.complete_multipart_upload(
                    Bucket="crash", Key=key, UploadId=upload,
                    MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        except (BotoCoreError, ClientError, AzureError, OSError):
            return
        tried.is_needed = is_known


def tell(changes, events):
    """Whether the events tell the changes: in their order, every one that has to be there, and none twice."""
    reached = {0}  # how many events may be told by the changes so far
    for tried in changes:
        told = {count + 1 for count in reached if count < len(events) and events[count] == tried.etag}
        reached = told if tried.is_needed else reached | told
    return len(events) in reached


def test_the_events_of_a_key_tell_what_became_of_it():
    first, second, gone, lost = Change("1", True), Change("2", True), Change(None, True), Change("3")
    assert tell([first, second, gone], ["1", "2", None]) and tell([first, lost, gone], ["1", None])
    assert tell([first, lost, gone], ["1", "3", None])
    for events in (["1", "2"], ["2", "1", None], ["1", "2", None, None], ["1", "1", "2", None], [], ["1", "2", "3", None]):
        assert not tell([first, second, gone], events)


@pytest.mark.timeout(600)
def test_kills_lose_and_double_no_event(tmp_path):
    changes = {key: [] for key in KEYS}
    random_ = random.Random(21)
    log = tmp_path / "events"
    folder = tmp_path / "store"
    store = Store(folder, f"--events={log}")
    store.s3().create_bucket(Bucket="crash")
    for round_ in range(ROUNDS):
        stop = threading.Event()
        threads = [
            threading.Thread(target=change, args=(store, changes, KEYS[n::4], stop, round_ * 4 + n)) for n in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(random_.uniform(0.05, 0.4))
        store.kill()
        stop.set()
        for thread in threads:
            thread.join()
        store = Store(folder, f"--events={log}")
    deadline = time.monotonic() + 30
    while True:
        database = sqlite3.connect(f"file:{folder}/metadata.sqlite?mode=ro", uri=True)
        waiting, = database.execute("SELECT COUNT(*) FROM event").fetchone()
        database.close()
        if waiting == 0:
            break
        assert time.monotonic() < deadline, f"{waiting} events are still there"
        time.sleep(0.05)
    events = {key: [] for key in KEYS}
    repeated = 0
    for line in log.read_text().splitlines():
        event = json.loads(line)
        told = events[event["key"]]
        if told and told[-1]["sequencer"] == event["sequencer"]:
            repeated += 1  # killed between the line and the acknowledgement
        else:
            told.append(event)
    assert repeated <= ROUNDS
    client = store.s3()
    for key in KEYS:
        sequencers = [event["sequencer"] for event in events[key]]
        assert sequencers == sorted(set(sequencers)), f"the events of {key} are out of order"
        told = [event["etag"] if event["kind"] == "created" else None for event in events[key]]
        assert tell(changes[key], told), f"the events of {key} are not its changes"
        try:
            assert client.head_object(Bucket="crash", Key=key)["ETag"].strip('"') == told[-1]
        except ClientError:
            assert not told or told[-1] is None
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
