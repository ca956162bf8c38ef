"""What makes sure that bytes arrive as they were sent: MD5, CRC-64 and structured bodies."""

import base64
import hashlib
import io
import os
import urllib.error
import urllib.request

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobSasPermissions, generate_blob_sas
from azure.storage.extensions import checksums

from object_store import ACCOUNT, ACCOUNT_KEY
from test_azure import soon


def crc64(data):
    return base64.b64encode(checksums.crc64.compute(data, 0).to_bytes(8, "little")).decode()


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


@pytest.fixture
def send(container):
    """Sends a plain request for a blob, signed by its address."""

    def run(method, name, query="", body=None, **headers):
        sas = generate_blob_sas(
            ACCOUNT, container.container_name, name, account_key=ACCOUNT_KEY, expiry=soon(),
            permission=BlobSasPermissions(read=True, write=True, create=True, delete=True))
        url = container.get_blob_client(name).url + "?" + sas + query
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        try:
            answer = urllib.request.urlopen(urllib.request.Request(url, body, named, method=method))
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read()

    return run


@pytest.mark.parametrize("option", ["crc64", "md5", True])
@pytest.mark.parametrize("size", [0, 1, 5000, 9 << 20])
def test_validated_content_goes_both_ways(container, option, size):
    data = os.urandom(size)
    blob = container.get_blob_client("v")
    blob.upload_blob(data, validate_content=option)
    assert blob.download_blob(validate_content=option).readall() == data
    blob.upload_blob(io.BytesIO(data), validate_content=option, overwrite=True)
    assert blob.download_blob(offset=0, length=max(1, size // 2), validate_content=option).readall() == (
        data[:max(1, size // 2)]) if size else True


def test_validated_blocks_pages_and_appends(container):
    data = os.urandom(4096)
    blocks = container.get_blob_client("b")
    blocks.stage_block("a", io.BytesIO(data), validate_content="crc64")
    blocks.commit_block_list(["a"])
    log = container.get_blob_client("l")
    log.create_append_blob()
    log.append_block(io.BytesIO(data), validate_content="crc64")
    disk = container.get_blob_client("d")
    disk.create_page_blob(4096)
    disk.upload_page(data, offset=0, length=4096, validate_content="crc64")
    for blob in [blocks, log, disk]:
        assert blob.download_blob(validate_content="crc64").readall() == data


def message(data, segments=1, version=1, flags=1, wrong=None):
    """A structured message; `wrong` names the part that is made wrong."""
    step = max(1, -(-len(data) // segments))
    parts = [data[at:at + step] for at in range(0, max(1, len(data)), step)]
    crc = lambda part, name: checksums.crc64.compute(part, 1 if name == wrong else 0).to_bytes(8, "little")
    body = b"".join(
        (number + (5 if wrong == "number" else 1)).to_bytes(2, "little") + len(part).to_bytes(8, "little") + part
        + (crc(part, "segment") if flags else b"") for number, part in enumerate(parts))
    body += crc(data, "content") if flags else b""
    length = 13 + len(body) + (1 if wrong == "length" else 0)
    return (bytes([version]) + length.to_bytes(8, "little") + flags.to_bytes(2, "little")
            + len(parts).to_bytes(2, "little") + body)


def put_message(send, body, size, kind="XSM/1.0; properties=crc64", **more):
    headers = {"x-ms-blob-type": "BlockBlob", "x-ms-structured-body": kind, "x-ms-structured-content-length": str(size)}
    return send("PUT", "m", body=body, **headers, **more)


@pytest.mark.parametrize("segments", [1, 2, 7])
def test_structured_bodies_of_several_segments(send, segments):
    data = os.urandom(70_000)
    status, headers, _ = put_message(send, message(data, segments), len(data))
    assert (status, headers["x-ms-structured-body"]) == (201, "XSM/1.0; properties=crc64")
    assert send("GET", "m")[2] == data


@pytest.mark.parametrize("change, code", [
    (dict(wrong="segment"), "Crc64Mismatch"), (dict(wrong="content"), "Crc64Mismatch"),
    (dict(wrong="number"), "InvalidStructuredBody"), (dict(wrong="length"), "InvalidStructuredBody"),
    (dict(version=2), "InvalidStructuredBody"), (dict(flags=3), "InvalidStructuredBody")])
def test_damaged_structured_bodies_are_refused(send, change, code):
    status, headers, _ = put_message(send, message(b"x" * 1000, 3, **change), 1000)
    assert (status, headers["x-ms-error-code"]) == (400, code)
    assert send("GET", "m")[0] == 404


def test_structured_bodies_that_end_early_or_late_are_refused(send):
    body = message(b"x" * 1000)
    for damaged in [body[:-1], body + b"x", body[:5], b""]:
        assert put_message(send, damaged, 1000)[0] == 400
    assert put_message(send, body, 999)[1]["x-ms-error-code"] == "InvalidHeaderValue"
    assert put_message(send, body, 1000, kind="XSM/2.0")[1]["x-ms-error-code"] == "InvalidHeaderValue"


def test_structured_answers_carry_ranges(send, container):
    data = os.urandom(6 << 20)
    container.upload_blob("m", data)
    status, headers, body = send("GET", "m", **{
        "x-ms-structured-body": "XSM/1.0; properties=crc64", "x-ms-range": f"bytes=10-{(5 << 20) + 9}"})
    part = data[10:(5 << 20) + 10]
    assert status == 206 and headers["x-ms-structured-content-length"] == str(5 << 20)
    assert headers["Content-Range"] == f"bytes 10-{(5 << 20) + 9}/{6 << 20}"
    assert int.from_bytes(body[1:9], "little") == len(body) and body[11:13] == b"\2\0"
    assert body[23:23 + (4 << 20)] == part[:4 << 20]
    assert body[-8:] == checksums.crc64.compute(part, 0).to_bytes(8, "little")


def test_checksums_of_ranges(send, container):
    data = os.urandom(5 << 20)
    container.upload_blob("r", data)
    part = data[100:200]
    asked = {"x-ms-range": "bytes=100-199", "x-ms-range-get-content-crc64": "true"}
    status, headers, body = send("GET", "r", **asked)
    assert (status, body, headers["x-ms-content-crc64"]) == (206, part, crc64(part))
    status, headers, body = send("GET", "r", **{"x-ms-range": "bytes=100-199", "x-ms-range-get-content-md5": "true"})
    assert (body, headers["Content-MD5"], headers["x-ms-blob-content-md5"]) == (part, md5(part), md5(data))
    for wrong in [{**asked, "x-ms-range-get-content-md5": "true"}, {**asked, "x-ms-range": "bytes=0-"},
                  {"x-ms-range-get-content-crc64": "true"}, {"x-ms-range-get-content-md5": "true"}]:
        assert send("GET", "r", **wrong)[0] == 400


@pytest.mark.parametrize("name, query, type", [
    ("b", "&comp=block&blockid=YQ%3D%3D", None), ("p", "", "BlockBlob")])
def test_stated_checksums_are_checked(send, name, query, type):
    headers = {"x-ms-blob-type": type} if type else {}
    data = b"hello"
    for header, right, code in [
            ("Content-MD5", md5, "Md5Mismatch"), ("x-ms-content-crc64", crc64, "Crc64Mismatch")]:
        assert send("PUT", name, query, data, **headers, **{header: right(data)})[0] == 201
        status, answer, _ = send("PUT", name, query, data, **headers, **{header: right(b"other")})
        assert (status, answer["x-ms-error-code"]) == (400, code)
        assert send("PUT", name, query, data, **headers, **{header: "nonsense"})[0] == 400
    both = {"Content-MD5": md5(data), "x-ms-content-crc64": crc64(data)}
    assert send("PUT", name, query, data, **headers, **both)[1]["x-ms-error-code"] == "BothCrc64AndMd5HeaderPresent"


def test_blocks_are_answered_with_a_checksum(send):
    _, headers, _ = send("PUT", "b", "&comp=block&blockid=YQ%3D%3D", b"hello")
    assert headers["x-ms-content-crc64"] == crc64(b"hello")


def test_sources_are_checked(container):
    source = container.upload_blob("s", b"hello")
    url = source.url + "?" + generate_blob_sas(
        ACCOUNT, container.container_name, "s", account_key=ACCOUNT_KEY, expiry=soon(),
        permission=BlobSasPermissions(read=True))
    right, wrong = (bytearray(hashlib.md5(text).digest()) for text in [b"hello", b"other"])
    target = container.get_blob_client("t")
    target.stage_block_from_url("a", url, source_content_md5=right)
    with pytest.raises(HttpResponseError) as error:
        target.stage_block_from_url("a", url, source_content_md5=wrong)
    assert error.value.error_code == "Md5Mismatch"
