"""Access control lists, policies, object lock and the other documents of the S3 dialect."""

import datetime
import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def code(call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


def fetch(url, **options):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, **options)).status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def alice(store):
    return store.s3("alice")


def test_canned_lists(store, s3, alice, bucket):
    url = f"{store.s3_endpoint}/{bucket}/k"
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert fetch(url) == 403 and code(alice.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="authenticated-read")
    assert fetch(url) == 403 and alice.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    assert fetch(url) == 200
    grants = s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]
    assert {(g["Grantee"].get("ID") or g["Grantee"]["URI"], g["Permission"]) for g in grants} == {
        ("minioadmin", "FULL_CONTROL"), (ALL_USERS, "READ")}
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert fetch(f"{store.s3_endpoint}/{bucket}") == 200
    assert fetch(f"{store.s3_endpoint}/{bucket}/new", method="PUT", data=b"y") == 200
    alice.put_object(Bucket=bucket, Key="hers", Body=b"z")
    assert alice.get_object_acl(Bucket=bucket, Key="hers")["Owner"]["ID"] == "alice"


def test_grants(s3, alice, bucket):
    s3.put_bucket_acl(Bucket=bucket, GrantRead='id="alice"', GrantFullControl='emailAddress="minioadmin@localhost"')
    assert "Contents" not in alice.list_objects_v2(Bucket=bucket)
    assert code(alice.put_object, Bucket=bucket, Key="k", Body=b"") == "AccessDenied"
    acl = s3.get_bucket_acl(Bucket=bucket)
    acl["Grants"].append({"Grantee": {"Type": "CanonicalUser", "ID": "alice"}, "Permission": "WRITE"})
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Grants": acl["Grants"], "Owner": acl["Owner"]})
    alice.put_object(Bucket=bucket, Key="k", Body=b"")
    assert code(s3.put_bucket_acl, Bucket=bucket, GrantRead="id=nobody") == "InvalidArgument"
    assert code(s3.put_bucket_acl, Bucket=bucket, GrantRead="emailAddress=a@b") == "UnresolvableGrantByEmailAddress"


def test_public_access_block(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == block
    assert fetch(f"{store.s3_endpoint}/{bucket}/k") == 403
    assert code(s3.put_object, Bucket=bucket, Key="k", Body=b"", ACL="public-read") == "AccessDenied"
    public = json.dumps({"Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}]})
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy=public) == "AccessDenied"
    s3.delete_public_access_block(Bucket=bucket)
    assert code(s3.get_public_access_block, Bucket=bucket) == "NoSuchPublicAccessBlockConfiguration"
    s3.put_bucket_policy(Bucket=bucket, Policy=public)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True


def test_policies(s3, alice, bucket):
    s3.put_object(Bucket=bucket, Key="open/k", Body=b"x")
    s3.put_object(Bucket=bucket, Key="shut/k", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::alice:root"}, "Action": "s3:GetObject",
         "Resource": f"arn:aws:s3:::{bucket}/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/shut/*"},
        {"Effect": "Allow", "Principal": {"AWS": ["alice"]}, "Action": "s3:ListBucket",
         "Resource": f"arn:aws:s3:::{bucket}", "Condition": {"StringEquals": {"s3:prefix": "open/"}}}]}))
    assert alice.get_object(Bucket=bucket, Key="open/k")["Body"].read() == b"x"
    assert code(alice.get_object, Bucket=bucket, Key="shut/k") == "AccessDenied"
    assert code(s3.get_object, Bucket=bucket, Key="shut/k") == "AccessDenied"
    assert alice.list_objects_v2(Bucket=bucket, Prefix="open/")["KeyCount"] == 1
    assert code(alice.list_objects_v2, Bucket=bucket) == "AccessDenied"
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy="{}") == "MalformedPolicy"


def test_ownership(s3, bucket):
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    assert code(s3.put_object, Bucket=bucket, Key="k", Body=b"", ACL="public-read") == "AccessControlListNotSupported"
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert code(s3.get_bucket_ownership_controls, Bucket=bucket) == "OwnershipControlsNotFoundError"


def test_object_lock(s3):
    import uuid

    bucket = "lock-" + uuid.uuid4().hex
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    version = s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)["VersionId"]
    assert s3.get_object_retention(Bucket=bucket, Key="k")["Retention"]["Mode"] == "GOVERNANCE"
    assert code(s3.delete_object, Bucket=bucket, Key="k", VersionId=version) == "AccessDenied"
    s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "ON"})
    assert code(
        s3.delete_object, Bucket=bucket, Key="k", VersionId=version, BypassGovernanceRetention=True) == "AccessDenied"
    s3.put_object_legal_hold(Bucket=bucket, Key="k", LegalHold={"Status": "OFF"})
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version, BypassGovernanceRetention=True)
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}})
    s3.put_object(Bucket=bucket, Key="d", Body=b"x")
    assert s3.head_object(Bucket=bucket, Key="d")["ObjectLockMode"] == "COMPLIANCE"
    assert code(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={
        "Status": "Suspended"}) == "InvalidBucketState"


def test_documents_come_back(s3, bucket):
    rules = [{"ID": "r", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled", "Expiration": {"Days": 3}}]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert code(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == "NoSuchLifecycleConfiguration"
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
    assert s3.get_bucket_encryption(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "TopicConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="AES256")
    assert s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "AES256"
    cors = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], "MaxAgeSeconds": 60}]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": cors})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == cors


def test_missing_buckets_and_empty_authorization(store, bucket):
    assert fetch(f"{store.s3_endpoint}/no-such-bucket/k") == 404
    assert fetch(f"{store.s3_endpoint}/{bucket}/k", headers={"Authorization": ""}) == 403


def test_bucket_cors(store, s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], "MaxAgeSeconds": 60}]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    url = f"{store.s3_endpoint}/{bucket}/k"

    def answer(origin, method="GET", **headers):
        return urllib.request.urlopen(urllib.request.Request(url, method=method, headers={"Origin": origin, **headers}))

    good = answer("https://a.example.com").headers
    assert good["Access-Control-Allow-Origin"] == "https://a.example.com"
    assert good["Access-Control-Allow-Methods"] == "GET"
    assert answer("https://evil.com").headers["Access-Control-Allow-Origin"] is None
    preflight = {"Access-Control-Request-Method": "GET"}
    assert answer("https://a.example.com", "OPTIONS", **preflight).headers["Access-Control-Max-Age"] == "60"
    with pytest.raises(urllib.error.HTTPError) as error:
        answer("https://a.example.com", "OPTIONS", **{"Access-Control-Request-Method": "PUT"})
    assert error.value.code == 403


def test_form_policy_must_name_the_bucket(store, s3, bucket):
    import base64
    import hashlib
    import hmac

    import requests

    def post(conditions):
        policy = base64.b64encode(json.dumps({
            "expiration": "2099-01-01T00:00:00Z", "conditions": conditions}).encode())
        signature = base64.b64encode(hmac.new(b"minioadmin", policy, hashlib.sha1).digest())
        return requests.post(f"{store.s3_endpoint}/{bucket}", data={
            "key": "k", "AWSAccessKeyId": "minioadmin", "Policy": policy, "Signature": signature},
            files={"file": b"x"}).status_code

    assert post([{"bucket": bucket}, ["starts-with", "$key", ""]]) == 204
    assert post([["starts-with", "$key", ""]]) == 403
    assert post([{"bucket": "other"}, ["starts-with", "$key", ""]]) == 403
    assert post([{"bucket": bucket}]) == 403
