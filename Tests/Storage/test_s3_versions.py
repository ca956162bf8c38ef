"""Versions and delete markers."""

import pytest
from minio import Minio
from minio.error import S3Error
from minio.versioningconfig import ENABLED, SUSPENDED, VersioningConfig

from s3_calls import code, headers, multipart, new_bucket, refusal, status


def versioning(s3, bucket, state):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": state})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == state


@pytest.fixture
def versioned(s3):
    bucket = new_bucket(s3)
    versioning(s3, bucket, "Enabled")
    return bucket


def put(s3, bucket, body, key="k"):
    return s3.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId")


def get(s3, bucket, key="k", **version):
    return s3.get_object(Bucket=bucket, Key=key, **version)["Body"].read()


def listed(s3, bucket):
    answer = s3.list_object_versions(Bucket=bucket)
    return ([v["VersionId"] for v in answer.get("Versions", [])], [m["VersionId"] for m in answer.get("DeleteMarkers", [])])


def test_states(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for state in ["Suspended", "Enabled", "Enabled", "Suspended"]:
        versioning(s3, bucket, state)
    assert code(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Off"}) == "MalformedXML"


def test_a_version_is_named_only_where_versions_are_kept(s3, bucket, versioned):
    assert put(s3, bucket, b"1") is None
    named = put(s3, versioned, b"1")
    assert listed(s3, versioned)[0] == [named]
    assert multipart(s3, versioned, "m", [b"x"])["VersionId"]
    assert s3.copy_object(Bucket=versioned, Key="c", CopySource=f"{versioned}/k")["VersionId"]
    versioning(s3, versioned, "Suspended")
    assert put(s3, versioned, b"2") is None and "VersionId" not in multipart(s3, versioned, "m", [b"x"])
    assert "VersionId" not in s3.copy_object(Bucket=versioned, Key="c", CopySource=f"{versioned}/k")
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == "null"


def test_each_version_by_its_name(s3, versioned):
    versions = [(put(s3, versioned, str(n).encode()), str(n).encode()) for n in range(5)]
    assert listed(s3, versioned) == ([v for v, _ in reversed(versions)], [])
    for version, body in versions:
        assert get(s3, versioned, VersionId=version) == body
    while versions:
        version, _ = versions.pop(len(versions) // 2)
        s3.delete_object(Bucket=versioned, Key="k", VersionId=version)
        assert refusal(s3.get_object, Bucket=versioned, Key="k", VersionId=version) == (404, "NoSuchVersion")
        if versions:
            assert get(s3, versioned) == versions[-1][1]
    assert listed(s3, versioned) == ([], [])


def test_the_version_from_before(s3, bucket):
    put(s3, bucket, b"plain")
    versioning(s3, bucket, "Enabled")
    second = put(s3, bucket, b"second")
    assert listed(s3, bucket)[0] == [second, "null"]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert get(s3, bucket) == b"plain"
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    assert code(s3.get_object, Bucket=bucket, Key="k") == "NoSuchKey"
    assert listed(s3, bucket) == ([], [])


def test_suspended(s3, versioned):
    kept = [put(s3, versioned, str(n).encode()) for n in range(3)]
    versioning(s3, versioned, "Suspended")
    for expected in [(kept[::-1], ["null"])] * 2:
        answer = s3.delete_object(Bucket=versioned, Key="k")
        assert (answer["DeleteMarker"], answer["VersionId"]) == (True, "null")
        assert listed(s3, versioned) == expected
    for body in [b"null 1", b"null 2"]:
        put(s3, versioned, body)
        assert listed(s3, versioned) == (["null", *kept[::-1]], []) and get(s3, versioned) == body
    versioning(s3, versioned, "Enabled")
    newest = put(s3, versioned, b"newest")
    assert listed(s3, versioned)[0] == [newest, "null", *kept[::-1]]


def test_delete_markers(s3, versioned):
    version = put(s3, versioned, b"x")
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"] is True
    for call in [s3.get_object, s3.head_object]:
        with pytest.raises(s3.exceptions.ClientError) as error:
            call(Bucket=versioned, Key="k")
        assert headers(error.value.response)["x-amz-delete-marker"] == "true"
        assert headers(error.value.response)["x-amz-version-id"] == marker["VersionId"]
        assert status(call, Bucket=versioned, Key="k", VersionId=marker["VersionId"]) == 405
    again = s3.delete_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert (again["DeleteMarker"], again["VersionId"]) == (True, marker["VersionId"])
    assert "DeleteMarker" not in s3.delete_object(Bucket=versioned, Key="k", VersionId=version)


def test_what_never_was_is_no_marker(s3, bucket):
    with pytest.raises(s3.exceptions.ClientError) as error:
        s3.head_object(Bucket=bucket, Key="k")
    assert headers(error.value.response)["x-amz-delete-marker"] == "false"


def test_several_at_once(s3, versioned):
    versions = [put(s3, versioned, b"x") for _ in range(2)]
    answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": [{"Key": "k"}]})["Deleted"][0]
    assert answer["DeleteMarker"] is True and listed(s3, versioned)[1] == [answer["DeleteMarkerVersionId"]]
    everything = [{"Key": "k", "VersionId": v} for v in [*versions, answer["DeleteMarkerVersionId"]]]
    for _ in range(2):
        answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": everything})
        assert len(answer["Deleted"]) == 3 and "Errors" not in answer
        assert listed(s3, versioned) == ([], [])


@pytest.mark.parametrize("key", ["_testobj", "_", ":", " ", "?versionId", "a/b"])
def test_strange_keys(s3, versioned, key):
    versions = [put(s3, versioned, str(n).encode(), key) for n in range(3)]
    for n, version in enumerate(versions):
        assert get(s3, versioned, key, VersionId=version) == str(n).encode()
        s3.delete_object(Bucket=versioned, Key=key, VersionId=version)
    assert listed(s3, versioned) == ([], [])


def test_lists_of_each_version(s3, versioned):
    versions = [put(s3, versioned, b"x") for _ in range(3)]
    s3.put_object_acl(Bucket=versioned, Key="k", VersionId=versions[1], ACL="public-read")
    lengths = [
        len(s3.get_object_acl(Bucket=versioned, Key="k", VersionId=v)["Grants"]) for v in versions]
    assert lengths == [1, 2, 1]
    s3.put_object_tagging(Bucket=versioned, Key="k", VersionId=versions[0], Tagging={
        "TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(Bucket=versioned, Key="k")["TagSet"] == []
    assert s3.get_object_tagging(Bucket=versioned, Key="k", VersionId=versions[0])["VersionId"] == versions[0]


def test_changing_a_list_changes_no_date(s3, versioned):
    put(s3, versioned, b"x")
    before = s3.head_object(Bucket=versioned, Key="k")["LastModified"]
    s3.put_object_acl(Bucket=versioned, Key="k", ACL="private")
    assert s3.head_object(Bucket=versioned, Key="k")["LastModified"] == before
    assert s3.list_object_versions(Bucket=versioned)["Versions"][0]["LastModified"].replace(microsecond=0) == before


def test_pages(s3, versioned):
    for key in ["a", "b", "c/1", "c/2"]:
        for _ in range(3):
            put(s3, versioned, b"x", key)
    s3.delete_object(Bucket=versioned, Key="b")
    complete = s3.list_object_versions(Bucket=versioned)
    wanted = [(v["Key"], v["VersionId"]) for v in complete["Versions"]]
    for size in [1, 2, 5]:
        found, marker = [], {}
        while True:
            page = s3.list_object_versions(Bucket=versioned, MaxKeys=size, **marker)
            found += [(v["Key"], v["VersionId"]) for v in page.get("Versions", [])]
            assert len(page.get("Versions", [])) + len(page.get("DeleteMarkers", [])) <= size
            if not page["IsTruncated"]:
                break
            marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        assert found == wanted
    folded = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [p["Prefix"] for p in folded["CommonPrefixes"]] == ["c/"]
    assert {v["Key"] for v in folded["Versions"]} == {"a", "b"}


def excluding(status=ENABLED, folders=False, prefixes=()):
    return VersioningConfig(status=status, exclude_folders=folders, excluded_prefixes=list(prefixes))


def test_keys_whose_versions_are_not_kept(store, s3, bucket):
    client = Minio(store.s3_endpoint.removeprefix("http://"), "minioadmin", "minioadmin", secure=False)
    client.set_bucket_versioning(bucket, excluding(folders=True, prefixes=["tmp/", "jobs/*/scratch/"]))
    kept = client.get_bucket_versioning(bucket)
    assert (kept.status, kept.exclude_folders, kept.excluded_prefixes) == (ENABLED, True, ["tmp/", "jobs/*/scratch/"])
    for key, versions in [("k", 2), ("tmp", 2), ("jobs/scratch/k", 2), ("tmp/k", 1), ("jobs/7/scratch/k", 1), ("f/", 1)]:
        named = [put(s3, bucket, body, key) for body in (b"one", b"two")]
        assert all(named) if versions == 2 else named == [None, None], key
        found = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
        assert len([v for v in found if v["Key"] == key]) == versions and get(s3, bucket, key) == b"two"
    assert s3.delete_object(Bucket=bucket, Key="tmp/k")["VersionId"] == "null"
    assert "Versions" not in s3.list_object_versions(Bucket=bucket, Prefix="tmp/k")
    client.set_bucket_versioning(bucket, excluding(SUSPENDED))
    kept = client.get_bucket_versioning(bucket)
    assert (kept.status, kept.exclude_folders, kept.excluded_prefixes) == (SUSPENDED, False, [])


def test_exclusions_that_are_none(store, s3, bucket):
    client = Minio(store.s3_endpoint.removeprefix("http://"), "minioadmin", "minioadmin", secure=False)
    locked = new_bucket(s3, ObjectLockEnabledForBucket=True)
    for place, wrong, expected in [
            (bucket, excluding(SUSPENDED, prefixes=["tmp/"]), "IllegalVersioningConfigurationException"),
            (bucket, excluding(SUSPENDED, folders=True), "IllegalVersioningConfigurationException"),
            (bucket, excluding(prefixes=map(str, range(11))), "IllegalVersioningConfigurationException"),
            (locked, excluding(folders=True), "InvalidBucketState")]:
        with pytest.raises(S3Error) as error:
            client.set_bucket_versioning(place, wrong)
        assert error.value.code == expected
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
