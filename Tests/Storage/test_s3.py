"""The S3 dialect through boto3, with its default checksums."""

import base64
import hashlib
import io
import os
import urllib.request
import urllib.error

import boto3.s3.transfer
import pytest
from botocore.exceptions import ClientError


def code(error):
    return error.value.response["Error"]["Code"]


def status(error):
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_buckets(s3, bucket):
    assert bucket in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    s3.head_bucket(Bucket=bucket)
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket=bucket)
    assert code(error) == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError) as error:
        s3.head_bucket(Bucket=bucket)
    assert status(error) == 404


@pytest.mark.parametrize("size", [0, 1, 4096, 32768, 32769, 1 << 20, 9 << 20])
def test_objects_of_every_size(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, Metadata={"prompt": "a cat"}, ContentType="image/png")
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert got["Metadata"] == {"prompt": "a cat"}
    assert got["ContentType"] == "image/png"
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == size


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums(s3, bucket, algorithm):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Checksum" + algorithm] == put["Checksum" + algorithm]
    assert got["ChecksumType"] == "FULL_OBJECT"
    got["Body"].read()


def test_published_checksums(s3, bucket):
    """Values from the algorithms' own test vectors for "123456789"."""
    known = {
        "crc32": 0xCBF43926.to_bytes(4), "crc32c": 0xE3069283.to_bytes(4), "crc64nvme": 0xAE8B14860A799888.to_bytes(8),
    }
    for name, value in known.items():
        text = base64.b64encode(value).decode()
        s3.put_object(Bucket=bucket, Key="k", Body=b"123456789", **{"Checksum" + name.upper(): text})
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="k", Body=b"12345678!", **{"Checksum" + name.upper(): text})
        assert code(error) == "BadDigest"


def test_wrong_md5(s3, bucket):
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentMD5=wrong)
    assert code(error) == "BadDigest"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k")
    assert code(error) == "NoSuchKey"


@pytest.mark.parametrize("range_, expected", [
    ("bytes=0-0", b"0"), ("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-3", b"789"), ("bytes=5-100", b"56789"),
    ("bytes=-100", b"0123456789")])
def test_ranges(s3, bucket, range_, expected):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    got = s3.get_object(Bucket=bucket, Key="k", Range=range_)
    assert got["Body"].read() == expected
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"].endswith("/10")


def test_unsatisfiable_range(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-")
    assert (code(error), status(error)) == ("InvalidRange", 416)


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    assert code(error) == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)
    assert status(error) == 412
    now = s3.head_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=now["ETag"])
    assert status(error) == 304
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=now["LastModified"])
    assert status(error) == 304


def test_copy(s3, bucket):
    s3.put_object(Bucket=bucket, Key="dir/a b+ü.png", Body=b"x" * 100_000, Metadata={"one": "1"}, ContentType="image/png")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "dir/a b+ü.png"})
    s3.delete_object(Bucket=bucket, Key="dir/a b+ü.png")
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (b"x" * 100_000, {"one": "1"}, "image/png")
    s3.copy_object(
        Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "copy"}, MetadataDirective="REPLACE",
        Metadata={"two": "2"})
    assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"two": "2"}
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "copy"})
    assert code(error) == "InvalidRequest"


def test_multipart_by_transfer_manager(s3, bucket):
    body = os.urandom(20 << 20)
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", Config=config)
    target = io.BytesIO()
    s3.download_fileobj(bucket, "big", target)
    assert target.getvalue() == body
    head = s3.head_object(Bucket=bucket, Key="big", ChecksumMode="ENABLED")
    assert head["ETag"].endswith('-4"')
    assert head["ChecksumCRC32"].endswith("-4") and head["ChecksumType"] == "COMPOSITE"
    part = s3.get_object(Bucket=bucket, Key="big", PartNumber=2)
    assert part["Body"].read() == body[5 << 20:10 << 20]
    attributes = s3.get_object_attributes(Bucket=bucket, Key="big", ObjectAttributes=["ObjectParts", "ObjectSize"])
    assert (attributes["ObjectSize"], attributes["ObjectParts"]["TotalPartsCount"]) == (20 << 20, 4)


