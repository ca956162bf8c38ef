"""The documents of buckets that are kept and returned: their rules, and what they do."""

import datetime
import re

import pytest

from s3_calls import code, headers, multipart, new_bucket, post, refusal, signed_form

DAY = datetime.timedelta(days=1)


# MARK: Lifecycle


def lifecycle(s3, bucket, *rules):
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def rule(**more):
    return {"ID": "r", "Prefix": "test1/", "Status": "Enabled", **more}


def test_rules_of_lifecycles_come_back(s3, bucket):
    rules = [
        rule(ID="a", Expiration={"Days": 31}), rule(ID="b", Prefix="test2/", Status="Disabled", Expiration={"Days": 120}),
        rule(ID="c", NoncurrentVersionExpiration={"NoncurrentDays": 2}),
        rule(ID="d", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2})]
    lifecycle(s3, bucket, *rules)
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    nameless = [{k: v for k, v in r.items() if k != "ID"} for r in rules]
    lifecycle(s3, bucket, *nameless)
    names = [r["ID"] for r in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]]
    assert len(set(names)) == 4 and all(names), "a rule without a name gets one"
    for _ in range(2):
        s3.delete_bucket_lifecycle(Bucket=bucket)
    assert refusal(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == (404, "NoSuchLifecycleConfiguration")


@pytest.mark.parametrize("rules, expected", [
    ([rule(ID="x" * 256, Expiration={"Days": 2})], "InvalidArgument"),
    ([rule(Expiration={"Days": 1}), rule(Expiration={"Days": 2})], "InvalidArgument"),
    ([rule(Status="enabled", Expiration={"Days": 1})], "MalformedXML"),
    ([rule(Expiration={"Days": 0})], "InvalidArgument"),
    ([rule(Expiration={"Date": datetime.datetime(2030, 1, 1, 5)})], "InvalidArgument"),
    ([rule(Transitions=[{"Date": datetime.datetime(2030, 1, 1, 5), "StorageClass": "GLACIER"}])], "InvalidArgument"),
    ([rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True})], "MalformedXML"),
    ([rule()], "InvalidRequest"), ([{"Status": "Enabled", "Expiration": {"Days": 1}}], "MalformedXML"),
    ([rule(NoncurrentVersionExpiration={"NoncurrentDays": 0})], "InvalidArgument")])
