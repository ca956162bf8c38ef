"""Checksums of objects and of parts, and what GetObjectAttributes tells of them."""

import base64
import hashlib

import pytest

from s3_calls import code, multipart, refusal

MIB = 1 << 20
PARTS = [b"A" * (5 * MIB), b"B" * (5 * MIB), b"C" * (5 * MIB)]
# Computed by other implementations of the same algorithms, of exactly these parts.
KNOWN = {
    "SHA256": ("COMPOSITE", [
        "275VF5loJr1YYawit0XSHREhkFXYkkPKGuoK0x9VKxI=", "mrHwOfjTL5Zwfj74F05HOQGLdUb7E5szdCbxgUSq6NM=",
        "Vw7oB/nKQ5xWb3hNgbyfkvDiivl+U+/Dft48nfJfDow="], "uWBwpe1dxI4Vw8Gf0X9ynOdw/SS6VBzfWm9giiv1sf4=-3"),
    "SHA1": ("COMPOSITE", [
        "iIaTCGbm+vdVjNqIMF2S0T7ibMk=", "LS/TJ32bAVKEwRu+sE3X7awh/lk=", "6DDwovUaHwrKNXDMzOGbuvj9kxI="],
        "sizjvY4eud3MrcHdZM3cQ/ol39o=-3"),
    "CRC32": ("FULL_OBJECT", ["JRTCyQ==", "QoZTGg==", "YAgjqw=="], "WgDhBQ=="),
    "CRC32C": ("FULL_OBJECT", ["MDaLrw==", "TH4EZg==", "Z7mBIQ=="], "xU+Krw=="),
    "CRC64NVME": ("FULL_OBJECT", ["L/E4WYn8v98=", "xW1l19VobYM=", "cK5MnNaWrW4="], "i+6LR0y3eFo="),
}


@pytest.mark.parametrize("algorithm", KNOWN)
def test_uploads_in_parts(s3, bucket, algorithm):
    kind, checksums, whole = KNOWN[algorithm]
    name = "Checksum" + algorithm
    created = s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm=algorithm, ChecksumType=kind)
    assert (created["ChecksumAlgorithm"], created["ChecksumType"]) == (algorithm, kind)
    upload = {"Bucket": bucket, "Key": "m", "UploadId": created["UploadId"]}
    parts = []
    for number, (body, checksum) in enumerate(zip(PARTS, checksums), 1):
        part = s3.upload_part(**upload, PartNumber=number, Body=body, **{name: checksum})
        assert part[name] == checksum
        parts.append({"PartNumber": number, "ETag": part["ETag"], name: checksum})
    assert [p[name] for p in s3.list_parts(**upload)["Parts"]] == checksums
    assert refusal(
        s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts}, **{name: checksums[0]}
    ) == (400, "BadDigest")
    for _ in range(2):
        done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **{name: whole})
        assert (done[name], done["ChecksumType"]) == (whole, kind), "also when it is asked for again"
    assert name not in s3.head_object(Bucket=bucket, Key="m")
    head = s3.head_object(Bucket=bucket, Key="m", ChecksumMode="ENABLED")
    assert (head[name], head["ChecksumType"]) == (whole, kind)
    for number, checksum in enumerate(checksums, 1):
        got = s3.get_object(Bucket=bucket, Key="m", PartNumber=number, ChecksumMode="ENABLED")
        assert (got[name], got["ChecksumType"]) == (checksum, kind)
    ranged = s3.get_object(Bucket=bucket, Key="m", Range="bytes=0-9", ChecksumMode="ENABLED")
    assert name not in ranged, "of some bytes there is no checksum"
    attributes = s3.get_object_attributes(Bucket=bucket, Key="m", ObjectAttributes=["Checksum", "ObjectParts"])
    assert attributes["Checksum"] == {name: whole, "ChecksumType": kind}
    assert [p[name] for p in attributes["ObjectParts"]["Parts"]] == checksums


@pytest.mark.parametrize("algorithm", KNOWN)
def test_values_that_are_no_checksums(s3, bucket, algorithm):
    for value in ["bad", "", "AAAA"]:
        assert refusal(
            s3.put_object, Bucket=bucket, Key="k", Body=b"x", ChecksumAlgorithm=algorithm,
            **{"Checksum" + algorithm: value}) == (400, "BadDigest")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_wrong_parts(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm="SHA256")["UploadId"]
    target = {"Bucket": bucket, "Key": "m", "UploadId": upload}
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert code(s3.upload_part, **target, PartNumber=1, Body=b"x", ChecksumSHA256=wrong) == "BadDigest"
    assert code(s3.upload_part, **target, PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32") == "InvalidRequest"
    part = s3.upload_part(**target, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": wrong}]}
    assert code(s3.complete_multipart_upload, **target, MultipartUpload=parts) == "InvalidPart"
    right = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]}
    assert code(
        s3.complete_multipart_upload, **target, MultipartUpload=right, ChecksumSHA256="bad") == "BadDigest"
    for more in [{"ChecksumType": "OTHER"}, {"ChecksumSHA256": wrong, "ChecksumCRC32": "AAAAAA=="}]:
        assert code(
            s3.complete_multipart_upload, **target, MultipartUpload=right, **more) == "InvalidRequest"
    assert code(s3.create_multipart_upload, Bucket=bucket, Key="m", ChecksumType="OTHER") == "InvalidRequest"


@pytest.mark.parametrize("algorithm, kind", [
    ("SHA1", "FULL_OBJECT"), ("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), ("MD4", "COMPOSITE")])
def test_kinds_that_are_not(s3, bucket, algorithm, kind):
    assert refusal(
        s3.create_multipart_upload, Bucket=bucket, Key="m", ChecksumAlgorithm=algorithm, ChecksumType=kind
    ) == (400, "InvalidRequest")


ALL = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]


def test_attributes(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"foo")["ETag"].strip('"')
    got = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=ALL)
    assert (got["ETag"], got["ObjectSize"], got["StorageClass"]) == (etag, 3, "STANDARD")
    for missing in ["ObjectParts", "VersionId", "DeleteMarker"]:
        assert missing not in got
    assert "ObjectSize" not in s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag"])
    assert refusal(
        s3.get_object_attributes, Bucket=bucket, Key="k", ObjectAttributes=["Weight"]) == (400, "InvalidArgument")
    assert code(s3.get_object_attributes, Bucket=bucket, Key="no", ObjectAttributes=ALL) == "NoSuchKey"


def test_pages_of_parts(s3, bucket):
    done = multipart(s3, bucket, "m", [b"x" * (5 * MIB)] * 5 + [b"y"])
    page = s3.get_object_attributes(
        Bucket=bucket, Key="m", ObjectAttributes=ALL, MaxParts=1, PartNumberMarker=3)
    assert page["ETag"] == done["ETag"].strip('"')
    parts = page["ObjectParts"]
    assert (parts["TotalPartsCount"], parts["MaxParts"], parts["PartNumberMarker"], parts["NextPartNumberMarker"],
            parts["IsTruncated"]) == (6, 1, 3, 4, True)
    assert [(p["PartNumber"], p["Size"]) for p in parts["Parts"]] == [(4, 5 * MIB)]
    rest = s3.get_object_attributes(
        Bucket=bucket, Key="m", ObjectAttributes=ALL, MaxParts=10, PartNumberMarker=4)["ObjectParts"]
    assert (rest["IsTruncated"], [p["Size"] for p in rest["Parts"]]) == (False, [5 * MIB, 1])