def test_multipart_by_hand(s3, bucket):
    upload = s3.create_multipart_upload(
        Bucket=bucket, Key="m", ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT", Metadata={"a": "b"})
    upload_id = upload["UploadId"]
    bodies = {1: os.urandom(5 << 20), 7: os.urandom(100)}
    tags = {}
    for number in [7, 1]:
        tags[number] = s3.upload_part(
            Bucket=bucket, Key="m", UploadId=upload_id, PartNumber=number, Body=bodies[number],
            ChecksumAlgorithm="CRC64NVME")
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload_id]
    assert [p["PartNumber"] for p in s3.list_parts(Bucket=bucket, Key="m", UploadId=upload_id)["Parts"]] == [1, 7]
    parts = [
        {"PartNumber": n, "ETag": tags[n]["ETag"], "ChecksumCRC64NVME": tags[n]["ChecksumCRC64NVME"]} for n in [1, 7]]
    done = s3.complete_multipart_upload(
        Bucket=bucket, Key="m", UploadId=upload_id, MultipartUpload={"Parts": parts})
    single = s3.put_object(Bucket=bucket, Key="s", Body=bodies[1] + bodies[7], ChecksumAlgorithm="CRC64NVME")
    assert done["ChecksumCRC64NVME"] == single["ChecksumCRC64NVME"]
    got = s3.get_object(Bucket=bucket, Key="m")
    assert got["Body"].read() == bodies[1] + bodies[7] and got["Metadata"] == {"a": "b"}


def test_multipart_refusals(s3, bucket):
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    tags = [
        s3.upload_part(Bucket=bucket, Key="m", UploadId=upload_id, PartNumber=n, Body=b"small")["ETag"] for n in [1, 2]]

    def complete(*parts):
        return s3.complete_multipart_upload(
            Bucket=bucket, Key="m", UploadId=upload_id,
            MultipartUpload={"Parts": [{"PartNumber": n, "ETag": e} for n, e in parts]})

    for parts, expected in [
            ([(1, tags[0]), (2, tags[1])], "EntityTooSmall"), ([(2, tags[1]), (1, tags[0])], "InvalidPartOrder"),
            ([(1, '"' + "0" * 32 + '"')], "InvalidPart")]:
        with pytest.raises(ClientError) as error:
            complete(*parts)
        assert code(error) == expected
    s3.abort_multipart_upload(Bucket=bucket, Key="m", UploadId=upload_id)
    with pytest.raises(ClientError) as error:
        complete((1, tags[0]))
    assert code(error) == "NoSuchUpload"


def test_part_copy(s3, bucket):
    body = os.urandom(6 << 20)
    s3.put_object(Bucket=bucket, Key="src", Body=body)
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    parts = []
    for number, range_ in [(1, f"bytes=0-{(5 << 20) - 1}"), (2, f"bytes={5 << 20}-{(6 << 20) - 1}")]:
        copied = s3.upload_part_copy(
            Bucket=bucket, Key="m", UploadId=upload_id, PartNumber=number, CopySource=f"{bucket}/src",
            CopySourceRange=range_)
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload_id, MultipartUpload={"Parts": parts})
    s3.delete_object(Bucket=bucket, Key="src")
    assert s3.get_object(Bucket=bucket, Key="m")["Body"].read() == body


def test_listing(s3, bucket):
    keys = ["a", "b/1", "b/2", "b/3/x", "c d", "e+f", "ü", "z\nnewline"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    everything = s3.list_objects_v2(Bucket=bucket)
    assert [c["Key"] for c in everything["Contents"]] == sorted(keys, key=str.encode)
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["b/"]
    assert "b/1" not in [c["Key"] for c in page["Contents"]]
    inner = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="b/")
    assert [c["Key"] for c in inner["Contents"]] == ["b/1", "b/2"]
    assert [p["Prefix"] for p in inner["CommonPrefixes"]] == ["b/3/"]
    for size in [1, 2, 3]:
        seen, token = [], {}
        while True:
            page = s3.list_objects_v2(Bucket=bucket, Delimiter="/", MaxKeys=size, **token)
            assert page["KeyCount"] <= size
            seen += [c["Key"] for c in page.get("Contents", [])] + [p["Prefix"] for p in page.get("CommonPrefixes", [])]
            if not page["IsTruncated"]:
                break
            token = {"ContinuationToken": page["NextContinuationToken"]}
        assert sorted(seen) == sorted(["a", "b/", "c d", "e+f", "ü", "z\nnewline"])
    marked = s3.list_objects(Bucket=bucket, Marker="b/2")
    assert [c["Key"] for c in marked["Contents"]][0] == "b/3/x"


def test_multi_delete(s3, bucket):
    for n in range(5):
        s3.put_object(Bucket=bucket, Key=f"k{n}", Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"k{n}"} for n in range(4)] + [{"Key": "no"}]})
    assert len(answer["Deleted"]) == 5
    assert [c["Key"] for c in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k4"]


def test_versioning(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"null")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"one")["VersionId"]
    two = s3.put_object(Bucket=bucket, Key="k", Body=b"two")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] is True
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k")
    assert code(error) == "NoSuchKey"
    listing = s3.list_object_versions(Bucket=bucket)
    assert [v["VersionId"] for v in listing["Versions"]] == [two, one, "null"]
    assert listing["DeleteMarkers"][0]["IsLatest"] is True
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=one)["Body"].read() == b"one"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"two"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=two)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=one)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"null"


