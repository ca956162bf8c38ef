"""Uploads by a browser's form."""

import datetime
import json

import pytest
import requests

from s3_calls import headers, new_bucket, post, signed_document, signed_form

FREE = [["starts-with", "$key", ""]]
ALL = [["starts-with", "$key", "foo"], {"acl": "private"}, ["starts-with", "$Content-Type", "text/plain"],
       ["content-length-range", 0, 1024]]
FIELDS = {"key": "foo.txt", "acl": "private", "Content-Type": "text/plain"}


@pytest.fixture
def open_bucket(s3):
    return new_bucket(s3, ACL="public-read-write")


def test_nobody_in_an_open_bucket(store, s3, open_bucket):
    answer = post(store, open_bucket, {"key": "foo.txt", "acl": "public-read", "Content-Type": "text/plain"})
    assert (answer.status_code, answer.content) == (204, b"")
    got = s3.get_object(Bucket=open_bucket, Key="foo.txt")
    assert (got["Body"].read(), got["ContentType"]) == (b"content", "text/plain")
    assert requests.get(f"{store.s3_endpoint}/{open_bucket}/foo.txt", timeout=10).status_code == 200
    tags = "<Tagging><TagSet><Tag><Key>0</Key><Value>1</Value></Tag></TagSet></Tagging>"
    assert post(store, open_bucket, {"key": "t", "tagging": tags}).status_code == 204
    assert s3.get_object_tagging(Bucket=open_bucket, Key="t")["TagSet"] == [{"Key": "0", "Value": "1"}]


def test_nobody_elsewhere(store, bucket):
    assert post(store, bucket, {"key": "foo.txt"}).status_code == 403


def test_what_is_no_form(store, open_bucket):
    answer = requests.post(f"{store.s3_endpoint}/{open_bucket}", data={"key": "k"}, timeout=10)
    assert answer.status_code == 412 and "<Code>PreconditionFailed</Code>" in answer.text
    assert "<Condition>Bucket POST must be of the enclosure-type multipart/form-data</Condition>" in answer.text


def test_a_signed_form(store, s3, bucket):
    form = signed_form(bucket, [{"bucket": bucket}, *ALL], **FIELDS)
    assert post(store, bucket, form).status_code == 204
    assert s3.get_object(Bucket=bucket, Key="foo.txt")["Body"].read() == b"content"
    form = signed_form(bucket, [
        {"bUcKeT": bucket}, ["StArTs-WiTh", "$KeY", "foo"], {"AcL": "private"},
        ["StArTs-WiTh", "$CoNtEnT-TyPe", "text/plain"]], kEy="foo", aCl="private", **{"Content-Type": "text/plain"})
    form["pOLICy"] = form.pop("policy")
    assert post(store, bucket, form).status_code == 204, "the case of names does not matter"


