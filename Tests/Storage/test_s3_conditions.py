"""Conditions on reads, writes and deletes."""

import datetime

import pytest

from s3_calls import code, headers, multipart, new_bucket, refusal, status

PAST, FUTURE = "Sat, 29 Oct 1994 19:43:31 GMT", "Sat, 29 Oct 2100 19:43:31 GMT"


@pytest.fixture
def versioned(s3):
    bucket = new_bucket(s3)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.mark.parametrize("good", [
    lambda etag: {"IfMatch": etag}, lambda etag: {"IfMatch": "*"}, lambda etag: {"IfNoneMatch": "ABCORZ"},
    lambda etag: {"IfModifiedSince": PAST}, lambda etag: {"IfUnmodifiedSince": FUTURE},
    lambda etag: {"IfMatch": etag, "IfUnmodifiedSince": PAST}])
def test_reads_that_succeed(s3, bucket, good):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"bar")["ETag"]
    assert s3.get_object(Bucket=bucket, Key="k", **good(etag))["Body"].read() == b"bar"
    assert s3.head_object(Bucket=bucket, Key="k", **good(etag))["ETag"] == etag


@pytest.mark.parametrize("bad, expected", [
    (lambda etag: {"IfMatch": '"ABCORZ"'}, 412), (lambda etag: {"IfUnmodifiedSince": PAST}, 412),
    (lambda etag: {"IfNoneMatch": etag}, 304), (lambda etag: {"IfModifiedSince": FUTURE}, 304),
    (lambda etag: {"IfNoneMatch": etag, "IfModifiedSince": PAST}, 304)])
def test_reads_that_fail(s3, bucket, bad, expected):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"bar")["ETag"]
    assert status(s3.get_object, Bucket=bucket, Key="k", **bad(etag)) == expected
    assert status(s3.head_object, Bucket=bucket, Key="k", **bad(etag)) == expected


def test_what_was_not_modified_says_its_tag(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"bar")["ETag"]
    try:
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
    except s3.exceptions.ClientError as error:
        assert headers(error.response)["etag"] == etag


def put(s3, bucket, **conditions):
    return s3.put_object(Bucket=bucket, Key="k", Body=b"x", **conditions)


def complete(s3, bucket, **conditions):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    etag = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    return s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]},
        **conditions)


def copy(s3, bucket, **conditions):
    s3.put_object(Bucket=bucket, Key="src", Body=b"x")
    return s3.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/src", **conditions)


@pytest.mark.parametrize("write", [put, complete, copy])
@pytest.mark.parametrize("keeps_versions", [False, True])
def test_writes(s3, bucket, versioned, write, keeps_versions):
    bucket = versioned if keeps_versions else bucket
    for condition in ["*", "badetag"]:
        assert refusal(write, s3=s3, bucket=bucket, IfMatch=condition) == (404, "NoSuchKey")
    answer = write(s3, bucket, IfNoneMatch="*")
    etag = answer.get("ETag") or answer["CopyObjectResult"]["ETag"]
    for failing in [{"IfNoneMatch": "*"}, {"IfNoneMatch": etag}, {"IfMatch": "badetag"}]:
        assert refusal(write, s3=s3, bucket=bucket, **failing) == (412, "PreconditionFailed")
    for passing in [{"IfNoneMatch": "badetag"}, {"IfMatch": etag}, {"IfMatch": "*"}]:
        write(s3, bucket, **passing)
    s3.delete_object(Bucket=bucket, Key="k")
    assert refusal(write, s3=s3, bucket=bucket, IfMatch="*") == (404, "NoSuchKey")
    write(s3, bucket, IfNoneMatch=etag)


def conditions(head, good):
    """Each condition on a delete, as both calls write it."""
    modified = head["LastModified"] if good else datetime.datetime(2015, 1, 1)
    return [
        ({"IfMatch": head["ETag"] if good else "badetag"}, {"ETag": head["ETag"] if good else "badetag"}),
        ({"IfMatchLastModifiedTime": modified}, {"LastModifiedTime": modified}),
        ({"IfMatchSize": 0 if good else 9999}, {"Size": 0 if good else 9999})]


def each(s3, bucket, **target):
    """A delete of one key and one of several, by the same condition; what is refused is a code."""
    def one(condition):
        try:
            s3.delete_object(Bucket=bucket, Key="k", **target, **condition[0])
        except s3.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    def several(condition):
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", **target, **condition[1]}]})
        return answer["Errors"][0]["Code"] if "Errors" in answer else None
    return one, several


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("condition", [0, 1, 2])
def test_deletes(s3, bucket, kind, condition):
    delete = each(s3, bucket)[kind]
    s3.put_object(Bucket=bucket, Key="k")
    head = s3.head_object(Bucket=bucket, Key="k")
    assert delete(conditions(head, False)[condition]) == "PreconditionFailed"
    assert s3.head_object(Bucket=bucket, Key="k")
    assert delete(conditions(head, True)[condition]) is None
    assert status(s3.head_object, Bucket=bucket, Key="k") == 404
    assert delete(conditions(head, False)[condition]) is None, "nothing is there that could be wrong"


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize("condition", [0, 1, 2])
def test_deletes_with_versions(s3, versioned, kind, condition):
    version = s3.put_object(Bucket=versioned, Key="k")["VersionId"]
    head = s3.head_object(Bucket=versioned, Key="k")
    delete = each(s3, versioned)[kind]
    assert delete(conditions(head, False)[condition]) == "PreconditionFailed"
    assert delete(conditions(head, True)[condition]) is None
    assert len(s3.list_object_versions(Bucket=versioned)["DeleteMarkers"]) == 1
    assert delete(conditions(head, False)[condition]) == "PreconditionFailed", "the delete marker is there"
    delete = each(s3, versioned, VersionId=version)[kind]
    assert delete(conditions(head, False)[condition]) == "PreconditionFailed"
    assert delete(conditions(head, True)[condition]) is None
    assert delete(conditions(head, False)[condition]) is None


def test_a_condition_on_nothing_makes_no_marker(s3, versioned):
    for condition in [{"IfMatch": "*"}, {"IfMatch": "badetag"}, {"IfMatchSize": 9999}]:
        assert "DeleteMarker" not in s3.delete_object(Bucket=versioned, Key="k", **condition)
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket=versioned)
    assert s3.delete_object(Bucket=versioned, Key="k")["DeleteMarker"], "without a condition there is one"
    assert refusal(s3.delete_object, Bucket=versioned, Key="k", IfMatch="badetag") == (412, "PreconditionFailed")


def test_any_tag_is_right_for_a_delete(s3, bucket, versioned):
    for place in [bucket, versioned]:
        s3.delete_object(Bucket=place, Key="k", IfMatch="*")
        s3.put_object(Bucket=place, Key="k")
        s3.delete_object(Bucket=place, Key="k", IfMatch="*")
    s3.delete_object(Bucket=versioned, Key="k", IfMatch="*")


def test_parts_are_not_lost_by_a_failed_condition(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert code(complete, s3=s3, bucket=bucket, IfNoneMatch="*") == "PreconditionFailed"
    assert len(s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 1
    assert multipart(s3, bucket, "other", [b"x"])["ETag"]
