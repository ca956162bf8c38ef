"""Object lock: retention and legal hold."""

import datetime

import pytest

from s3_calls import code, multipart, new_bucket, refusal, with_headers

UTC = datetime.timezone.utc


def until(year, day=1):
    return datetime.datetime(year, 1, day, tzinfo=UTC)


@pytest.fixture
def locked(s3):
    return new_bucket(s3, ObjectLockEnabledForBucket=True)


@pytest.fixture
def target(s3, locked):
    s3.put_object(Bucket=locked, Key="k", Body=b"x")
    return {"Bucket": locked, "Key": "k"}


def rule(mode="GOVERNANCE", state="Enabled", **period):
    return {"ObjectLockEnabled": state, "Rule": {"DefaultRetention": {"Mode": mode, **period}}}


def test_configurations(s3, locked):
    assert s3.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"
    for configuration in [rule(Days=1), rule("COMPLIANCE", Years=1)]:
        s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=configuration)
        assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == configuration
    for broken, expected in [
            (rule(Days=1, Years=1), "MalformedXML"), (rule("abc", Years=1), "MalformedXML"),
            (rule("governance", Years=1), "MalformedXML"), (rule(state="Disabled", Years=1), "MalformedXML"),
            (rule(Days=0), "InvalidRetentionPeriod"), (rule(Years=-1), "InvalidRetentionPeriod"),
            (rule(Years=101), "InvalidRetentionPeriod")]:
        assert refusal(
            s3.put_object_lock_configuration, Bucket=locked, ObjectLockConfiguration=broken) == (400, expected)
    assert refusal(s3.put_bucket_versioning, Bucket=locked, VersioningConfiguration={"Status": "Suspended"}) == (
        409, "InvalidBucketState")


def test_locking_a_bucket_afterwards(s3, bucket):
    put = {"Bucket": bucket, "ObjectLockConfiguration": rule(Days=1)}
    assert refusal(s3.put_object_lock_configuration, **put) == (409, "InvalidBucketState")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert refusal(s3.put_object_lock_configuration, **put) == (409, "InvalidBucketState")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(**put)
    s3.put_object(Bucket=bucket, Key="k")
    assert s3.head_object(Bucket=bucket, Key="k")["ObjectLockMode"] == "GOVERNANCE"


def test_without_lock(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k")
    where = {"Bucket": bucket, "Key": "k"}
    for call, more in [
            (s3.put_object_retention, {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": until(2030)}}),
            (s3.get_object_retention, {}), (s3.put_object_legal_hold, {"LegalHold": {"Status": "ON"}}),
            (s3.get_object_legal_hold, {}),
            (s3.put_object, {"ObjectLockLegalHoldStatus": "ON"})]:
        assert refusal(call, **where, **more) == (400, "InvalidRequest")
    assert refusal(s3.get_object_lock_configuration, Bucket=bucket) == (404, "ObjectLockConfigurationNotFoundError")


@pytest.mark.parametrize("first, second, bypass, expected", [
    ("GOVERNANCE 2030", "GOVERNANCE 2031", False, None), ("GOVERNANCE 2031", "GOVERNANCE 2030", False, "AccessDenied"),
    ("GOVERNANCE 2031", "GOVERNANCE 2030", True, None), ("GOVERNANCE 2030", "COMPLIANCE 2031", False, "AccessDenied"),
    ("GOVERNANCE 2030", "COMPLIANCE 2031", True, None), ("COMPLIANCE 2030", "GOVERNANCE 2031", True, "AccessDenied"),
    ("COMPLIANCE 2031", "COMPLIANCE 2030", True, "AccessDenied"), ("COMPLIANCE 2030", "COMPLIANCE 2031", False, None)])
def test_changing_a_retention(s3, target, first, second, bypass, expected):
    def retention(text):
        mode, year = text.split()
        return {"Mode": mode, "RetainUntilDate": until(int(year))}

    s3.put_object_retention(**target, Retention=retention(first))
    change = {**target, "Retention": retention(second), "BypassGovernanceRetention": bypass}
    if expected:
        assert refusal(s3.put_object_retention, **change) == (403, expected)
    else:
        s3.put_object_retention(**change)
        assert s3.get_object_retention(**target)["Retention"] == retention(second)


def test_modes_and_dates(s3, target):
    for mode in ["governance", "abc"]:
        assert refusal(
            s3.put_object_retention, **target, Retention={"Mode": mode, "RetainUntilDate": until(2030)}) == (
            400, "MalformedXML")
    assert code(
        s3.put_object_retention, **target,
        Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until(2020)}) == "InvalidArgument"
    assert refusal(s3.put_object_legal_hold, **target, LegalHold={"Status": "abc"}) == (400, "MalformedXML")
    assert code(s3.get_object_retention, **target) == "NoSuchObjectLockConfiguration"


def test_headers_of_uploads(store, bucket, locked):
    day = "2030-01-01T00:00:00Z"
    for name in [bucket, locked]:
        for mode, moment in [("governance", day), ("abc", day), ("COMPLIANCE", "soon"), ("COMPLIANCE", None), (None, day)]:
            values = {"x_amz_object_lock_mode": mode, "x_amz_object_lock_retain_until_date": moment}
            client = with_headers(
                store.s3(), "PutObject", **{key: value for key, value in values.items() if value})
            assert code(client.put_object, Bucket=name, Key="k") == "InvalidArgument"


def test_what_is_retained_stays(s3, locked):
    one = s3.put_object(
        Bucket=locked, Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until(2030))["VersionId"]
    two = multipart(
        s3, locked, "m", [b"x"], ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until(2030))["VersionId"]
    for key, version in [("k", one), ("m", two)]:
        assert s3.head_object(Bucket=locked, Key=key)["ObjectLockRetainUntilDate"] == until(2030)
        assert refusal(s3.delete_object, Bucket=locked, Key=key, VersionId=version) == (403, "AccessDenied")
    marker = s3.delete_object(Bucket=locked, Key="k")["VersionId"]
    free = s3.put_object(Bucket=locked, Key="free")["VersionId"]
    answer = s3.delete_objects(Bucket=locked, Delete={"Objects": [
        {"Key": "k", "VersionId": one}, {"Key": "free", "VersionId": free}, {"Key": "k", "VersionId": marker}]})
    assert [(e["Key"], e["VersionId"], e["Code"]) for e in answer["Errors"]] == [("k", one, "AccessDenied")]
    assert [d["Key"] for d in answer["Deleted"]] == ["free", "k"]
    answer = s3.delete_objects(
        Bucket=locked, BypassGovernanceRetention=True, Delete={"Objects": [
            {"Key": "k", "VersionId": one}, {"Key": "m", "VersionId": two}]})
    assert "Errors" not in answer


def test_what_is_held_stays(s3, locked):
    version = multipart(s3, locked, "m", [b"x"], ObjectLockLegalHoldStatus="ON")["VersionId"]
    target = {"Bucket": locked, "Key": "m"}
    assert s3.get_object_legal_hold(**target)["LegalHold"] == {"Status": "ON"}
    assert refusal(s3.delete_object, **target, VersionId=version, BypassGovernanceRetention=True) == (403, "AccessDenied")
    s3.put_object_legal_hold(**target, LegalHold={"Status": "OFF"})
    assert s3.head_object(**target)["ObjectLockLegalHoldStatus"] == "OFF"
    s3.delete_object(**target, VersionId=version)
