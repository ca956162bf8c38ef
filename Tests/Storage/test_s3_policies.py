"""Bucket policies and their conditions, and the public access block."""

import json

import pytest
import requests

from s3_calls import code, new_bucket, policy, refusal, statement, status, with_headers


@pytest.fixture
def alice(store):
    return store.s3("alice")


def allow(s3, bucket, action, suffix="/*", **more):
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        statement(action, f"arn:aws:s3:::{bucket}{suffix}", **more)))


def tag(s3, bucket, key, **tags):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    s3.put_object_tagging(Bucket=bucket, Key=key, Tagging=tag_set(**tags))


def tag_set(**tags):
    return {"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]}


def test_policies_come_back_as_they_were_put(s3, bucket):
    text = policy(statement("s3:ListBucket", f"arn:aws:s3:::{bucket}", principal={"AWS": "*"}))
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    s3.delete_bucket_policy(Bucket=bucket)
    assert refusal(s3.get_bucket_policy, Bucket=bucket) == (404, "NoSuchBucketPolicy")


@pytest.mark.parametrize("broken", [
    "", "[]", "{}", '{"Statement": []}', '{"Statement": [{}]}',
    policy({"Effect": "Maybe", "Principal": "*", "Action": "*", "Resource": "*"}),
    policy({"Effect": "Allow", "NotPrincipal": {"AWS": "alice"}, "Action": "*", "Resource": "*"}),
    policy(statement("s3:*", "arn:aws:s3:::elsewhere/*")),
    policy(statement("s3:*", "*", Condition={"StringIs": {"s3:prefix": "x"}}))])
def test_policies_that_are_none(s3, bucket, broken):
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy=broken or " ") == (400, "MalformedPolicy")


def test_the_resource_decides(s3, alice, bucket):
    allow(s3, bucket, "s3:PutObject", suffix="")
    assert status(alice.create_multipart_upload, Bucket=bucket, Key="k") == 403
    allow(s3, bucket, "s3:PutObject", suffix="/k")
    alice.create_multipart_upload(Bucket=bucket, Key="k")
    assert status(alice.create_multipart_upload, Bucket=bucket, Key="kk") == 403
    allow(s3, bucket, "s3:PutObject", suffix="/${aws:username}/*")
    alice.put_object(Bucket=bucket, Key="alice/x")
    assert status(alice.put_object, Bucket=bucket, Key="bob/x") == 403


def test_denials_hold_for_the_owner_too(s3, bucket):
    arn = f"arn:aws:s3:::{bucket}"
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        statement(["s3:GetBucketPublicAccessBlock", "s3:GetBucketPolicy"], arn, effect="Deny")))
    assert status(s3.get_public_access_block, Bucket=bucket) == 403
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]), "or nobody could take the policy back"


def test_tags_that_are_there(s3, alice, bucket):
    tag(s3, bucket, "public", security="public", foo="bar")
    tag(s3, bucket, "private", security="private")
    tag(s3, bucket, "other", security1="public")
    condition = {"StringEquals": {"s3:ExistingObjectTag/security": "public"}}
    for action, call in [
            ("s3:GetObject", alice.get_object), ("s3:GetObjectTagging", alice.get_object_tagging),
            ("s3:GetObjectAcl", alice.get_object_acl)]:
        allow(s3, bucket, action, Condition=condition)
        assert call(Bucket=bucket, Key="public")
        for key in ["private", "other"]:
            assert status(call, Bucket=bucket, Key=key) == 403
    allow(s3, bucket, "s3:PutObjectTagging", Condition=condition)
    alice.put_object_tagging(Bucket=bucket, Key="public", Tagging=tag_set(security="private"))
    assert status(
        alice.put_object_tagging, Bucket=bucket, Key="public", Tagging=tag_set(security="public")) == 403


