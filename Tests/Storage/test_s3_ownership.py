"""Access control lists between users, and who owns what others put into a bucket."""

import pytest
import requests

from s3_calls import ALL_USERS, code, new_bucket, policy, refusal, statement, status

AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


@pytest.fixture(scope="module")
def alice(store):
    return store.s3("alice")


def grants(answer):
    """Who may do what, in the order of the document."""
    return [(g["Grantee"].get("ID") or g["Grantee"]["URI"], g["Permission"]) for g in answer["Grants"]]


OWN = ("minioadmin", "FULL_CONTROL")


@pytest.mark.parametrize("canned, expected", [
    ("private", [OWN]), ("public-read", [(ALL_USERS, "READ"), OWN]), ("authenticated-read", [(AUTHENTICATED, "READ"), OWN]),
    ("public-read-write", [(ALL_USERS, "READ"), (ALL_USERS, "WRITE"), OWN])])
def test_canned_lists(s3, canned, expected):
    bucket = new_bucket(s3, ACL=canned)
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == expected
    s3.put_object(Bucket=bucket, Key="k", ACL=canned)
    answer = s3.get_object_acl(Bucket=bucket, Key="k")
    assert grants(answer) == expected and answer["Owner"] == {"ID": "minioadmin", "DisplayName": "minioadmin"}
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="private")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k")) == [OWN]
    assert status(s3.put_bucket_acl, Bucket=bucket, ACL="public-ready") == 400


@pytest.mark.parametrize("canned, permission", [
    ("bucket-owner-read", "READ"), ("bucket-owner-full-control", "FULL_CONTROL")])
def test_lists_for_the_owner_of_the_bucket(s3, alice, canned, permission):
    bucket = new_bucket(s3, ACL="public-read-write")
    alice.put_object(Bucket=bucket, Key="k", ACL=canned)
    answer = alice.get_object_acl(Bucket=bucket, Key="k")
    assert grants(answer) == [("alice", "FULL_CONTROL"), ("minioadmin", permission)]
    assert answer["Owner"]["ID"] == "alice"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b""


