"""What must be refused: every field of every signature changed, tampered bodies, hostile documents."""

import datetime
import http.client
import os
import socket
import urllib.error
import urllib.parse
import urllib.request

import pytest
from azure.storage.blob import (
    AccessPolicy, AccountSasPermissions, BlobSasPermissions, ContainerSasPermissions, ResourceTypes,
    generate_account_sas, generate_blob_sas, generate_container_sas)
from botocore.auth import HmacV1QueryAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from object_store import ACCOUNT, ACCOUNT_KEY
from signing import Signer, crc32, sha256


@pytest.fixture
def signer(store):
    return Signer(store.s3_endpoint)


def flip(text):
    """The text with its last letter or digit changed."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


# Signature version 4 in the header.


def test_our_signer_is_right(signer, bucket):
    headers = signer.headers("PUT", f"/{bucket}/k", sha256(b"x"))
    assert signer.send("PUT", f"/{bucket}/k", headers, b"x")[0] == 200


@pytest.mark.parametrize("change, expected", [
    (lambda h: h.update({"Authorization": flip(h["Authorization"])}), "SignatureDoesNotMatch"),
    (lambda h: h.update({"Authorization": h["Authorization"].replace("minioadmin/", "nobody/")}), "InvalidAccessKeyId"),
    (lambda h: h.update({"Authorization": h["Authorization"].replace("us-east-1", "us-east-2")}),
     "SignatureDoesNotMatch"),
    (lambda h: h.update({"Authorization": h["Authorization"].replace("/s3/", "/sqs/")}), "AuthorizationHeaderMalformed"),
    (lambda h: h.update({"Authorization": h["Authorization"].replace("aws4_request", "aws4")}),
     "AuthorizationHeaderMalformed"),
    (lambda h: h.update({"Authorization": h["Authorization"].replace("host;", "")}), "AccessDenied"),
    (lambda h: h.update({"Authorization": h["Authorization"].split(",")[0]}), "AuthorizationHeaderMalformed"),
    (lambda h: h.update({"Authorization": "AWS4-HMAC-SHA256"}), "AuthorizationHeaderMalformed"),
    (lambda h: h.update({"Authorization": "Basic eDp5"}), "InvalidArgument"),
    (lambda h: h.update({"x-amz-meta-a": "changed"}), "SignatureDoesNotMatch"),
    (lambda h: h.update({"x-amz-meta-b": "added"}), "AccessDenied"),
    (lambda h: h.update({"host": "other.example"}), "SignatureDoesNotMatch"),
    (lambda h: h.update({"x-amz-content-sha256": sha256(b"other")}), "SignatureDoesNotMatch"),
    (lambda h: h.update({"x-amz-content-sha256": "nonsense"}), "SignatureDoesNotMatch"),
    (lambda h: h.update({"x-amz-date": "yesterday"}), "AccessDenied"),
    (lambda h: h.pop("x-amz-content-sha256"), "InvalidRequest"),
])
def test_changed_header_signature(signer, bucket, change, expected):
    headers = signer.headers("PUT", f"/{bucket}/k", sha256(b"x"), {"x-amz-meta-a": "1"})
    change(headers)
    status, code, _ = signer.send("PUT", f"/{bucket}/k", headers, b"x")
    assert (status >= 400, code) == (True, expected)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_clock_skew(signer, bucket, minutes):
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    headers = signer.headers("GET", f"/{bucket}", sha256(b""), time=time)
    assert signer.send("GET", f"/{bucket}", headers)[:2] == (403, "RequestTimeTooSkewed")


def test_body_must_have_the_signed_hash(signer, s3, bucket):
    headers = signer.headers("PUT", f"/{bucket}/k", sha256(b"x"))
    assert signer.send("PUT", f"/{bucket}/k", headers, b"y")[:2] == (400, "XAmzContentSHA256Mismatch")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


# Streamed bodies.


def streaming(signer, bucket, data, trailer=None, algorithm="STREAMING-AWS4-HMAC-SHA256-PAYLOAD", tamper=lambda b: b):
    extra = {"x-amz-decoded-content-length": str(len(data)), "content-encoding": "aws-chunked,gzip"}
    if trailer:
        algorithm += "-TRAILER"
        extra["x-amz-trailer"] = trailer[0]
    headers = signer.headers("PUT", f"/{bucket}/k", algorithm, extra)
    return signer.send("PUT", f"/{bucket}/k", headers, tamper(signer.chunks(data, trailer=trailer)))


@pytest.mark.parametrize("size", [0, 1, 65536, 200_000])
@pytest.mark.parametrize("trailer", [False, True])
def test_signed_chunks(signer, s3, bucket, size, trailer):
    data = os.urandom(size)
    status, _, content = streaming(
        signer, bucket, data, trailer=("x-amz-checksum-crc32", crc32(data)) if trailer else None)
    assert status == 200, content
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == data and got["ContentEncoding"] == "gzip"


def test_unsigned_trailer(signer, s3, bucket):
    for value, expected in [(crc32(b"hello"), 200), (crc32(b"other"), 400)]:
        headers = signer.headers("PUT", f"/{bucket}/k", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", {
            "x-amz-decoded-content-length": "5", "x-amz-trailer": "x-amz-checksum-crc32",
            "content-encoding": "aws-chunked"})
        body = f"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:{value}\r\n\r\n".encode()
        assert signer.send("PUT", f"/{bucket}/k", headers, body)[0] == expected
    assert "ContentEncoding" not in s3.head_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("tamper, expected", [
    (lambda b: b.replace(b"A", b"B", 1), "SignatureDoesNotMatch"),
    (lambda b: b.replace(b"chunk-signature=", b"chunk-signature=0", 1), "SignatureDoesNotMatch"),
    (lambda b: b.replace(b";chunk-signature=", b";other=", 1), "InvalidChunkSizeError"),
    (lambda b: b"zz" + b, "InvalidChunkSizeError"),
    (lambda b: b[:-100], "IncompleteBody"),
    (lambda b: b.replace(b"x-amz-checksum-crc32:", b"x-amz-checksum-crc32: ", 1).replace(b"AAAA", b"AAAB"),
     "SignatureDoesNotMatch"),
])
def test_tampered_chunks(signer, s3, bucket, tamper, expected):
    data = b"A" * 100_000
    status, code, _ = streaming(signer, bucket, data, ("x-amz-checksum-crc32", crc32(data)), tamper=tamper)
    assert (status, code) == (403 if expected == "SignatureDoesNotMatch" else 400, expected)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_wrong_trailer_checksum(signer, bucket):
    status, code, _ = streaming(signer, bucket, b"A" * 10, ("x-amz-checksum-crc32", crc32(b"other")))
    assert (status, code) == (400, "BadDigest")


# Presigned addresses.


def fetch(url, method="GET", data=None):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, method=method, data=data)).status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("name", [
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"])
def test_changed_presigned_field(store, bucket, name):
    s3 = store.s3(signature_version="s3v4")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert fetch(url) == 200
    base, query = url.split("?")
    fields = urllib.parse.parse_qs(query)
    for value in [flip(fields[name][0]), None]:
        changed = {k: v[0] for k, v in fields.items()}
        if value is None:
            del changed[name]
        else:
            changed[name] = value
        assert fetch(base + "?" + urllib.parse.urlencode(changed)) in (400, 403), (name, value)


def test_presigned_limits(store, bucket):
    s3 = store.s3(signature_version="s3v4")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=1)
    assert fetch(url.replace("/k?", "/other?")) == 403
    assert fetch(url, method="PUT", data=b"y") == 403
    import time

    until = time.monotonic() + 10
    while fetch(url) == 200 and time.monotonic() < until:
        time.sleep(0.2)
    assert fetch(url) == 403


@pytest.mark.parametrize("seconds, expected", [(-7, 403), (0, 403), (100, 200), (604800, 200), (604801, 403)])
def test_how_long_an_address_is_valid(store, s3, bucket, seconds, expected):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    credentials = Credentials("minioadmin", "minioadmin")
    request = AWSRequest("GET", f"{store.s3_endpoint}/{bucket}/k")
    S3SigV4QueryAuth(credentials, "s3", "us-east-1", expires=seconds).add_auth(request)
    assert fetch(request.url) == expected
    if seconds <= 604800:  # The second version knows no longest time.
        request = AWSRequest("GET", f"{store.s3_endpoint}/{bucket}/k", auth_path=f"/{bucket}/k")
        HmacV1QueryAuth(credentials, expires=seconds).add_auth(request)
        assert fetch(request.url) == expected


# Shared access signatures.


def later(hours):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)


@pytest.mark.parametrize("kind", ["blob", "container", "directory", "snapshot", "version", "policy", "account"])
@pytest.mark.parametrize("by", ["account", "user"])
def test_changed_sas_field(store, s3, bucket, kind, by):
    if by == "user" and kind in ("account", "policy"):
        pytest.skip("no user makes these")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    container = store.blob().get_container_client(bucket)
    blob = container.upload_blob("dir/k", b"x")
    version = blob.get_blob_properties().version_id
    limits = dict(start=later(-1), expiry=later(1), ip="127.0.0.1", protocol="https,http")
    if by == "user":
        limits["user_delegation_key"] = store.blob().get_user_delegation_key(later(-1), later(1))
    else:
        limits["account_key"] = ACCOUNT_KEY
    sent = dict(
        content_type="text/plain", cache_control="no-store", content_disposition="inline", content_encoding="identity",
        content_language="en")
    permission, url = BlobSasPermissions(read=True), blob.url
    if kind == "account":
        del limits["account_key"]
        sas = generate_account_sas(
            ACCOUNT, ACCOUNT_KEY, ResourceTypes(object=True), AccountSasPermissions(read=True), **limits)
    elif kind == "container":
        sas = generate_container_sas(
            ACCOUNT, bucket, permission=ContainerSasPermissions(read=True), **sent, **limits)
    else:
        if kind == "policy":
            limits = dict(account_key=ACCOUNT_KEY, policy_id="mine", ip="127.0.0.1", protocol="https,http")
            container.set_container_access_policy({"mine": AccessPolicy(permission, later(1), later(-1))})
            permission = None
        if kind == "snapshot":
            sent["snapshot"] = blob.create_snapshot()["snapshot"]
            url += "?snapshot=" + sent["snapshot"]
        elif kind == "version":
            sent["version_id"] = version
            url += "?versionid=" + version
        name = "dir" if kind == "directory" else "dir/k"
        sas = generate_blob_sas(
            ACCOUNT, bucket, name, permission=permission, is_directory=kind == "directory", **sent, **limits)
    url += "&" if "?" in url else "?"
    assert fetch(url + sas) == 200
    fields = dict(urllib.parse.parse_qsl(sas))
    for name in fields:
        for value in [fields[name][:-1] + ("x" if fields[name][-1] != "x" else "y"), None]:
            changed = {k: v for k, v in fields.items() if k != name}
            if value is not None:
                changed[name] = value
            assert fetch(url + urllib.parse.urlencode(changed)) in (400, 401, 403), (name, value)


@pytest.mark.parametrize("by", ["account", "user"])
def test_sas_is_for_its_edition_and_folder(store, s3, bucket, by):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    container = store.blob().get_container_client(bucket)
    blob = container.upload_blob("dir/k", b"1")
    versions = [blob.get_blob_properties().version_id]
    snapshots = [blob.create_snapshot()["snapshot"]]
    versions.append(blob.upload_blob(b"2", overwrite=True)["version_id"])
    snapshots.append(blob.create_snapshot()["snapshot"])
    for name in ["dir/deeper/k", "dirk", "other/k", "dir"]:
        container.upload_blob(name, b"x")
    key = {"account_key": ACCOUNT_KEY} if by == "account" else {
        "user_delegation_key": store.blob().get_user_delegation_key(later(-1), later(1))}

    def sas(name="dir/k", **options):
        return generate_blob_sas(
            ACCOUNT, bucket, name, expiry=later(1),
            permission=BlobSasPermissions(read=True, write=True, delete=True), **options, **key)

    one = sas(snapshot=snapshots[0])
    assert fetch(f"{blob.url}?snapshot={snapshots[0]}&{one}") == 200
    for other in ["", f"snapshot={snapshots[1]}&", f"versionid={versions[0]}&"]:
        assert fetch(f"{blob.url}?{other}{one}") == 403, other
        assert fetch(f"{blob.url}?{other}{one}", method="DELETE") == 403, other
    one = sas(version_id=versions[0])
    assert fetch(f"{blob.url}?versionid={versions[0]}&{one}") == 200
    for other in ["", f"versionid={versions[1]}&", f"snapshot={snapshots[0]}&"]:
        assert fetch(f"{blob.url}?{other}{one}") == 403, other
        assert fetch(f"{blob.url}?{other}{one}", method="DELETE") == 403, other
    folder = sas("dir", is_directory=True)
    for name, expected in [
            ("dir/k", 200), ("dir/deeper/k", 200), ("dir", 200), ("dirk", 403), ("other/k", 403), ("di", 403)]:
        assert fetch(f"{container.url}/{name}?{folder}") == expected, name
    assert fetch(f"{container.url}?restype=container&comp=list&{folder}") == 403
    assert fetch(f"{blob.url}?{folder.replace('sdd=1', 'sdd=0')}") == 403
    assert fetch(f"{blob.url}?{folder.replace('sdd=1', 'sdd=2')}") == 403
    assert fetch(f"{blob.url}?{folder.replace('sdd=1', 'sdd=-1')}") == 403


@pytest.mark.parametrize("limits", [
    dict(expiry=later(-1)), dict(start=later(1), expiry=later(2)), dict(expiry=later(1), ip="10.0.0.1"),
    dict(expiry=later(1), protocol="https")], ids=["expired", "early", "elsewhere", "https only"])
def test_sas_limits(container, limits):
    blob = container.upload_blob("k", b"x")
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "k", account_key=ACCOUNT_KEY, permission=BlobSasPermissions(read=True),
        **limits)
    assert fetch(blob.url + "?" + sas) == 403


def test_sas_is_for_its_blob_and_permission(container):
    for name in ["a", "b"]:
        container.upload_blob(name, b"x")
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "a", account_key=ACCOUNT_KEY, permission=BlobSasPermissions(read=True),
        expiry=later(1))
    assert fetch(container.get_blob_client("a").url + "?" + sas) == 200
    assert fetch(container.get_blob_client("b").url + "?" + sas) == 403
    assert fetch(container.get_blob_client("a").url + "?" + sas, method="DELETE") == 403
    assert fetch(container.url + "?restype=container&comp=list&" + sas) == 403


# Hostile input.


@pytest.mark.parametrize("key", ["../../../../etc/passwd", "..", "a/../../b", "/abs", "a//b", "%2e%2e/x", "C:\\x", "."])
def test_keys_are_names_and_never_paths(signer, store, s3, bucket, key):
    path = f"/{bucket}/{key}"
    headers = signer.headers("PUT", path, sha256(b"x"))
    status, _, content = signer.send("PUT", path, headers, b"x")
    assert status == 200, content
    assert [c["Key"] for c in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Delete><Object><Key>&b;</Key></Object></Delete>"""


