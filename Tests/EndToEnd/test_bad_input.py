"""Bad input over the real ports: a clear problem document, nothing lost, nothing half written."""

import json
import socket
import time
import urllib.parse

import boto3
import pytest
import requests
from running import PNG

MISSING = "00000000-0000-7000-8000-000000000000"


def problem(answer, status, *words):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status and body["title"] and body["detail"] and body["traceId"], body
    text = json.dumps(body)
    for word in words:
        assert word in text, body
    return body


@pytest.mark.parametrize("body, words", [
    (b"{", ["JSON"]),
    (b"\xff\xfe", ["JSON"]),
    (b"[]", []),
    (b"{}", ["prompt"]),
    (b'{"prompt": 7}', ["prompt"]),
    (b'{"prompt": ""}', ["prompt"]),
    (json.dumps({"prompt": "x" * 4001}).encode(), ["prompt", "4001"]),
    (b'{"prompt": "a", "priority": "urgent"}', ["priority"]),
    (b'{"prompt": "a", "imageId": "seven"}', ["imageId"]),
    (b'{"prompt": "a", "parameters": []}', ["parameters"]),
    (b'{"prompt": "a\\u0000b"}', ["prompt"]),
])
def test_a_job_that_cannot_be_read_is_refused_by_field(emulator, body, words):
    answer = emulator.api("POST", "/jobs", data=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code, *words)


def test_the_wrong_content_type_is_named(emulator):
    problem(emulator.api("POST", "/jobs", data=b"prompt=a", headers={"content-type": "text/plain"}), 415, "application/json")


def test_a_body_over_the_limit_is_refused(emulator):
    answer = emulator.api("POST", "/jobs", data=b'{"prompt":"' + b"a" * 9_000_000 + b'"}',
                          headers={"content-type": "application/json"})
    problem(answer, 413)


@pytest.mark.parametrize("method, path", [
    ("GET", "/jobs/{}"), ("POST", "/jobs/{}/cancel"), ("POST", "/jobs/{}/retry"), ("GET", "/jobs/{}/events"),
    ("GET", "/images/{}"), ("GET", "/images/{}/content"),
])
def test_unknown_ids_are_not_found(emulator, method, path):
    problem(emulator.api(method, path.format(MISSING)), 404)
    assert emulator.api(method, path.format("not-an-id")).status_code in (400, 404, 422)


def test_an_unknown_route_and_a_wrong_method_are_told_apart(emulator):
    problem(emulator.api("GET", "/nowhere"), 404)
    answer = emulator.api("DELETE", "/jobs")
    problem(answer, 405)
    assert set(answer.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}


def test_a_list_with_wrong_parameters_names_them(emulator):
    for query, field in (("limit=0", "limit"), ("limit=x", "limit"), ("status=sleeping", "status"), ("cursor=%21", "cursor")):
        answer = emulator.api("GET", f"/jobs?{query}")
        assert answer.status_code in (400, 422), query
        problem(answer, answer.status_code, field)


def test_a_token_is_refused_with_a_sentence_while_there_are_no_accounts(emulator):
    problem(emulator.api("GET", "/jobs", headers={"authorization": "Bearer abc"}), 401)


@pytest.mark.parametrize("request_bytes", [
    b"GARBAGE\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
    b"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
    b"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
])
def test_malformed_http_is_refused_and_the_gateway_lives_on(emulator, request_bytes):
    address = urllib.parse.urlsplit(emulator.gateway)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        connection.settimeout(10)
        try:
            answer = connection.recv(65536)
        except ConnectionResetError:
            answer = b""
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer
    assert emulator.api("GET", "/health").status_code == 200


def test_an_upload_must_keep_to_what_was_signed(emulator):
    upload = emulator.api("POST", "/uploads", 201, json={
        "filename": "a.png", "contentType": "image/png", "size": 10}).json()["upload"]
    unsigned = upload["url"].split("?")[0]
    assert requests.put(unsigned, data=b"x" * 10, timeout=10).status_code == 403
    changed = upload["url"].replace("uploads/", "uploads/other-")
    assert requests.put(changed, data=b"x" * 10, headers=upload["headers"], timeout=10).status_code == 403


@pytest.mark.parametrize("body, field", [
    ({"filename": "a.png", "contentType": "image/png", "size": 51 * 1024 * 1024}, "size"),
    ({"filename": "a.png", "contentType": "image/png", "size": -1}, "size"),
    ({"filename": "a.exe", "contentType": "application/x-msdownload", "size": 10}, "contentType"),
    ({"contentType": "image/png", "size": 10}, "filename"),
])
def test_an_upload_that_is_not_allowed_is_refused_by_field(emulator, body, field):
    answer = emulator.api("POST", "/uploads", json=body)
    assert answer.status_code in (400, 413, 415, 422)
    problem(answer, answer.status_code, field)


def test_an_expired_upload_address_is_refused_and_the_job_still_waits(emulator):
    created = emulator.create_job("too late", upload=True)
    key = urllib.parse.urlsplit(created["upload"]["url"]).path.removeprefix("/darkroom/")
    s3 = emulator.addresses["s3"]
    client = boto3.client("s3", endpoint_url=s3["endpoint"], aws_access_key_id=s3["accessKey"],
                          aws_secret_access_key=s3["secretKey"], region_name="us-east-1")
    url = client.generate_presigned_url("put_object", Params={"Bucket": "darkroom", "Key": key}, ExpiresIn=1)
    time.sleep(2)  # Until the address has expired: nothing tells of it.
    answer = requests.put(url, data=PNG, timeout=10)
    assert answer.status_code == 403 and "expired" in answer.text.lower()
    assert emulator.job(created["id"])["status"] == "awaiting_upload"
