"""`emulator storage`: on a running emulator, and on the folder of one that does not run."""

import contextlib
import json
import re
import sqlite3

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from emulators import SmallEmulator, run

pytestmark = pytest.mark.timeout(180)
BUCKET = "darkroom"


@pytest.fixture(scope="module", params=["running", "idle"])
def place(request, tmp_path_factory):
    """A data folder, with an emulator on it and without."""
    folder = tmp_path_factory.mktemp(request.param)
    emulator = SmallEmulator(folder)
    if request.param == "idle":
        emulator.stop()
    yield emulator
    if request.param == "running":
        emulator.stop()


@pytest.fixture
def storage(place, tmp_path):
    place.storage("rm", "-r", f"s3://{BUCKET}")
    return place.storage


def test_there_and_back(storage, tmp_path):
    (tmp_path / "a.png").write_bytes(bytes(range(256)) * 50_000)
    storage("cp", tmp_path / "a.png", f"s3://{BUCKET}/dir/", "--metadata", "color=red")
    info = json.loads(storage("cat", f"s3://{BUCKET}/dir/a.png", "--json"))
    assert (info["size"], info["contentType"], info["metadata"]) == (12_800_000, "image/png", {"color": "red"})
    storage("cp", f"s3://{BUCKET}/dir/a.png", f"s3://{BUCKET}/copy")
    assert json.loads(storage("cat", f"s3://{BUCKET}/copy", "--json"))["metadata"] == {"color": "red"}
    storage("cp", f"s3://{BUCKET}/copy", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "a.png").read_bytes()
    storage("cp", tmp_path / "a.png", f"s3://{BUCKET}/text", "--content-type", "text/x-mine")
    assert json.loads(storage("cat", f"s3://{BUCKET}/text", "--json"))["contentType"] == "text/x-mine"
    assert BUCKET in storage("ls")
    assert [row.get("prefix") or row["key"] for row in json.loads(storage("ls", f"s3://{BUCKET}", "--json"))] == [
        "dir/", "copy", "text"]
    assert storage("ls", "-r", f"s3://{BUCKET}/d").split()[-1] == "dir/a.png"


def test_folders(storage, tmp_path):
    tree = {"x": b"1", "y/z.txt": b"2", "y/deep/ä": b"3"}
    for name, content in tree.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    assert "--recursive" in storage("cp", tmp_path / "in", f"s3://{BUCKET}/tree", status=1)
    done = json.loads(storage("cp", "-r", tmp_path / "in", f"s3://{BUCKET}/tree", "--json"))
    assert len(done) == 3
    storage("cp", "-r", f"s3://{BUCKET}/tree", f"s3://{BUCKET}/again")
    storage("cp", "-r", f"s3://{BUCKET}/again", tmp_path / "out")
    assert {str(path.relative_to(tmp_path / "out")): path.read_bytes()
            for path in (tmp_path / "out").rglob("*") if path.is_file()} == tree
    assert "--recursive" in storage("rm", f"s3://{BUCKET}", status=1)
    storage("rm", f"s3://{BUCKET}/again/x")
    assert "again/x" not in storage("ls", "-r", f"s3://{BUCKET}")
    assert storage("rm", f"s3://{BUCKET}/again/x", status=1).startswith("emulator: ")
    storage("rm", "-r", f"s3://{BUCKET}/tree/")
    assert {row["key"] for row in json.loads(storage("ls", "-r", f"s3://{BUCKET}", "--json"))} == {
        "again/y/z.txt", "again/y/deep/ä"}