def test_tagging(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b=2%203")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2 3"}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 1
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []


def test_presigned(s3, bucket):
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "p", "ContentType": "text/plain"})
    request = urllib.request.Request(put, data=b"hello", method="PUT", headers={"Content-Type": "text/plain"})
    assert urllib.request.urlopen(request).status == 200
    get = s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "p", "ResponseContentDisposition": "attachment"})
    answer = urllib.request.urlopen(get)
    assert answer.read() == b"hello" and answer.headers["Content-Disposition"] == "attachment"


def test_post_form(store, s3, bucket):
    import requests

    form = s3.generate_presigned_post(
        bucket, "forms/${filename}", Fields={"x-amz-meta-prompt": "a dog", "success_action_status": "201"},
        Conditions=[{"x-amz-meta-prompt": "a dog"}, {"success_action_status": "201"}, ["content-length-range", 1, 100]])
    answer = requests.post(form["url"], data=form["fields"], files={"file": ("d.txt", b"bytes")})
    assert answer.status_code == 201, answer.text
    assert s3.head_object(Bucket=bucket, Key="forms/d.txt")["Metadata"] == {"prompt": "a dog"}
    answer = requests.post(form["url"], data=form["fields"], files={"file": ("d.txt", b"b" * 101)})
    assert (answer.status_code, "EntityTooLarge" in answer.text) == (400, True)
    tampered = dict(form["fields"], **{"x-amz-meta-prompt": "a cat"})
    assert requests.post(form["url"], data=tampered, files={"file": ("d.txt", b"b")}).status_code == 403


def test_anonymous_policy(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"public")
    url = f"{store.s3_endpoint}/{bucket}/k"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url)
    assert error.value.code == 403
    s3.put_bucket_policy(Bucket=bucket, Policy="""{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::%s/*"}]}""" % bucket)
    assert urllib.request.urlopen(url).read() == b"public"


def test_users_are_apart(store, bucket):
    alice = store.s3("alice")
    with pytest.raises(ClientError) as error:
        alice.list_objects_v2(Bucket=bucket)
    assert code(error) == "AccessDenied"
    with pytest.raises(ClientError) as error:
        alice.create_bucket(Bucket=bucket)
    assert code(error) == "BucketAlreadyExists"


def test_virtual_host_style(store, s3, bucket):
    import http.client

    s3.put_object(Bucket=bucket, Key="dir/k", Body=b"v")
    signed = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "dir/k"})
    host = store.s3_endpoint.removeprefix("http://")
    client = __import__("boto3").client(
        "s3", endpoint_url=f"http://localhost:{host.split(':')[1]}", aws_access_key_id="minioadmin",
        aws_secret_access_key="minioadmin", region_name="eu-west-1",
        config=__import__("botocore.config").config.Config(s3={"addressing_style": "virtual"}))
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "dir/k"})
    connection = http.client.HTTPConnection(host)
    connection.request("GET", url.split(host.split(":")[1], 1)[1], headers={
        "Host": url.removeprefix("http://").split("/")[0]})
    assert connection.getresponse().read() == b"v"
    assert urllib.request.urlopen(signed).read() == b"v"


def test_cors(store, bucket):
    import requests

    answer = requests.options(f"{store.s3_endpoint}/{bucket}/k", headers={
        "Origin": "http://localhost:7071", "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,x-amz-meta-prompt"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:7071"
    assert "x-amz-meta-prompt" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("action", [
    {"Expiration": {"Days": 0}}, {"NoncurrentVersionExpiration": {"NoncurrentDays": 0}},
    {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": -1}},
])
def test_lifecycle_periods_are_positive(s3, bucket, action):
    with pytest.raises(ClientError) as error:
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={
            "Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **action}]})
    assert (status(error), code(error)) == (400, "InvalidArgument")


def test_lifecycle_is_executed(s3, bucket):
    import time

    for key in ["tmp/a", "kept"]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={
        "Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Date": "2020-01-01"}}]})
    end = time.monotonic() + 60
    while "tmp/a" in [c["Key"] for c in s3.list_objects_v2(Bucket=bucket)["Contents"]]:
        assert time.monotonic() < end, "the object did not expire"
        time.sleep(0.5)
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"1"
