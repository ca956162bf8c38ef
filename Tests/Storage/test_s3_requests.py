"""Requests as they come over the wire: presigned, in the older signature, with headers nobody expects."""

import socket

import pytest
import requests
from botocore.auth import HmacV1Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from s3_calls import headers, multipart, new_bucket, refusal, status, with_headers


def test_responses_to_order(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="image/png")
    got = s3.get_object(
        Bucket=bucket, Key="k", ResponseCacheControl="no-cache", ResponseContentDisposition="bla",
        ResponseContentEncoding="aaa", ResponseContentLanguage="esperanto", ResponseContentType="foo/bar",
        ResponseExpires="123")
    wanted = {
        "cache-control": "no-cache", "content-disposition": "bla", "content-encoding": "aaa",
        "content-language": "esperanto", "content-type": "foo/bar", "expires": "Thu, 01 Jan 1970 00:02:03 GMT"}
    assert {name: headers(got)[name] for name in wanted} == wanted


def test_responses_to_order_take_a_signature(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    answer = requests.get(f"{store.s3_endpoint}/{bucket}/k?response-content-type=a/b", timeout=10)
    assert answer.status_code == 400 and "InvalidRequest" in answer.text


@pytest.mark.parametrize("given, kept", [
    ("gzip", "gzip"), ("deflate, gzip", "deflate, gzip"), ("gzip, aws-chunked", "gzip"), ("aws-chunked, gzip", "gzip"),
    ("aws-chunked", None), ("aws-chunked, aws-chunked", None)])
def test_framing_is_no_encoding(s3, bucket, given, kept):
    s3.put_object(Bucket=bucket, Key="k", ContentEncoding=given)
    assert s3.head_object(Bucket=bucket, Key="k").get("ContentEncoding") == kept


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned(store, bucket, version):
    s3 = store.s3(signature_version=version)
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b+ü", "ACL": "public-read"})
    # In the older form the list stands among the headers, in the newer one too.
    assert requests.put(put, data=b"hello", headers={"x-amz-acl": "public-read"}, timeout=10).status_code == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b+ü"}, ExpiresIn=100_000)
    assert requests.get(get, timeout=10).content == b"hello"
    assert requests.options(get, timeout=10).status_code == 400
    assert requests.put(get, data=b"other", timeout=10).status_code == 403


def test_the_older_signature(store, bucket):
    s3 = store.s3(signature_version="s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="a/b c", Body=b"x", Metadata={"two": " words "}, ContentType="text/plain")
    assert s3.get_object(Bucket=bucket, Key="a/b c", ResponseContentType="image/png")["ContentType"] == "image/png"
    assert s3.list_objects_v2(Bucket=bucket, Prefix="a/")["KeyCount"] == 1
    s3.put_object_tagging(Bucket=bucket, Key="a/b c", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    multipart(s3, bucket, "m", [b"x" * (5 << 20), b"y"])
    s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/m")
    for call in [s3.get_bucket_acl, s3.get_bucket_location, s3.list_object_versions, s3.get_bucket_policy_status]:
        assert call(Bucket=bucket)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in ["a/b c", "m", "c"]]})
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert status(store.s3("nobody", signature_version="s3").list_objects, Bucket=bucket) == 403


@pytest.mark.parametrize("date, expected", [
    ("Bad Date", "AccessDenied"), ("", "AccessDenied"), ("Tue, 07 Jul 2010 21:53:04 GMT", "RequestTimeTooSkewed"),
    ("Tue, 07 Jul 1950 21:53:04 GMT", "AccessDenied"), ("Tue, 07 Jul 9999 21:53:04 GMT", "RequestTimeTooSkewed")])
def test_dates_in_the_older_signature(store, bucket, date, expected):
    s3 = with_headers(store.s3(signature_version="s3"), "PutObject", x_amz_date=date)
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x") == (403, expected)


def send(store, method, path, authorization, **sent):
    return requests.request(
        method, f"{store.s3_endpoint}/{path}", headers={"Authorization": authorization, **sent}, timeout=10)


@pytest.mark.parametrize("authorization, expected", [
    ("AWS HAHAHA", (400, "InvalidArgument")), ("AWS nobody:FWeDfwojDSdS2Ztmpfeubhd9isU=", (403, "InvalidAccessKeyId")),
    ("AWS minioadmin:FWeDfwojDSdS2Ztmpfeubhd9isU=", (403, "SignatureDoesNotMatch")),
    ("AWS4-HMAC-SHA256 HAHAHA", (400, "AuthorizationHeaderMalformed")), ("Bearer x", (400, "InvalidArgument")),
    ("AWS4-HMAC-SHA256 Credential=a/20200101/r/s3/aws4_request, SignedHeaders=host, Signature=0", (403, "InvalidAccessKeyId"))])
