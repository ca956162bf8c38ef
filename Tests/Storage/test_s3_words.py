"""What refusals say: each element of their documents, and no further one."""

import datetime
import time

import pytest
from botocore.exceptions import ClientError

from s3_calls import new_bucket

NO_VERSION = "0" * 32
BAD_RANGE = (
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based "
    "offsets of the first and last bytes to copy")
BAD_TAGS = (
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name "
    "duplicates.")


def words(call, status, error_code, message, /, details=(), **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["Error"] == {"Code": error_code, "Message": message, **dict(details)}


@pytest.fixture
def key(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    return {"Bucket": bucket, "Key": "k"}


def tags(*pairs):
    return {"TagSet": [{"Key": name, "Value": value} for name, value in pairs]}


def test_versions_where_none_are_kept(s3, key):
    named = {"ArgumentName": "versionId", "ArgumentValue": NO_VERSION}
    for call in [s3.get_object, s3.delete_object, s3.get_object_tagging, s3.delete_object_tagging]:
        words(call, 400, "InvalidArgument", "Invalid version id specified", named, **key, VersionId=NO_VERSION)
    answer = s3.delete_objects(
        Bucket=key["Bucket"], Delete={"Objects": [{"Key": "k", "VersionId": NO_VERSION}, {"Key": "none"}]})
    assert answer["Errors"] == [{
        "Key": "k", "VersionId": NO_VERSION, "Code": "NoSuchVersion",
        "Message": "The specified version does not exist."}]
    assert answer["Deleted"] == [{"Key": "none"}]
    s3.delete_object(**key, VersionId="null")
    words(s3.get_object, 404, "NoSuchKey", "The specified key does not exist.", {"Key": "k"}, **key)


def test_tags_of_delete_markers(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    key = {"Bucket": bucket, "Key": "k"}
    version = s3.put_object(**key)["VersionId"]
    marker = s3.delete_object(**key)["VersionId"]
    for more in [{}, {"VersionId": marker}]:
        for call, method, tagging in [
                (s3.get_object_tagging, "GET", {}), (s3.delete_object_tagging, "DELETE", {}),
                (s3.put_object_tagging, "PUT", {"Tagging": tags(("a", "b"))})]:
            words(
                call, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.",
                {"Method": method, "ResourceType": "DeleteMarker"}, **key, **more, **tagging)
    s3.put_object_tagging(**key, VersionId=version, Tagging=tags(("a", "b")))
    assert s3.get_object_tagging(**key, VersionId=version)["TagSet"] == tags(("a", "b"))["TagSet"]


def test_buckets_that_hold_something(s3, key):
    said, bucket = "The bucket you tried to delete is not empty", key["Bucket"]
    words(s3.delete_bucket, 409, "BucketNotEmpty", said, {"BucketName": bucket}, Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    words(
        s3.delete_bucket, 409, "BucketNotEmpty", said + ". You must delete all versions in the bucket.",
        {"BucketName": bucket}, Bucket=bucket)


@pytest.mark.parametrize("pairs, message, details", [
    ([("Key1", "a"), ("Key1", "b")], "Cannot provide multiple Tags with the same key", {"TagKey": "Key1"}),
    ([("a,b", "")], "The TagKey you have provided is invalid", {"TagKey": "a,b"}),
    ([("a", "b,c")], "The TagValue you have provided is invalid", {"TagKey": "a", "TagValue": "b,c"})])
def test_tags(s3, key, pairs, message, details):
    words(s3.put_object_tagging, 400, "InvalidTag", message, details, **key, Tagging=tags(*pairs))
    words(
        s3.put_bucket_tagging, 400, "InvalidTag", message, details, Bucket=key["Bucket"], Tagging=tags(*pairs))


def test_tags_of_the_system(s3, key):
    own = {"Tagging": tags(("aws:x", "y"))}
    words(
        s3.put_object_tagging, 400, "InvalidTag", "Your TagKey cannot be prefixed with aws:", {"TagKey": "aws:x"},
        **key, **own)
    words(
        s3.put_bucket_tagging, 400, "InvalidTag", "System tags cannot be added/updated by requester",
        {"TagKey": "aws:x"}, Bucket=key["Bucket"], **own)


@pytest.mark.parametrize("header", ["a=b&a=c", "a=b,c=d"])
def test_headers_of_tags(s3, key, header):
    words(
        s3.put_object, 400, "InvalidArgument", BAD_TAGS,
        {"ArgumentName": "x-amz-tagging", "ArgumentValue": header}, **key, Tagging=header)


def test_settings(s3, bucket):
    words(
        s3.put_bucket_versioning, 400, "IllegalVersioningConfigurationException",
        "The Versioning element must be specified", Bucket=bucket, VersioningConfiguration={})
    dotted = bucket[:30] + ".x"
    s3.create_bucket(Bucket=dotted)
    words(
        s3.put_bucket_accelerate_configuration, 400, "InvalidRequest",
        "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names", Bucket=dotted,
        AccelerateConfiguration={"Status": "Enabled"})
    words(
        s3.create_bucket, 400, "InvalidArgument", "Invalid x-amz-object-ownership header: Nobody",
        {"ArgumentName": "x-amz-object-ownership"}, Bucket=bucket + "2", ObjectOwnership="Nobody")
    locked = new_bucket(s3, ObjectLockEnabledForBucket=True)
    words(
        s3.put_bucket_versioning, 409, "InvalidBucketState",
        "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        Bucket=locked, VersioningConfiguration={"Status": "Suspended"})


def test_ranges(s3, key):
    for given in ["bytes=-0", "bytes=10-", "bytes=100-200"]:
        words(
            s3.get_object, 416, "InvalidRange", "The requested range is not satisfiable",
            {"RangeRequested": given, "ActualObjectSize": "10"}, **key, Range=given)
    for given in ["bytes=1-0", "bytes=-1-", "bytes=0--1", "bytes=0-1,3-4", "bytes=-", "bytes=,", "0-8"]:
        answer = s3.get_object(**key, Range=given)
        assert answer["ContentLength"] == 10 and answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.get_object(**key, Range="bytes=00-01")["Body"].read() == b"01"


def test_parts_that_are_not_there(s3, key):
    said = "The requested partnumber is not satisfiable"
    words(
        s3.get_object, 400, "InvalidPart", said, {"PartNumberRequested": "2", "ActualPartCount": "1"}, **key,
        PartNumber=2)
    assert s3.get_object(**key, PartNumber=1)["Body"].read() == b"0123456789"


def test_parts_in_disorder(s3, key):
    upload = {**key, "UploadId": s3.create_multipart_upload(**key)["UploadId"]}
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=b"x")["ETag"]}
        for number in [2, 1]]
    words(
        s3.complete_multipart_upload, 400, "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
        {"UploadId": upload["UploadId"]}, **upload, MultipartUpload={"Parts": parts})


@pytest.mark.parametrize("digest", ["__invalid__", "000", "not base64", "MTIz"])
def test_digests_that_are_none(s3, key, digest):
    words(
        s3.put_object, 400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {"Content-MD5": digest},
        **key, ContentMD5=digest)


def test_sources_of_copies(s3, key):
    etag = s3.head_object(**key)["ETag"]
    past, future = (
        datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days) for days in [-3, 3])
    copy = {"Bucket": key["Bucket"], "Key": "copy", "CopySource": f"{key['Bucket']}/k"}
    while datetime.datetime.now(datetime.timezone.utc) < s3.head_object(**key)["LastModified"] + datetime.timedelta(
            seconds=1):
        time.sleep(0.1)
    for header, value in [
            ("If-Match", '"other"'), ("If-None-Match", etag), ("If-None-Match", etag.strip('"')),
            ("If-Unmodified-Since", past), ("If-Modified-Since", s3.head_object(**key)["LastModified"])]:
        words(
            s3.copy_object, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold",
            {"Condition": "x-amz-copy-source-" + header}, **copy, **{"CopySource" + header.replace("-", ""): value})
    # A day that is still to come says nothing.
    s3.copy_object(**copy, CopySourceIfModifiedSince=future)
    s3.copy_object(**copy, CopySourceIfUnmodifiedSince=future)


def test_ranges_of_copied_parts(s3, key):
    part = {
        "Bucket": key["Bucket"], "Key": "m", "PartNumber": 1, "CopySource": f"{key['Bucket']}/k",
        "UploadId": s3.create_multipart_upload(Bucket=key["Bucket"], Key="m")["UploadId"]}
    for given in ["0-8", "bytes=1-0", "bytes=0--1", "bytes=0-1,3-4", "bytes=-", "bytes=1-", "bytes=-2"]:
        named = {"ArgumentName": "x-amz-copy-source-range", "ArgumentValue": given}
        words(s3.upload_part_copy, 400, "InvalidArgument", BAD_RANGE, named, **part, CopySourceRange=given)
    words(
        s3.upload_part_copy, 400, "InvalidRange", "Range specified is not valid for source object of size: 10",
        {"ArgumentName": "x-amz-copy-source-range", "ArgumentValue": "bytes=0-10"}, **part,
        CopySourceRange="bytes=0-10")
    words(
        s3.upload_part_copy, 400, "InvalidRequest", "The specified copy range is invalid for the source object size",
        **part, CopySourceRange="bytes=10-10")
