"""Copies, whole and in parts."""

import pytest

from s3_calls import code, headers, multipart, new_bucket, refusal, status, with_headers

MIB = 1 << 20


@pytest.fixture(scope="module")
def alice(store):
    return store.s3("alice")


def source(bucket, key="src", **more):
    return {"Bucket": bucket, "Key": key, **more}


def test_to_itself(s3, bucket):
    s3.put_object(Bucket=bucket, Key="src", Body=b"x", StorageClass="STANDARD_IA")
    assert refusal(s3.copy_object, Bucket=bucket, Key="src", CopySource=source(bucket)) == (400, "InvalidRequest")
    for change in [
            {"Metadata": {"a": "b"}, "MetadataDirective": "REPLACE"}, {"StorageClass": "STANDARD_IA"},
            {"ServerSideEncryption": "AES256"}, {"WebsiteRedirectLocation": "/elsewhere"}]:
        s3.copy_object(Bucket=bucket, Key="src", CopySource=source(bucket), **change)
    assert s3.head_object(Bucket=bucket, Key="src")["WebsiteRedirectLocation"] == "/elsewhere"


def test_what_a_copy_takes_along(s3, bucket):
    s3.put_object(
        Bucket=bucket, Key="src", Body=b"x", Metadata={"a": "1"}, ContentType="text/bla", Tagging="t=1", ACL="public-read",
        StorageClass="STANDARD_IA", ServerSideEncryption="aws:kms", SSEKMSKeyId="k", WebsiteRedirectLocation="/away")
    s3.copy_object(Bucket=bucket, Key="plain", CopySource=source(bucket))
    head = s3.head_object(Bucket=bucket, Key="plain")
    assert (head["Metadata"], head["ContentType"]) == ({"a": "1"}, "text/bla")
    for missing in ["StorageClass", "ServerSideEncryption", "SSEKMSKeyId", "WebsiteRedirectLocation"]:
        assert missing not in head
    assert s3.get_object_tagging(Bucket=bucket, Key="plain")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert len(s3.get_object_acl(Bucket=bucket, Key="plain")["Grants"]) == 1
    s3.copy_object(
        Bucket=bucket, Key="new", CopySource=source(bucket), MetadataDirective="REPLACE", TaggingDirective="REPLACE",
        Tagging="u=2", ContentType="text/new", ACL="public-read")
    head = s3.head_object(Bucket=bucket, Key="new")
    assert (head["Metadata"], head["ContentType"]) == ({}, "text/new")
    assert s3.get_object_tagging(Bucket=bucket, Key="new")["TagSet"] == [{"Key": "u", "Value": "2"}]
    assert len(s3.get_object_acl(Bucket=bucket, Key="new")["Grants"]) == 2


def test_between_owners(s3, alice, bucket):
    hers = new_bucket(alice)
    s3.put_object(Bucket=bucket, Key="src", Body=b"x")
    assert refusal(alice.copy_object, Bucket=hers, Key="c", CopySource=source(bucket)) == (403, "AccessDenied")
    s3.put_object_acl(Bucket=bucket, Key="src", GrantRead="id=alice")
    alice.copy_object(Bucket=hers, Key="c", CopySource=source(bucket))
    assert code(alice.copy_object, Bucket=bucket, Key="c", CopySource=source(bucket)) == "AccessDenied"
    s3.put_bucket_acl(Bucket=bucket, GrantWrite="id=alice", GrantFullControl="id=minioadmin")
    alice.copy_object(Bucket=bucket, Key="c", CopySource=source(bucket))
    assert alice.get_object_acl(Bucket=bucket, Key="c")["Owner"]["ID"] == "alice"


@pytest.mark.parametrize("key", ["foo?bar", " ", "_", "?versionId", "a%25b", "a+b", "ü/ß", "?versionId=1&x"])
def test_strange_sources(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source(bucket, key))
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == key.encode()


def test_a_source_is_decoded_once(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="any%25.txt", Body=b"x")
    assert code(s3.copy_object, Bucket=bucket, Key="copy", CopySource=source(bucket, "any%.txt")) == "NoSuchKey"
    for wrong in ["%", "a%2", "%zz", "%ff"]:
        client = with_headers(store.s3(), "CopyObject", x_amz_copy_source=f"{bucket}/{wrong}")
        assert refusal(client.copy_object, Bucket=bucket, Key="copy", CopySource=source(bucket)) == (
            400, "InvalidArgument")


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="src", Body=b"x")["ETag"]
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source(bucket), CopySourceIfMatch=etag)
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source(bucket), CopySourceIfNoneMatch="other")
    for failing in [
            {"CopySourceIfMatch": "other"}, {"CopySourceIfNoneMatch": etag},
            {"CopySourceIfUnmodifiedSince": "Sat, 29 Oct 1994 19:43:31 GMT"}]:
        assert refusal(s3.copy_object, Bucket=bucket, Key="c", CopySource=source(bucket), **failing) == (
            412, "PreconditionFailed")