def test_what_others_put_is_theirs(s3, alice):
    bucket = new_bucket(s3, ACL="public-read-write")
    alice.put_object(Bucket=bucket, Key="k", Body=b"hers")
    for call in [s3.get_object, s3.head_object, s3.get_object_acl, s3.get_object_tagging]:
        assert status(call, Bucket=bucket, Key="k") == 403
    assert status(s3.put_object_acl, Bucket=bucket, Key="k", ACL="private") == 403
    assert [o["Owner"]["ID"] for o in s3.list_objects(Bucket=bucket)["Contents"]] == ["alice"]
    s3.delete_object(Bucket=bucket, Key="k")
    s3.put_object(Bucket=bucket, Key="k", Body=b"mine")
    assert code(alice.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    alice.put_object(Bucket=bucket, Key="k", Body=b"hers")
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    assert code(s3.get_object, Bucket=bucket, Key="k") == "AccessDenied", "also when the bucket is closed again"


def test_what_nobody_put_is_the_bucket_owner_s(store, s3):
    bucket = new_bucket(s3, ACL="public-read-write")
    assert requests.put(f"{store.s3_endpoint}/{bucket}/k", data=b"x", timeout=10).status_code == 200
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_every_header_of_grants(s3, alice, bucket):
    names = ["Read", "ReadACP", "WriteACP", "FullControl"]
    s3.put_object(Bucket=bucket, Key="k", **{"Grant" + name: "id=alice" for name in names})
    wanted = [("alice", p) for p in ["READ", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"]]
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k")) == wanted
    assert code(s3.put_object_acl, Bucket=bucket, Key="k", ACL="private", GrantRead="id=alice") == "InvalidRequest"
    assert code(s3.put_object_acl, Bucket=bucket, Key="k", GrantRead="name=alice") == "InvalidArgument"


@pytest.mark.parametrize("permission, allowed", [
    ("READ", {"read"}), ("WRITE", {"write"}), ("READ_ACP", {"read acl"}), ("WRITE_ACP", {"write acl"}),
    ("FULL_CONTROL", {"read", "write", "read acl", "write acl"})])
def test_permissions_on_a_bucket(s3, alice, bucket, permission, allowed):
    acl = s3.get_bucket_acl(Bucket=bucket)
    acl["Grants"].append({"Grantee": {"ID": "alice", "Type": "CanonicalUser"}, "Permission": permission})
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Grants": acl["Grants"], "Owner": acl["Owner"]})
    calls = {
        "read": lambda: alice.head_bucket(Bucket=bucket), "read acl": lambda: alice.get_bucket_acl(Bucket=bucket),
        "write": lambda: alice.put_object(Bucket=bucket, Key="k", Body=b"x"),
        "write acl": lambda: alice.put_bucket_acl(Bucket=bucket, ACL="public-read")}
    for name, call in calls.items():
        if name in allowed:
            call()
        else:
            assert status(call) == 403, name


def test_an_owner_without_grants(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    acl = s3.get_bucket_acl(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Grants": [], "Owner": acl["Owner"]})
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"] == []
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert refusal(s3.put_object, Bucket=bucket, Key="new", Body=b"") == (403, "AccessDenied")
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_object(Bucket=bucket, Key="new", Body=b"")


def test_grantees(s3, bucket):
    def put(**grantee):
        s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={
            "Owner": {"ID": "minioadmin"}, "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]})

    put(EmailAddress="alice@localhost", Type="AmazonCustomerByEmail")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == [("alice", "FULL_CONTROL")]
    assert refusal(put, ID="_foo", Type="CanonicalUser") == (400, "InvalidArgument")
    assert refusal(put, EmailAddress="nobody@example.invalid", Type="AmazonCustomerByEmail") == (
        400, "UnresolvableGrantByEmailAddress")


def owner(client, bucket, key):
    return client.get_object_acl(Bucket=bucket, Key=key)["Owner"]["ID"]


WRITES = {
    "put": lambda client, bucket, **acl: client.put_object(Bucket=bucket, Key="new", **acl),
    "copy": lambda client, bucket, **acl: client.copy_object(
        Bucket=bucket, Key="new", CopySource=f"{bucket}/src", **acl),
}


@pytest.mark.parametrize("ownership, owners", [
    ("ObjectWriter", {None: "alice", "private": "alice", "bucket-owner-full-control": "alice"}),
    ("BucketOwnerPreferred", {None: "alice", "private": "alice", "bucket-owner-full-control": "minioadmin"}),
    ("BucketOwnerEnforced", {None: "minioadmin", "private": None, "bucket-owner-full-control": "minioadmin"})])
def test_object_ownership(s3, alice, ownership, owners):
    bucket = new_bucket(s3, ObjectOwnership=ownership)
    rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": ownership}]
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(
        statement("*", [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"])))
    alice.put_object(Bucket=bucket, Key="src")
    for canned, expected in owners.items():
        acl = {"ACL": canned} if canned else {}
        for write in WRITES.values():
            if expected is None:
                assert refusal(write, client=alice, bucket=bucket, **acl) == (400, "AccessControlListNotSupported")
            else:
                write(alice, bucket, **acl)
                assert owner(alice, bucket, "new") == expected
        if expected is None:
            assert code(
                alice.create_multipart_upload, Bucket=bucket, Key="m", **acl) == "AccessControlListNotSupported"
            continue
        upload = alice.create_multipart_upload(Bucket=bucket, Key="m", **acl)["UploadId"]
        parts = alice.list_parts(Bucket=bucket, Key="m", UploadId=upload)
        assert (parts["Owner"]["ID"], parts["Initiator"]["ID"]) == (expected, "alice")
    isDisabled = ownership == "BucketOwnerEnforced"
    for call, key in [(alice.put_bucket_acl, {}), (alice.put_object_acl, {"Key": "src"})]:
        if isDisabled:
            assert refusal(call, Bucket=bucket, ACL="private", **key) == (400, "AccessControlListNotSupported")
        else:
            call(Bucket=bucket, ACL="private", **key)


def test_ownership_and_lists_exclude_each_other(s3):
    bucket = new_bucket(s3, ACL="public-read")
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert refusal(s3.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls=enforced) == (
        400, "InvalidBucketAclWithObjectOwnership")
    assert code(
        new_bucket, s3=s3, ACL="public-read",
        ObjectOwnership="BucketOwnerEnforced") == "InvalidBucketAclWithObjectOwnership"
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="public-read")
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=enforced)
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k")) == [OWN]
    for _ in range(2):
        s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert refusal(s3.get_bucket_ownership_controls, Bucket=bucket) == (404, "OwnershipControlsNotFoundError")


def test_uploads_by_several(s3, alice):
    bucket = new_bucket(s3, ACL="public-read-write")
    uploads = [
        (key, client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"], who)
        for key, client, who in [("m1", s3, "minioadmin"), ("m2", alice, "alice")]]
    for client in [s3, alice]:
        listed = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
        assert [(u["Key"], u["UploadId"], u["Owner"]["ID"]) for u in listed] == uploads
        assert [u["Initiator"]["DisplayName"] for u in listed] == ["minioadmin", "alice"]


def test_a_missing_list(s3, bucket):
    assert code(s3.put_bucket_acl, Bucket=bucket) == "MissingSecurityHeader"