def test_lifecycles_that_are_none(s3, bucket, rules, expected):
    assert refusal(
        s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": rules}) == (400, expected)


@pytest.mark.parametrize("more", [
    {"Expiration": {"ExpiredObjectDeleteMarker": True}}, {"Expiration": {"Date": datetime.datetime(2017, 9, 27)}},
    {"Transitions": [{"Days": 0, "StorageClass": "GLACIER"}]}])
def test_lifecycles_that_are_right(s3, bucket, more):
    lifecycle(s3, bucket, rule(**more))
    lifecycle(s3, bucket, {"ID": "f", "Status": "Enabled", "Filter": {}, **more})


def expiration(answer):
    """The day and the rule that an answer announces."""
    found = re.fullmatch(r'expiry-date="(.+ GMT)", rule-id="(.+)"', headers(answer).get("x-amz-expiration", ""))
    if not found:
        return None
    return datetime.datetime.strptime(found[1], "%a, %d %b %Y %H:%M:%S GMT"), found[2]


def test_when_an_object_will_go(store, s3, bucket):
    lifecycle(
        s3, bucket, rule(ID="late", Prefix="", Expiration={"Days": 9}), rule(ID="my rule", Prefix="d/", Expiration={"Days": 1}))
    before = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    answers = [
        s3.put_object(Bucket=bucket, Key="d/k", Body=b"x"), s3.head_object(Bucket=bucket, Key="d/k"),
        s3.get_object(Bucket=bucket, Key="d/k"),
        s3.copy_object(Bucket=bucket, Key="d/c", CopySource=f"{bucket}/d/k"), multipart(s3, bucket, "d/m", [b"x"])]
    for answer in answers:
        moment, name = expiration(answer)
        assert name == "my%20rule" and (moment - before).days == 1 and moment.time() == datetime.time()
    form = post(store, bucket, signed_form(bucket, [{"bucket": bucket}, ["starts-with", "$key", ""]], key="d/f"))
    assert "my%20rule" in form.headers["x-amz-expiration"]
    assert expiration(s3.put_object(Bucket=bucket, Key="k"))[1] == "late"


def test_only_what_a_rule_means_will_go(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="key1=tag1&key5=tag5")
    for filter_, expected in [
            ({"Tag": {"Key": "key1", "Value": "tag1"}}, True), ({"Tag": {"Key": "key2", "Value": "tag1"}}, False),
            ({"And": {"Tags": [{"Key": "key1", "Value": "tag1"}, {"Key": "key5", "Value": "tag6"}]}}, False),
            ({"ObjectSizeGreaterThan": 5}, False), ({"ObjectSizeLessThan": 5}, True)]:
        lifecycle(s3, bucket, {"ID": "r", "Status": "Enabled", "Filter": filter_, "Expiration": {"Days": 1}})
        assert (expiration(s3.head_object(Bucket=bucket, Key="k")) is not None) is expected


# MARK: Encryption


def encryption(method, **more):
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": method, **more}}]}


@pytest.mark.parametrize("method, key", [("AES256", None), ("aws:kms", "key-1"), ("aws:kms:dsse", "key-1")])
def test_default_encryption(s3, bucket, method, key):
    assert refusal(s3.get_bucket_encryption, Bucket=bucket) == (404, "ServerSideEncryptionConfigurationNotFoundError")
    wanted = encryption(method, **({"KMSMasterKeyID": key} if key else {}))
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=wanted)
    got = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert got["ApplyServerSideEncryptionByDefault"] == wanted["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    s3.put_object(Bucket=bucket, Key="src", Body=b"x")
    created = s3.create_multipart_upload(Bucket=bucket, Key="m2")
    answers = [
        s3.put_object(Bucket=bucket, Key="k", Body=b"x"), s3.get_object(Bucket=bucket, Key="k"), created,
        s3.upload_part(Bucket=bucket, Key="m2", UploadId=created["UploadId"], PartNumber=1, Body=b"x"),
        multipart(s3, bucket, "m", [b"x"]), s3.head_object(Bucket=bucket, Key="m"),
        s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/src")]
    for answer in answers:
        assert (answer["ServerSideEncryption"], answer.get("SSEKMSKeyId")) == (method, key)
    asked = s3.put_object(Bucket=bucket, Key="k", ServerSideEncryption="AES256")
    assert asked["ServerSideEncryption"] == "AES256" and "SSEKMSKeyId" not in asked
    for _ in range(2):
        s3.delete_bucket_encryption(Bucket=bucket)
    assert "ServerSideEncryption" not in s3.put_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize("broken, expected", [
    (encryption("AES512"), "MalformedXML"), ({"Rules": []}, "MalformedXML"),
    (encryption("AES256", KMSMasterKeyID="k"), "InvalidArgument")])
def test_encryption_that_is_none(s3, bucket, broken, expected):
    assert refusal(
        s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration=broken) == (400, expected)


# MARK: Logging, websites and the rest


def test_logging(s3, bucket):
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    target = new_bucket(s3)
    wanted = {
        "TargetBucket": target, "TargetPrefix": "log/",
        "TargetGrants": [{"Grantee": {"ID": "minioadmin", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}],
        "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "DeliveryTime"}}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": wanted})
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == wanted
    assert refusal(s3.put_bucket_logging, Bucket=bucket, BucketLoggingStatus={
        "LoggingEnabled": {"TargetBucket": target + "-no", "TargetPrefix": ""}}) == (400, "InvalidTargetBucketForLogging")
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)


def test_websites(s3, bucket):
    assert refusal(s3.get_bucket_website, Bucket=bucket) == (404, "NoSuchWebsiteConfiguration")
    wanted = {
        "IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"},
        "RoutingRules": [{"Condition": {"KeyPrefixEquals": "a/"}, "Redirect": {"ReplaceKeyPrefixWith": "b/"}}]}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=wanted)
    got = s3.get_bucket_website(Bucket=bucket)
    assert {name: got[name] for name in wanted} == wanted
    for broken, expected in [
            ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"), ({"ErrorDocument": {"Key": "e"}}, "InvalidArgument"),
            ({"RedirectAllRequestsTo": {"HostName": "h"}, "IndexDocument": {"Suffix": "i"}}, "MalformedXML")]:
        assert refusal(s3.put_bucket_website, Bucket=bucket, WebsiteConfiguration=broken) == (400, expected)
    s3.delete_bucket_website(Bucket=bucket)
    assert code(s3.get_bucket_website, Bucket=bucket) == "NoSuchWebsiteConfiguration"