def test_tags_that_are_brought(s3, alice, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    condition = {"StringEquals": {"s3:RequestObjectTag/security": "public"}}
    allow(s3, bucket, ["s3:PutObject", "s3:PutObjectTagging"], Condition=condition)
    assert status(alice.put_object, Bucket=bucket, Key="new", Body=b"x") == 403
    assert status(alice.put_object, Bucket=bucket, Key="new", Body=b"x", Tagging="security=private") == 403
    alice.put_object(Bucket=bucket, Key="new", Body=b"x", Tagging="security=public")
    alice.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(security="public"))
    assert status(alice.put_object_tagging, Bucket=bucket, Key="k", Tagging=tag_set(security="none")) == 403
    allow(s3, bucket, "s3:PutObject", Condition={
        "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["a", "b"]}})
    alice.put_object(Bucket=bucket, Key="new2", Tagging="a=1&b=2")
    assert status(alice.put_object, Bucket=bucket, Key="new3", Tagging="a=1&c=2") == 403


def test_copies(s3, alice, bucket):
    for key in ["public/foo", "private/foo"]:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    allow(s3, bucket, "s3:GetObject")
    target = new_bucket(s3)
    allow(s3, target, "s3:PutObject", Condition={"StringLike": {"s3:x-amz-copy-source": f"{bucket}/public/*"}})
    alice.copy_object(Bucket=target, Key="new", CopySource={"Bucket": bucket, "Key": "public/foo"})
    assert alice.get_object(Bucket=target, Key="new")["Body"].read() == b"public/foo"
    assert status(
        alice.copy_object, Bucket=target, Key="new", CopySource={"Bucket": bucket, "Key": "private/foo"}) == 403
    allow(s3, target, "s3:PutObject", Condition={"StringEquals": {"s3:x-amz-metadata-directive": "COPY"}})
    alice.copy_object(Bucket=target, Key="new2", CopySource=f"{bucket}/public/foo", MetadataDirective="COPY")
    assert status(alice.copy_object, Bucket=target, Key="new3", CopySource=f"{bucket}/public/foo") == 403


def test_parts_of_copies(s3, alice, bucket):
    for key in ["public/foo", "private/foo"]:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    allow(s3, bucket, "s3:GetObject", suffix="/public/*")
    hers = new_bucket(alice)
    upload = {"Bucket": hers, "Key": "m", "PartNumber": 1}
    upload["UploadId"] = alice.create_multipart_upload(Bucket=hers, Key="m")["UploadId"]
    alice.upload_part_copy(**upload, CopySource=f"{bucket}/public/foo")
    assert status(alice.upload_part_copy, **upload, CopySource=f"{bucket}/private/foo") == 403


def test_lists_and_grants(store, s3, alice, bucket):
    arn = f"arn:aws:s3:::{bucket}/*"
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        statement("s3:PutObject", arn),
        statement("s3:PutObject", arn, effect="Deny", Condition={"StringLike": {"s3:x-amz-acl": "public*"}})))
    alice.put_object(Bucket=bucket, Key="a")
    assert status(alice.put_object, Bucket=bucket, Key="b", ACL="public-read") == 403
    allow(s3, bucket, "s3:PutObject", Condition={"StringEquals": {"s3:x-amz-grant-full-control": "id=minioadmin"}})
    assert status(alice.put_object, Bucket=bucket, Key="c") == 403
    with_headers(alice, "PutObject", x_amz_grant_full_control="id=minioadmin")
    alice.put_object(Bucket=bucket, Key="c")
    assert s3.get_object_acl(Bucket=bucket, Key="c")["Grants"][0]["Grantee"]["ID"] == "minioadmin"


@pytest.mark.parametrize("condition, good, bad", [
    ({"Null": {"s3:x-amz-server-side-encryption": "true"}}, {"ServerSideEncryption": "AES256"}, {}),
    ({"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}, {"ServerSideEncryption": "AES256"},
     {"ServerSideEncryption": "AES192"}),
    ({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
     {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "k"}, {"ServerSideEncryption": "AES256"}),
    ({"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "true"}},
     {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}, {})])
def test_encryption_can_be_required(s3, bucket, condition, good, bad):
    allow(s3, bucket, "s3:PutObject", effect="Deny", Condition=condition)
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **bad) == (403, "AccessDenied")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **good)


@pytest.mark.parametrize("condition, expected", [
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, 200), ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, 403),
    ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}}, 200),
    ({"Bool": {"aws:SecureTransport": "false"}}, 200), ({"Bool": {"aws:SecureTransport": True}}, 403),
    ({"StringLike": {"aws:Referer": "http://www.example.com/*"}}, 200),
    ({"StringLike": {"aws:Referer": "http://other.example/*"}}, 403),
    ({"StringNotLike": {"aws:Referer": "http://other.example/*"}}, 200),
    ({"StringLikeIfExists": {"aws:UserAgent": "probe/*"}}, 200),
    ({"StringEqualsIgnoreCase": {"aws:UserAgent": "PROBE/1.0"}}, 200),
    ({"StringEquals": {"aws:UserAgent": "PROBE/1.0"}}, 403),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, 200),
    ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, 403),
    ({"NumericGreaterThanEquals": {"aws:EpochTime": 1577836800}}, 200),
    ({"Null": {"aws:Referer": "true"}}, 403), ({"Null": {"s3:prefix": "true"}}, 200),
    ({"StringEquals": {"aws:PrincipalType": "Anonymous"}}, 200), ({"StringEquals": {"aws:username": "alice"}}, 403)])