def test_malformed_authorization(store, bucket, authorization, expected):
    from email.utils import formatdate

    answer = send(store, "GET", bucket, authorization, **{"x-amz-date": formatdate(usegmt=True)})
    assert (answer.status_code, answer.text.split("<Code>")[1].split("<")[0]) == expected


@pytest.mark.parametrize("md5, expected", [
    ("YWJyYWNhZGFicmE=", "InvalidDigest"), ("", "InvalidDigest"), ("rL0Y20xC+Fzt72VPzMSk2A==", "BadDigest")])
def test_wrong_digests(s3, store, bucket, md5, expected):
    client = with_headers(store.s3(), "PutObject", Content_MD5=md5)
    assert refusal(client.put_object, Bucket=bucket, Key="k", Body=b"bar") == (400, expected)


@pytest.mark.parametrize("expect", ["200", ""])
def test_expectations_nobody_has(store, bucket, expect):
    client = with_headers(store.s3(), "PutObject", Expect=expect)
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    with_headers(client, "CreateBucket", Expect=expect)
    new_bucket(client)


def raw(store, text):
    """The first line that comes back."""
    host, port = store.s3_endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        return connection.recv(1024).decode().split("\r\n")[0]


def test_lengths_that_are_none(store, bucket):
    for length in ["-1", "", "abc"]:
        assert " 400 " in raw(store, f"PUT /{bucket}/k HTTP/1.1\nHost: localhost\nContent-Length: {length}\n\n")


def test_who_may_not_write_is_not_asked_to_go_on(store, s3, bucket):
    request = f"PUT /{bucket}/k HTTP/1.1\nHost: localhost\nContent-Length: 123\nExpect: 100-continue\n\n"
    assert " 403 " in raw(store, request)
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert " 100 " in raw(store, request)


def test_encryption_is_said_only_when_writing(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    for operation, call in [("GetObject", "get_object"), ("HeadObject", "head_object")]:
        client = with_headers(store.s3(), operation, x_amz_server_side_encryption="AES256")
        assert status(getattr(client, call), Bucket=bucket, Key="k") == 400


@pytest.mark.parametrize("arguments", [
    {"SSEKMSKeyId": "key"}, {"ServerSideEncryption": "AES256", "SSEKMSKeyId": "key"}, {"ServerSideEncryption": "aes:kms"},
    {"ServerSideEncryption": "AES256", "SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32},
    {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k", "SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}])
def test_encryption_that_contradicts_itself(s3, bucket, arguments):
    assert refusal(s3.put_object, Bucket=bucket, Key="k", **arguments) == (400, "InvalidArgument")


def test_parts_that_are_not_there(s3, bucket):
    multipart(s3, bucket, "m", [b"x" * (5 << 20), b"y"])
    s3.put_object(Bucket=bucket, Key="k", Body=b"body")
    assert s3.get_object(Bucket=bucket, Key="m", PartNumber=2)["Body"].read() == b"y"
    assert s3.head_object(Bucket=bucket, Key="m", PartNumber=1)["PartsCount"] == 2
    for key, number in [("m", 3), ("k", 2)]:
        assert refusal(s3.get_object, Bucket=bucket, Key=key, PartNumber=number) == (400, "InvalidPart")
    assert s3.get_object(Bucket=bucket, Key="k", PartNumber=1)["Body"].read() == b"body"


def test_torrents(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(s3.get_object_torrent, Bucket=bucket, Key="k") == (404, "NoSuchKey")


@pytest.mark.parametrize("key", [
    " ", '"', "$", "%", "&", "'", "<", ">", "_", "_ ", "_ _", "__", "a//b", "/", "//", "a/./b", "a/../b", "ü", "日本", "😀",
    "\x01", "\x7f", "a\nb", "+", "a?b#c", ";:,@=", "{}[]|\\^`", "%2F", "a" * 1024])
def test_every_name(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x"
    assert [o["Key"] for o in s3.list_objects(Bucket=bucket)["Contents"]] == [key]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]] == [key]
    s3.put_object_acl(Bucket=bucket, Key=key, ACL="private")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "copy"}]}) \
        if key.isprintable() else s3.delete_object(Bucket=bucket, Key=key)
    assert "Errors" not in answer


def test_names_that_are_too_long(s3, bucket):
    assert refusal(s3.put_object, Bucket=bucket, Key="a" * 1025, Body=b"") == (400, "KeyTooLongError")


def test_the_older_signature_signs_what_it_names(store, bucket):
    """A subresource that was not signed may not be added."""
    url = f"{store.s3_endpoint}/{bucket}"
    wire = AWSRequest(method="GET", url=url)
    HmacV1Auth(Credentials("minioadmin", "minioadmin")).add_auth(wire)
    signed = dict(wire.headers)
    assert requests.get(url, headers=signed, timeout=10).status_code == 200
    assert requests.get(url + "?acl", headers=signed, timeout=10).status_code == 403