@pytest.mark.parametrize("status, expected", [("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204)])
def test_the_status_a_form_asks_for(store, open_bucket, status, expected):
    answer = post(store, open_bucket, {"key": "a/b c", "success_action_status": status})
    assert answer.status_code == expected
    assert ("<Key>a/b c</Key>" in answer.text) == (expected == 201)
    assert answer.headers["ETag"] and answer.headers["Location"].endswith("/a/b%20c")


def test_where_a_form_leads(store, s3, open_bucket):
    target = f"{store.s3_endpoint}/{open_bucket}"
    answer = post(store, open_bucket, {"key": "foo.txt", "success_action_redirect": target})
    etag = s3.head_object(Bucket=open_bucket, Key="foo.txt")["ETag"].strip('"')
    assert answer.status_code == 200
    assert answer.url == f"{target}?bucket={open_bucket}&key=foo.txt&etag=%22{etag}%22"


@pytest.mark.parametrize("change, expected", [
    ({"AWSAccessKeyId": "nobody"}, 403), ({"signature": "AAAA"}, 403), ({"signature": None}, 400),
    ({"AWSAccessKeyId": None}, 400), ({"key": None}, 400), ({"key": "bar"}, 403), ({"acl": "public-read"}, 403),
    ({"Content-Type": "image/png"}, 403), ({"x-amz-meta-foo": "unnamed"}, 403), ({"x-ignore-foo": "unnamed"}, 204),
    ({"x-amz-checksum-crc32": "AAAAAA=="}, 400), ({"policy": "e30="}, 403)])
def test_changed_fields(store, bucket, change, expected):
    form = signed_form(bucket, [{"bucket": bucket}, *ALL], **FIELDS)
    form = {name: value for name, value in {**form, **change}.items() if value is not None}
    assert post(store, bucket, form).status_code == expected


@pytest.mark.parametrize("document", [
    {"expiration": "2099-01-01T00:00:00Z"}, {"conditions": FREE},
    {"expiration": "2099-01-01T00:00:00Z", "CONDITIONS": FREE}, {"EXPIRATION": "2099-01-01T00:00:00Z", "conditions": FREE},
    {"expiration": "2099-01-01T00:00:00Z", "conditions": [{}]},
    {"expiration": "2099-01-01T00:00:00Z", "conditions": [["content-length-range", 0], *FREE]},
    {"expiration": "2099-01-01T00:00:00Z", "conditions": [["content-length-range", -1, 0], *FREE]},
    {"expiration": "2099-01-01T00:00:00Z", "conditions": [["ends-with", "$key", "x"]]},
    {"expiration": str(datetime.datetime(2099, 1, 1, 1, 2, 3, 4)), "conditions": FREE}])
def test_documents_that_are_none(store, bucket, document):
    answer = post(store, bucket, signed_document(document, key="foo"))
    assert answer.status_code == 400 and "InvalidPolicyDocument" in answer.text


def test_an_expired_policy(store, bucket):
    answer = post(store, bucket, signed_form(bucket, [{"bucket": bucket}, *FREE], expires=-1, key="foo"))
    assert answer.status_code == 403 and "Policy expired" in answer.text


def test_another_bucket(store, s3, bucket):
    form = signed_form(bucket, [{"bucket": bucket}, *FREE], key="foo")
    assert post(store, new_bucket(s3), form).status_code == 403
    assert post(store, new_bucket(s3), {**form, "bucket": bucket}).status_code == 403


@pytest.mark.parametrize("range_, size, expected", [
    ([0, 0], 1, "EntityTooLarge"), ([512, 1000], 3, "EntityTooSmall"), ([3, 3], 3, None),
    ([4 << 20, 12 << 20], (4 << 20) + 200, None)])
def test_sizes(store, bucket, range_, size, expected):
    conditions = [{"bucket": bucket}, ["content-length-range", *range_], *FREE]
    answer = post(store, bucket, signed_form(bucket, conditions, key="foo"), content=b"x" * size)
    assert answer.status_code == (400 if expected else 204)
    assert not expected or expected in answer.text


def test_names(store, s3, bucket):
    conditions = [{"bucket": bucket}, *FREE]
    post(store, bucket, signed_form(bucket, conditions, key="in/${filename}"), filename="C:\\pictures\\a.png")
    post(store, bucket, signed_form(bucket, conditions, key=r"\$foo.txt"))
    assert sorted(o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]) == [r"\$foo.txt", "in/a.png"]


def test_what_a_form_says_of_its_object(store, s3, bucket):
    names = ["$x-amz-meta-foo", "$x-amz-storage-class", "$x-amz-server-side-encryption", "$Cache-Control",
             "$x-amz-server-side-encryption-aws-kms-key-id", "$acl"]
    conditions = [{"bucket": bucket}, *FREE, *[["starts-with", name, ""] for name in names]]
    form = signed_form(
        bucket, conditions, key="foo", x_amz_meta_foo="barclamp", x_amz_storage_class="STANDARD_IA",
        x_amz_server_side_encryption="aws:kms", x_amz_server_side_encryption_aws_kms_key_id="key-1", acl="public-read",
        **{"Cache-Control": "no-cache"})
    answer = post(store, bucket, form)
    assert answer.status_code == 204, answer.text
    assert answer.headers["x-amz-server-side-encryption"] == "aws:kms"
    head = s3.head_object(Bucket=bucket, Key="foo")
    assert (head["Metadata"], head["StorageClass"], head["CacheControl"], head["SSEKMSKeyId"]) == (
        {"foo": "barclamp"}, "STANDARD_IA", "no-cache", "key-1")
    assert len(s3.get_object_acl(Bucket=bucket, Key="foo")["Grants"]) == 2


def test_checksums(store, s3, bucket):
    conditions = [{"bucket": bucket}, *FREE]
    good = "aTL9MeXa9HObn6eP93eygxsJlcwdCwCTysgGAZAgE7w="
    body = b"x" * (2 << 20)
    form = signed_form(bucket, conditions, key="foo")
    assert post(store, bucket, {**form, "x-amz-checksum-sha256": good}, content=body).status_code == 204
    assert s3.head_object(Bucket=bucket, Key="foo", ChecksumMode="ENABLED")["ChecksumSHA256"] == good
    for wrong, content in [("sailorjerry", body), (good, body + b"x")]:
        assert post(store, bucket, {**form, "x-amz-checksum-sha256": wrong}, content=content).status_code == 400


def test_the_default_encryption_of_a_bucket(store, s3, bucket):
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
    assert post(store, bucket, signed_form(bucket, [{"bucket": bucket}, *FREE], key="foo")).status_code == 204
    assert s3.head_object(Bucket=bucket, Key="foo")["ServerSideEncryption"] == "AES256"


def test_the_client_s_own_form(store, s3, bucket):
    form = s3.generate_presigned_post(
        bucket, "u/${filename}", Fields={"acl": "public-read", "success_action_status": "201"},
        Conditions=[{"acl": "public-read"}, {"success_action_status": "201"}])
    answer = requests.post(form["url"], data=form["fields"], files={"file": ("a.txt", b"x")}, timeout=10)
    assert answer.status_code == 201 and json.dumps(answer.text)
    assert requests.get(f"{store.s3_endpoint}/{bucket}/u/a.txt", timeout=10).content == b"x"
    assert headers(s3.head_object(Bucket=bucket, Key="u/a.txt"))["etag"]