def test_keys_that_lead_out_of_the_folder_stay_in_the_store(storage, place, tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    storage("cp", tmp_path / "a", f"s3://{BUCKET}/evil/../../out")
    problem = storage("cp", "-r", f"s3://{BUCKET}/evil", tmp_path / "in" / "here", status=1)
    assert "cannot be the path of a file" in problem
    assert not (tmp_path / "out").exists() and not (tmp_path / "in" / "out").exists()


def test_export_and_import_keep_everything(storage, place, tmp_path):
    keys = ["plain.png", "dir", "dir/below", "odd//key", "../up", "ü " + "long" * 100, ".objects/x"]
    for number, key in enumerate(keys):
        (tmp_path / "source").write_bytes(bytes([number]) * 1000 * number)
        storage("cp", tmp_path / "source", f"s3://{BUCKET}/{key}", "--metadata", f"number={number}",
                "--content-type", f"x/{number}")
    storage("export", tmp_path / "out")
    fresh = tmp_path / "fresh"
    outcome = json.loads(run("storage", "import", tmp_path / "out", "--data", fresh, "--json"))
    assert (outcome["buckets"], outcome["objects"], outcome["skipped"]) == (1, len(keys), [])
    for number, key in enumerate(keys):
        info = json.loads(run("storage", "cat", f"s3://{BUCKET}/{key}", "--json", "--data", fresh))
        assert (info["size"], info["contentType"], info["metadata"]) == (1000 * number, f"x/{number}", {"number": str(number)})
        before = json.loads(storage("cat", f"s3://{BUCKET}/{key}", "--json"))
        assert before["etag"] == info["etag"]
    run("storage", "export", tmp_path / "again", "--data", fresh)
    assert (tmp_path / "again" / f"{BUCKET}.jsonl").read_text() == (tmp_path / "out" / f"{BUCKET}.jsonl").read_text()
    assert "it is there already" in json.loads(
        run("storage", "import", tmp_path / "out", "--keep", "--json", "--data", fresh))["skipped"][0]
    assert "0 damaged" in run("storage", "verify", "--data", fresh)


def test_what_a_client_encrypted_stays_behind_and_is_named(tmp_path):
    emulator = SmallEmulator(tmp_path)
    try:
        s3 = emulator.s3()
        s3.put_object(Bucket=BUCKET, Key="sealed", Body=b"secret", SSECustomerKey=b"k" * 32, SSECustomerAlgorithm="AES256")
        s3.put_object(Bucket=BUCKET, Key="open", Body=b"x", Tagging="a=1&b=2", CacheControl="no-store")
        outcome = json.loads(emulator.storage("export", tmp_path / "out", "--json"))
        assert outcome["objects"] == 1 and outcome["skipped"] == [
            f"{BUCKET}/sealed: it is encrypted with its client's key"]
        emulator.control("reset")
        emulator.storage("import", tmp_path / "out")
        assert s3.head_object(Bucket=BUCKET, Key="open")["CacheControl"] == "no-store"
        assert s3.get_object_tagging(Bucket=BUCKET, Key="open")["TagSet"] == [
            {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        emulator.storage("export", tmp_path / "settings", "--bucket", BUCKET)
        emulator.control("reset")
        emulator.storage("import", tmp_path / "settings")
        assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
        assert "there is no bucket nothing" in emulator.storage("export", tmp_path / "x", "--bucket", "nothing", status=1)
        emulator.stop()
    finally:
        emulator.kill()


def test_a_list_that_leads_out_of_its_folder_is_refused(tmp_path):
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "b.jsonl").write_text('{"bucket":"b"}\n{"key":"k","file":"../../secret","fields":[]}\n')
    assert "b.jsonl:2 names no object and file" in run(
        "storage", "import", tmp_path / "in", "--data", tmp_path / "fresh", status=1)


def test_places_that_are_none(storage, tmp_path):
    assert "has to be in the store" in storage("cp", "a", "b", status=1)
    assert "there is no file" in storage("cp", tmp_path / "nothing", f"s3://{BUCKET}/x", status=1)
    assert "no place in the store" in storage("ls", "somewhere", status=1)
    assert "there is nothing below" in storage("cp", "-r", f"s3://{BUCKET}/nothing", tmp_path, status=1)
    assert storage("cat", f"s3://{BUCKET}/nothing", status=1).startswith("emulator: ")


def test_no_store(tmp_path):
    assert "there is no store in" in run("storage", "ls", "--data", tmp_path, status=1)
    assert "no emulator runs on" in run("storage", "flush", "--data", tmp_path, status=1)


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_flipped_bit_is_found_in_what_is_not_an_object_yet_and_in_what_is_known_of_one(tmp_path):
    emulator = SmallEmulator(tmp_path)
    contents = emulator.data / "objects" / "contents"
    try:
        s3 = emulator.s3()
        s3.put_object(Bucket=BUCKET, Key="object", Body=b"o" * 100_000, Metadata={"mark": "findme-findme"})
        known = {path for path in contents.rglob("*") if path.is_file()}
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="unfinished")["UploadId"]
        s3.upload_part(Bucket=BUCKET, Key="unfinished", UploadId=upload, PartNumber=1, Body=b"p" * 100_000)
        part, = {path for path in contents.rglob("*") if path.is_file()} - known
        blobs = BlobServiceClient.from_connection_string(emulator.addresses["blob"]["connectionString"])
        blobs.get_blob_client(BUCKET, "uncommitted").stage_block("AAAA", b"b" * 100_000)
        block, = {path for path in contents.rglob("*") if path.is_file()} - known - {part}
        assert emulator.storage("verify") == "3 contents checked, 0 damaged\n"
        for path in (part, block):
            flip(path, 50_000)
            found = json.loads(emulator.storage("verify", "--json", status=1))
            assert [damage["place"] for damage in found["damaged"]] == [str(path)]
            flip(path, 50_000)
        emulator.stop()
        database = emulator.data / "objects" / "metadata.sqlite"
        assert emulator.storage("verify") == "3 contents checked, 0 damaged\n"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # Where rows were before there may be copies, which nobody reads.
        places = [match.start() for match in re.finditer(b"findme-findme", database.read_bytes())]
        assert places
        for at in places:
            flip(database, at + 3)
        found = json.loads(emulator.storage("verify", "--json", status=1))
        place, = (damage["place"] for damage in found["damaged"])
        assert place.startswith("metadata.sqlite, object ") and place.endswith("/object")
    finally:
        emulator.kill()


def test_a_flipped_bit_is_found(tmp_path):
    emulator = SmallEmulator(tmp_path)
    try:
        for size in (100, 100_000):
            (tmp_path / "source").write_bytes(b"x" * size)
            emulator.storage("cp", tmp_path / "source", f"s3://{BUCKET}/{size}")
        assert emulator.storage("verify") == "2 contents checked, 0 damaged\n"
        file, = (path for path in (emulator.data / "objects" / "contents").rglob("*") if path.is_file())
        content = bytearray(file.read_bytes())
        content[50_000] ^= 1
        file.write_bytes(content)
        found = json.loads(emulator.storage("verify", "--json", status=1))
        assert found["checked"] == 2 and found["damaged"][0]["place"] == str(file)
        emulator.stop()
        assert "1 damaged" in emulator.storage("verify", status=1)
        file.write_bytes(bytes(content[:99_999]))
        assert "it has 99999 bytes instead of 100000" in emulator.storage("verify", status=1)
    finally:
        emulator.kill()


def test_signed_addresses(tmp_path):
    emulator = SmallEmulator(tmp_path)
    try:
        signed = json.loads(emulator.storage(
            "sign", f"s3://{BUCKET}/a b", "--put", "--content-type", "text/plain", "--json"))
        assert signed["method"] == "PUT" and signed["headers"]
        assert requests.put(signed["url"], data=b"hello", headers=signed["headers"], timeout=10).status_code == 200
        assert requests.put(signed["url"], data=b"hello", timeout=10).status_code == 403
        url = emulator.storage("sign", f"s3://{BUCKET}/a b", "--expires", "60").split("\n")[0]
        assert requests.get(url, timeout=10).content == b"hello"
        assert requests.get(url.replace("a%20b", "other"), timeout=10).status_code == 403
        url = emulator.storage("sign", f"az://{BUCKET}/a b").split("\n")[0]
        assert "sig=" in url and requests.get(url, timeout=10).content == b"hello"
        assert requests.get(url.replace("sp=r", "sp=w"), timeout=10).status_code == 403
        assert "7 days" in emulator.storage("sign", f"s3://{BUCKET}/a", "--expires", "0", status=64)
        emulator.stop()
        assert "nobody would answer the URL" in emulator.storage("sign", f"s3://{BUCKET}/a", status=1)
    finally:
        emulator.kill()


def test_import_wakes_nobody_unless_asked(tmp_path):
    folder = tmp_path / "in" / BUCKET / "uploads"
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"x")
    emulator = SmallEmulator(tmp_path)
    try:
        emulator.storage("import", tmp_path / "in")
        emulator.flush()
        assert emulator.count("object") == 0
        emulator.storage("import", tmp_path / "in", "--events")
        emulator.flush()
        assert emulator.count("object") == 1
        emulator.stop()
    finally:
        emulator.kill()


def test_reset_of_an_idle_store(tmp_path):
    folder = tmp_path / "in" / "others"
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(b"x")
    run("storage", "import", tmp_path / "in", "--data", tmp_path / "data")
    run("storage", "reset", "--data", tmp_path / "data")
    assert run("storage", "ls", "--data", tmp_path / "data") == f"{BUCKET}\n"