def test_payment_and_acceleration(s3, bucket):
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    assert refusal(s3.put_bucket_request_payment, Bucket=bucket, RequestPaymentConfiguration={"Payer": "Nobody"}) == (
        400, "MalformedXML")
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    for state in ["Enabled", "Suspended"]:
        s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": state})
        assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == state
    assert refusal(
        s3.put_bucket_accelerate_configuration, Bucket=bucket, AccelerateConfiguration={"Status": "Maybe"}) == (
        400, "MalformedXML")


QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


def notification(events=("s3:ObjectCreated:*",), arn=QUEUE, rules=()):
    return {"QueueConfigurations": [{
        "QueueArn": arn, "Events": list(events),
        "Filter": {"Key": {"FilterRules": [{"Name": n, "Value": v} for n, v in rules]}}}]}


@pytest.mark.parametrize("broken", [
    notification(arn="no-arn"), notification(events=["s3:ObjectEaten:*"]), notification(rules=[("middle", "a")]),
    notification(rules=[("prefix", "a"), ("Prefix", "b")])])
def test_notifications_that_are_none(s3, bucket, broken):
    assert refusal(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=broken) == (
        400, "InvalidArgument")


@pytest.mark.parametrize("call", [
    "get_bucket_replication", "get_object_lock_configuration", "get_public_access_block", "get_bucket_ownership_controls"])
def test_what_was_never_put(s3, bucket, call):
    assert refusal(getattr(s3, call), Bucket=bucket)[0] == 404


# MARK: Settings of which there may be several


LISTED = {
    "analytics": ("AnalyticsConfiguration", {"StorageClassAnalysis": {}}),
    "metrics": ("MetricsConfiguration", {"Filter": {"Prefix": "a/"}}),
    "intelligent_tiering": (
        "IntelligentTieringConfiguration",
        {"Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}),
    "inventory": (
        "InventoryConfiguration", {
            "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::b", "Format": "CSV"}}}),
}


@pytest.mark.parametrize("name", LISTED)
def test_settings_with_ids(s3, bucket, name):
    root, document = LISTED[name]

    def call(verb, **more):
        plural = "s" if verb == "list" else ""
        return getattr(s3, f"{verb}_bucket_{name}_configuration{plural}")(Bucket=bucket, **more)

    assert refusal(call, verb="get", Id="one") == (404, "NoSuchConfiguration")
    for id_ in ["two", "one"]:
        call("put", Id=id_, **{root: {"Id": id_, **document}})
    assert call("get", Id="one")[root] == {"Id": "one", **document}
    assert [c["Id"] for c in call("list")[root + "List"]] == ["one", "two"]
    assert refusal(call, verb="put", Id="one", **{root: {"Id": "other", **document}}) == (400, "MalformedXML")
    call("delete", Id="one")
    assert refusal(call, verb="delete", Id="one") == (404, "NoSuchConfiguration")
    assert [c["Id"] for c in call("list")[root + "List"]] == ["two"]


def test_the_archive(s3, bucket):
    where = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**where, Body=b"x", StorageClass="GLACIER")
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")
    assert s3.head_object(**where)["StorageClass"] == "GLACIER"
    assert refusal(s3.get_object, **where) == (403, "InvalidObjectState")
    assert code(s3.copy_object, Bucket=bucket, Key="c", CopySource=f"{bucket}/k") == "InvalidObjectState"
    assert code(
        s3.restore_object, Bucket=bucket, Key="plain", RestoreRequest={"Days": 1}) == "InvalidObjectState"
    assert code(s3.restore_object, **where, RestoreRequest={"Days": 0}) == "MalformedXML"
    answers = [s3.restore_object(**where, RestoreRequest={"Days": 2}) for _ in range(2)]
    assert [a["ResponseMetadata"]["HTTPStatusCode"] for a in answers] == [202, 200]
    assert re.fullmatch(r'ongoing-request="false", expiry-date=".+ GMT"', s3.head_object(**where)["Restore"])
    assert s3.get_object(**where)["Body"].read() == b"x"
    s3.copy_object(Bucket=bucket, Key="c", CopySource=f"{bucket}/k")
    assert "Restore" not in s3.head_object(Bucket=bucket, Key="c")