def test_conditions(store, s3, bucket, condition, expected):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    allow(s3, bucket, "s3:GetObject", Condition=condition)
    answer = requests.get(
        f"{store.s3_endpoint}/{bucket}/k", timeout=10,
        headers={"Referer": "http://www.example.com/index.html", "User-Agent": "probe/1.0"})
    assert answer.status_code == expected


def test_who_may_list_may_know_what_is_missing(s3, alice, bucket):
    assert status(alice.head_object, Bucket=bucket, Key="public/x") == 403
    allow(s3, bucket, "s3:ListBucket", suffix="", Condition={"StringLike": {"s3:prefix": "public/*"}})
    assert status(alice.head_object, Bucket=bucket, Key="public/x") == 404
    assert status(alice.head_object, Bucket=bucket, Key="private/x") == 403
    assert alice.list_objects_v2(Bucket=bucket, Prefix="public/")["KeyCount"] == 0
    assert status(alice.list_objects_v2, Bucket=bucket) == 403


def test_versions_have_actions_of_their_own(s3, alice, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    allow(s3, bucket, "s3:GetObject")
    assert alice.get_object(Bucket=bucket, Key="k")
    assert status(alice.get_object, Bucket=bucket, Key="k", VersionId=version) == 403
    allow(s3, bucket, ["s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:GetObjectVersionAcl"])
    for call in [alice.get_object, alice.get_object_tagging, alice.get_object_acl]:
        assert call(Bucket=bucket, Key="k", VersionId=version)
        assert status(call, Bucket=bucket, Key="k") == 403


# MARK: Who is public


def is_public(s3, bucket):
    return s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]


def test_the_status_of_policies(s3, bucket):
    assert is_public(s3, bucket) is False
    for acl, expected in [("public-read", True), ("authenticated-read", True), ("private", False)]:
        s3.put_bucket_acl(Bucket=bucket, ACL=acl)
        assert is_public(s3, bucket) is expected
    arn = f"arn:aws:s3:::{bucket}"
    for entry, expected in [
            (statement("s3:ListBucket", arn, principal={"AWS": "*"}), True),
            (statement("s3:ListBucket", arn, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/32"}}), False),
            (statement("s3:ListBucket", arn, principal={"AWS": "arn:aws:iam::someone:root"}), False),
            (statement("s3:ListBucket", arn, effect="Deny"), False)]:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy(entry))
        assert is_public(s3, bucket) is expected


def block(s3, bucket, *names):
    every = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={name: name in names for name in every})


def test_public_lists_can_be_blocked(s3, bucket):
    block(s3, bucket, "BlockPublicAcls")
    for acl in ["public-read", "public-read-write", "authenticated-read"]:
        assert status(s3.put_bucket_acl, Bucket=bucket, ACL=acl) == 403
        assert status(s3.put_object, Bucket=bucket, Key="k", Body=b"", ACL=acl) == 403
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="private")


def test_public_lists_can_be_ignored(s3, alice, bucket):
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    assert alice.list_objects(Bucket=bucket) and alice.get_object(Bucket=bucket, Key="k")
    block(s3, bucket, "IgnorePublicAcls")
    assert status(alice.list_objects, Bucket=bucket) == 403
    assert status(alice.get_object, Bucket=bucket, Key="k") == 403


def test_public_policies_can_be_blocked_and_restricted(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = f"{store.s3_endpoint}/{bucket}/k"
    allow(s3, bucket, "s3:GetObject")
    assert requests.get(url, timeout=10).status_code == 200
    block(s3, bucket, "RestrictPublicBuckets")
    assert requests.get(url, timeout=10).status_code == 403
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    block(s3, bucket, "BlockPublicPolicy")
    assert code(allow, s3=s3, bucket=bucket, action="s3:GetObject") == "AccessDenied"
    allow(s3, bucket, "s3:GetObject", principal={"AWS": "arn:aws:iam::alice:root"})
