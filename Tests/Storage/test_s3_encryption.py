"""Encryption with the client's own keys (SSE-C), through boto3."""

import base64
import hashlib
import io
import os
import pathlib

import boto3.s3.transfer
import pytest
import requests
from botocore.exceptions import ClientError

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
ALGORITHM = "x-amz-server-side-encryption-customer-algorithm"


def sealed(key=KEY, source=False):
    prefix = "CopySourceSSECustomer" if source else "SSECustomer"
    return {prefix + "Algorithm": "AES256", prefix + "Key": key}


def refused(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def stored_anywhere(store, needle):
    """Whether the bytes stand in any file of the store."""
    return any(needle in path.read_bytes() for path in pathlib.Path(store.directory).rglob("*") if path.is_file())


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 4096, 40_000, 3 << 20])
def test_objects_of_every_size(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(
        Bucket=bucket, Key="k", Body=body, ContentMD5=base64.b64encode(hashlib.md5(body).digest()).decode(), **sealed())
    assert put["SSECustomerAlgorithm"] == "AES256"
    assert put["SSECustomerKeyMD5"] == base64.b64encode(hashlib.md5(KEY).digest()).decode()
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED", **sealed())
    assert got["Body"].read() == body
    assert got["ETag"] == put["ETag"] and got["SSECustomerKeyMD5"] == put["SSECustomerKeyMD5"]
    assert s3.head_object(Bucket=bucket, Key="k", **sealed())["ContentLength"] == size
    assert [c["Size"] for c in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [size]


@pytest.mark.parametrize("first,last", [(0, 0), (1, 15), (16, 31), (17, 40_000), (99_999, 99_999), (5, 99_999)])
def test_ranges(s3, bucket, first, last):
    body = os.urandom(100_000)
    s3.put_object(Bucket=bucket, Key="k", Body=body, **sealed())
    got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}", **sealed())
    assert got["Body"].read() == body[first:last + 1]
    assert got["ContentRange"] == f"bytes {first}-{last}/100000"


@pytest.mark.parametrize("size", [64, 100_000])
def test_nothing_readable_is_on_the_disk(store, s3, bucket, size):
    marker, key = os.urandom(32), os.urandom(32)
    s3.put_object(Bucket=bucket, Key="plain", Body=marker)
    assert stored_anywhere(store, marker), "the search itself does not work"
    secret = os.urandom(32)
    s3.put_object(Bucket=bucket, Key="k", Body=secret * (size // 32), **sealed(key))
    assert not stored_anywhere(store, secret)
    assert not stored_anywhere(store, key)
    assert not stored_anywhere(store, base64.b64encode(key))
    assert not stored_anywhere(store, base64.b64encode(hashlib.md5(key).digest()))


def test_the_same_bytes_never_look_the_same(s3, bucket):
    tags = {s3.put_object(Bucket=bucket, Key="k", Body=b"same", **sealed())["ETag"] for _ in range(3)}
    assert len(tags) == 3


def test_reading_takes_the_key(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"secret", **sealed())
    s3.put_object(Bucket=bucket, Key="plain", Body=b"plain")
    assert refused(s3.get_object, Bucket=bucket, Key="k") == (400, "InvalidRequest")
    assert refused(s3.get_object, Bucket=bucket, Key="k", **sealed(OTHER)) == (400, "InvalidRequest")
    assert refused(s3.head_object, Bucket=bucket, Key="k")[0] == 400
    assert refused(s3.head_object, Bucket=bucket, Key="k", **sealed(OTHER))[0] == 400
    assert refused(s3.get_object, Bucket=bucket, Key="plain", **sealed()) == (400, "InvalidRequest")
    attributes = {"Bucket": bucket, "Key": "k", "ObjectAttributes": ["ObjectSize"]}
    assert refused(s3.get_object_attributes, **attributes) == (400, "InvalidRequest")
    attributes.update(  # boto3 does not prepare the key for this operation
        SSECustomerAlgorithm="AES256", SSECustomerKey=base64.b64encode(KEY).decode(),
        SSECustomerKeyMD5=base64.b64encode(hashlib.md5(KEY).digest()).decode())
    assert s3.get_object_attributes(**attributes)["ObjectSize"] == 6


@pytest.mark.parametrize("wrong,code,words", [
    ({"SSECustomerKey": KEY}, "InvalidArgument", "must provide a valid encryption algorithm"),
    ({"SSECustomerAlgorithm": "AES256"}, "InvalidArgument", "must provide an appropriate secret key"),
    ({"SSECustomerAlgorithm": "AES128", "SSECustomerKey": KEY}, "InvalidEncryptionAlgorithmError", "AES256"),
    ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY[:16]}, "InvalidArgument", "secret key was invalid"),
    ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": base64.b64encode(KEY).decode(),
      "SSECustomerKeyMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "InvalidArgument", "did not match the hash"),
    ({**sealed(), "ServerSideEncryption": "AES256"}, "InvalidArgument", "incompatible with the encryption method"),
])
def test_malformed_keys(s3, bucket, wrong, code, words):
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", **wrong)
    response = error.value.response
    assert (response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]) == (400, code)
    assert words in response["Error"]["Message"]
    assert refused(s3.head_object, Bucket=bucket, Key="k")[0] == 404