def test_ranges_of_parts(s3, bucket):
    s3.put_object(Bucket=bucket, Key="src", Body=b"12345")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]

    def copy(text):
        return s3.upload_part_copy(
            Bucket=bucket, Key="m", UploadId=upload, PartNumber=1, CopySource=source(bucket), CopySourceRange=text)

    for text in ["0-2", "bytes=0", "bytes=hello-world", "bytes=0-bar", "bytes=hello-", "bytes=0-2,3-5"]:
        assert refusal(copy, text=text) == (400, "InvalidArgument"), text
    assert refusal(copy, text="bytes=0-21") == (400, "InvalidRange")
    part = copy("bytes=1-3")["CopyPartResult"]
    s3.complete_multipart_upload(
        Bucket=bucket, Key="m", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert s3.get_object(Bucket=bucket, Key="m")["Body"].read() == b"234"


def test_versions(s3):
    bucket, other = new_bucket(s3), new_bucket(s3)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="src", Body=b"one")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="src", Body=b"two")["VersionId"]
    for version, body in [(first, b"one"), (second, b"two")]:
        answer = s3.copy_object(Bucket=other, Key="c", CopySource=source(bucket, VersionId=version))
        assert answer["CopySourceVersionId"] == version and "VersionId" not in answer
        assert s3.get_object(Bucket=other, Key="c")["Body"].read() == body
    marker = s3.delete_object(Bucket=bucket, Key="src")["VersionId"]
    assert code(s3.copy_object, Bucket=other, Key="c", CopySource=source(bucket)) == "NoSuchKey"
    assert code(
        s3.copy_object, Bucket=other, Key="c", CopySource=source(bucket, VersionId=marker)) == "InvalidRequest"


def test_of_an_upload_in_parts(s3, bucket):
    body = b"a" * (5 * MIB) + b"b"
    multipart(s3, bucket, "src", [body[:5 * MIB], body[5 * MIB:]], Metadata={"foo": "bar"}, ContentType="text/bla")
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source(bucket))
    got = s3.get_object(Bucket=bucket, Key="c")
    assert (got["Body"].read() == body, got["Metadata"], got["ContentType"]) == (True, {"foo": "bar"}, "text/bla")


KEYS = {
    "plain": {}, "s3": {"ServerSideEncryption": "AES256"},
    "kms": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key-2"},
    "customer": {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32},
}


@pytest.mark.parametrize("target", KEYS)
@pytest.mark.parametrize("origin", KEYS)
@pytest.mark.parametrize("size", [1, MIB])
def test_encryption(s3, bucket, size, origin, target):
    body = b"A" * size
    s3.put_object(Bucket=bucket, Key="src", Body=body, **KEYS[origin])
    opened = {}
    if origin == "customer":
        opened = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": b"k" * 32}
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource=source(bucket), **opened, **KEYS[target])
    got = s3.get_object(Bucket=bucket, Key="c", **(KEYS[target] if target == "customer" else {}))
    assert got["Body"].read() == body
    for answer in [copied, got]:
        assert answer.get("ServerSideEncryption") == KEYS[target].get("ServerSideEncryption")
        assert answer.get("SSEKMSKeyId") == KEYS[target].get("SSEKMSKeyId")
        assert ("SSECustomerKeyMD5" in answer) == (target == "customer")


@pytest.mark.parametrize("target", KEYS)
def test_encryption_of_parts(s3, bucket, target):
    s3.put_object(Bucket=bucket, Key="src", Body=b"A" * (5 * MIB))
    created = s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm="CRC32", **KEYS[target])
    upload = {"Bucket": bucket, "Key": "m", "UploadId": created["UploadId"]}
    key = KEYS[target] if target == "customer" else {}
    copied = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source(bucket), **key)
    put = s3.upload_part(**upload, PartNumber=2, Body=b"B", **key)
    parts = {"Parts": [
        {"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}, {"PartNumber": 2, "ETag": put["ETag"]}]}
    if target == "customer":
        assert status(s3.upload_part, **upload, PartNumber=3, Body=b"C") == 400
        assert status(s3.complete_multipart_upload, **upload, MultipartUpload=parts) == 400
        wrong = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"w" * 32}
        assert status(s3.complete_multipart_upload, **upload, MultipartUpload=parts, **wrong) == 400
    done = s3.complete_multipart_upload(**upload, MultipartUpload=parts, **key)
    for answer in [created, copied, put, done, s3.head_object(Bucket=bucket, Key="m", **key)]:
        assert answer.get("ServerSideEncryption") == KEYS[target].get("ServerSideEncryption")
    assert "x-amz-request-id" in headers(done)
