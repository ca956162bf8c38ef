"""Tags of objects and buckets."""

import pytest

from s3_calls import code, multipart, refusal


def tags(**values):
    return {"TagSet": [{"Key": name, "Value": value} for name, value in values.items()]}


@pytest.fixture
def key(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return {"Bucket": bucket, "Key": "k"}


def test_tags_of_objects(s3, key):
    assert s3.get_object_tagging(**key)["TagSet"] == []
    for values in [tags(key="val", key2="val2"), tags(key3="val3"), tags(**{str(n): "" for n in range(10)})]:
        s3.put_object_tagging(**key, Tagging=values)
        assert s3.get_object_tagging(**key)["TagSet"] == values["TagSet"]
        assert s3.head_object(**key)["TagCount"] == len(values["TagSet"])
    s3.delete_object_tagging(**key)
    assert s3.get_object_tagging(**key)["TagSet"] == [] and "TagCount" not in s3.head_object(**key)
    assert code(s3.put_object_tagging, Bucket=key["Bucket"], Key="no", Tagging=tags(a="b")) == "NoSuchKey"


@pytest.mark.parametrize("values, expected", [
    ({str(n): "" for n in range(11)}, "InvalidTag"), ({"k" * 129: ""}, "InvalidTag"), ({"k": "v" * 257}, "InvalidTag"),
    ({"aws:mine": "v"}, "InvalidTag"), ({"a&b": "v"}, "InvalidTag"), ({"a": "b#"}, "InvalidTag")])
def test_tags_that_are_none(s3, key, values, expected):
    assert refusal(s3.put_object_tagging, **key, Tagging=tags(**values)) == (400, expected)
    assert s3.get_object_tagging(**key)["TagSet"] == []


def test_the_longest_tags(s3, key):
    values = tags(**{str(n) + "ü" * 127: "ß" * 256 for n in range(10)})
    s3.put_object_tagging(**key, Tagging=values)
    assert s3.get_object_tagging(**key)["TagSet"] == values["TagSet"]


def test_twice_the_same(s3, key):
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    assert code(s3.put_object_tagging, **key, Tagging=twice) == "InvalidTag"


def test_tags_in_headers(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Tagging="foo=bar&bar")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "bar", "Value": ""}, {"Key": "foo", "Value": "bar"}]
    multipart(s3, bucket, "m", [b"x"], Tagging="Hello=World&foo=b%20a+r")
    assert s3.get_object_tagging(Bucket=bucket, Key="m")["TagSet"] == [
        {"Key": "Hello", "Value": "World"}, {"Key": "foo", "Value": "b a r"}]
    many = "&".join(f"{n}=x" for n in range(11))
    assert code(s3.put_object, Bucket=bucket, Key="k", Tagging=many) == "InvalidTag"
    for wrong in ["=", "=v", "key%", "k=%zz", "k=%+f", "k=%ff", "k=1&k=2"]:
        assert refusal(s3.put_object, Bucket=bucket, Key="k", Tagging=wrong) == (400, "InvalidArgument"), wrong


def test_tags_of_buckets(s3, bucket):
    assert refusal(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tags(Hello="World"))
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags(Hello="World")["TagSet"]
    assert s3.delete_bucket_tagging(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tags(**{str(n): "" for n in range(50)}))
    assert code(s3.put_bucket_tagging, Bucket=bucket, Tagging=tags(**{str(n): "" for n in range(51)})) == "BadRequest"