def test_a_key_without_its_md5(store, bucket):
    def drop(params, **_):
        del params["headers"]["x-amz-server-side-encryption-customer-key-MD5"]

    client = store.s3()
    client.meta.events.register("before-call.s3.PutObject", drop)
    with pytest.raises(ClientError) as error:
        client.put_object(Bucket=bucket, Key="k", Body=b"x", **sealed())
    assert error.value.response["Error"]["Code"] == "InvalidArgument"
    assert "client calculated MD5 of the secret key" in error.value.response["Error"]["Message"]


@pytest.mark.parametrize("source", [None, KEY])
@pytest.mark.parametrize("target", [None, KEY, OTHER])
def test_copies(s3, bucket, source, target):
    body = os.urandom(50_000)
    put = sealed(source) if source else {}
    s3.put_object(Bucket=bucket, Key="a", Body=body, Metadata={"prompt": "a cat"}, **put)
    keys = {**(sealed(source, source=True) if source else {}), **(sealed(target) if target else {})}
    copied = s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a", **keys)
    assert copied.get("SSECustomerAlgorithm") == ("AES256" if target else None)
    s3.delete_object(Bucket=bucket, Key="a")
    got = s3.get_object(Bucket=bucket, Key="b", ChecksumMode="ENABLED", **(sealed(target) if target else {}))
    assert got["Body"].read() == body and got["Metadata"] == {"prompt": "a cat"}
    if target:
        assert refused(s3.get_object, Bucket=bucket, Key="b") == (400, "InvalidRequest")


def test_copying_takes_the_key_of_the_source(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"secret", **sealed())
    copy = {"Bucket": bucket, "Key": "b", "CopySource": f"{bucket}/a"}
    assert refused(s3.copy_object, **copy) == (400, "InvalidRequest")
    assert refused(s3.copy_object, **copy, **sealed(OTHER, source=True)) == (400, "InvalidRequest")


def test_a_new_key_in_place(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"secret", **sealed())
    s3.copy_object(Bucket=bucket, Key="a", CopySource=f"{bucket}/a", **sealed(source=True), **sealed(OTHER))
    assert s3.get_object(Bucket=bucket, Key="a", **sealed(OTHER))["Body"].read() == b"secret"
    assert refused(s3.get_object, Bucket=bucket, Key="a", **sealed()) == (400, "InvalidRequest")


def test_multipart(s3, bucket):
    body = os.urandom((11 << 20) + 5)
    s3.upload_fileobj(
        io.BytesIO(body), bucket, "big", ExtraArgs=sealed(),
        Config=boto3.s3.transfer.TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20))
    assert s3.get_object(Bucket=bucket, Key="big", **sealed())["Body"].read() == body
    first, last = (5 << 20) - 3, (10 << 20) + 4
    got = s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={first}-{last}", **sealed())
    assert got["Body"].read() == body[first:last + 1]
    got = s3.get_object(Bucket=bucket, Key="big", PartNumber=3, **sealed())
    assert got["Body"].read() == body[10 << 20:]
    assert refused(s3.get_object, Bucket=bucket, Key="big") == (400, "InvalidRequest")


def test_parts_take_the_key_of_their_upload(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", **sealed())
    assert upload["SSECustomerAlgorithm"] == "AES256"
    part = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"], "PartNumber": 1, "Body": b"x"}
    assert refused(s3.upload_part, **part) == (400, "InvalidRequest")
    assert refused(s3.upload_part, **part, **sealed(OTHER)) == (400, "InvalidRequest")
    assert s3.upload_part(**part, **sealed())["SSECustomerAlgorithm"] == "AES256"
    plain = s3.create_multipart_upload(Bucket=bucket, Key="plain")
    part.update(Key="plain", UploadId=plain["UploadId"])
    assert refused(s3.upload_part, **part, **sealed()) == (400, "InvalidRequest")


@pytest.mark.parametrize("source", [None, KEY])
@pytest.mark.parametrize("target", [None, OTHER])
def test_part_copies(s3, bucket, source, target):
    body = os.urandom(100_000)
    s3.put_object(Bucket=bucket, Key="a", Body=body, **(sealed(source) if source else {}))
    keys = sealed(target) if target else {}
    upload = s3.create_multipart_upload(Bucket=bucket, Key="b", **keys)["UploadId"]
    part = s3.upload_part_copy(
        Bucket=bucket, Key="b", UploadId=upload, PartNumber=1, CopySource=f"{bucket}/a",
        CopySourceRange="bytes=77-50000", **keys, **(sealed(source, source=True) if source else {}))
    s3.complete_multipart_upload(Bucket=bucket, Key="b", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]})
    assert s3.get_object(Bucket=bucket, Key="b", **keys)["Body"].read() == body[77:50_001]


def test_a_form_upload(s3, bucket):
    fields = {
        ALGORITHM: "AES256", "x-amz-server-side-encryption-customer-key": base64.b64encode(KEY).decode(),
        "x-amz-server-side-encryption-customer-key-MD5": base64.b64encode(hashlib.md5(KEY).digest()).decode()}
    form = s3.generate_presigned_post(
        bucket, "k", Fields=fields, Conditions=[{name: value} for name, value in fields.items()])
    answer = requests.post(form["url"], data=form["fields"], files={"file": ("d.txt", b"bytes")})
    assert answer.status_code == 204, answer.text
    assert refused(s3.get_object, Bucket=bucket, Key="k") == (400, "InvalidRequest")
    assert s3.get_object(Bucket=bucket, Key="k", **sealed())["Body"].read() == b"bytes"