@pytest.mark.parametrize("body", [
    BOMB, b"<Delete>", b"", b"<Delete></Delete>", b"<Delete>" + b"<a>" * 10_000, b"\0\1\2", b"<Delete><Object/></Delete>",
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Delete><Object><Key>k</Key></Object></Delete>'])
def test_hostile_documents(signer, bucket, body):
    headers = signer.headers("POST", f"/{bucket}", sha256(body), query="delete=")
    assert signer.send("POST", f"/{bucket}", headers, body, query="delete=")[:2] == (400, "MalformedXML")


def test_headers_of_a_megabyte(store):
    for endpoint in [store.s3_endpoint, store.blob_endpoint]:
        host = endpoint.removeprefix("http://").split("/")[0]
        with socket.create_connection(host.split(":"), timeout=10) as connection:
            try:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * (1 << 20) + b"\r\n\r\n")
                answer = connection.recv(1000)
            except ConnectionError:
                answer = b""
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert http.client.HTTPConnection(host).request("GET", "/") is None


def test_what_is_not_http(store):
    host = store.s3_endpoint.removeprefix("http://").split(":")
    for text in [b"\0\1\2\3\r\n\r\n", b"GET\r\n\r\n", b"PUT /b/k HTTP/1.1\r\nContent-Length: -5\r\n\r\n"]:
        with socket.create_connection(host, timeout=10) as connection:
            connection.sendall(text)
            assert connection.recv(1000).startswith(b"HTTP/1.1 400")


def test_continue_is_answered_at_once_and_only_when_wanted(signer, bucket):
    headers = signer.headers("PUT", f"/{bucket}/k", sha256(b"x"))

    def ask(headers):
        host = signer.host.split(":")
        connection = socket.create_connection(host, timeout=5)
        lines = [f"PUT /{bucket}/k HTTP/1.1", "Content-Length: 1", "Expect: 100-continue"]
        connection.sendall("\r\n".join(lines + [f"{n}: {v}" for n, v in headers.items()]).encode() + b"\r\n\r\n")
        return connection

    with ask(headers) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"x")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    headers["Authorization"] = flip(headers["Authorization"])
    with ask(headers) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 403")
