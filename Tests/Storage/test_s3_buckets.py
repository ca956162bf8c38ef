"""Buckets: names, owners, regions, lists."""

import re
import uuid

import pytest
import requests
from botocore.auth import HmacV1Auth, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from s3_calls import code, headers, new_bucket, refusal, status, with_headers
from signing import Signer


@pytest.fixture(scope="module")
def alice(store):
    return store.s3("alice")


@pytest.mark.parametrize("name", [
    "a", "aa", "_foo", "foo_bar", "foo-", "foo..bar", "foo.-bar", "foo-.bar", "192.168.5.123", "Upper", "a" * 64,
    "tenant%3Afoo"])
def test_bad_names(store, name):
    answer = requests.put(f"{store.s3_endpoint}/{name}", auth=signed(), timeout=10)
    assert answer.status_code == 400 and "<Code>InvalidBucketName</Code>" in answer.text


def signed(user="minioadmin"):
    """Signs whatever is sent: a vendor's client refuses such names itself."""
    def sign(request):
        signer = S3SigV4Auth(Credentials(user, user), "s3", "us-east-1")
        wire = AWSRequest(method=request.method, url=request.url, data=request.body or b"")
        signer.add_auth(wire)
        request.headers.update(dict(wire.headers))
        return request
    return sign


def test_how_much_there_is_as_ceph_tells_it(store):
    client = store.s3("carol")
    name = new_bucket(client)

    def told():
        return headers(client.head_bucket(Bucket=name))

    assert not any(header.startswith("x-rgw-") for header in told()), "nobody asked"
    client.meta.events.register(
        "request-created.s3.HeadBucket", lambda request, **_: request.params.update({"read-stats": "true"}))
    for bodies in [[], [b"foo"], [b"foo", b"", b"quux"]]:
        for number, body in enumerate(bodies):
            client.put_object(Bucket=name, Key=str(number), Body=body)
        answer = told()
        assert (answer["x-rgw-object-count"], answer["x-rgw-bytes-used"]) == (str(len(bodies)), str(len(b"".join(bodies))))
        assert (answer["x-rgw-quota-max-buckets"], answer["x-rgw-quota-bucket-size"]) == ("1000", "-1")
    usage = requests.get(f"{store.s3_endpoint}/?usage", auth=signed("carol"), timeout=10).text
    for said in ["<QuotaMaxBuckets>1000<", "<QuotaMaxBytes>-1<", "<QuotaMaxObjCountPerBucket>-1<", "<TotalEntries>3<",
                 "<TotalBytes>7<"]:
        assert said in usage
    client.delete_objects(Bucket=name, Delete={"Objects": [{"Key": str(number)} for number in range(3)]})
    client.delete_bucket(Bucket=name)


def test_a_tenant_before_the_name(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for tenant in ["", "somebody"]:
        listed = requests.get(f"{store.s3_endpoint}/{tenant}%3A{bucket}", auth=signed(), timeout=10)
        assert listed.status_code == 200 and f"<Name>{bucket}</Name>" in listed.text and "<Key>k</Key>" in listed.text
        assert requests.get(f"{store.s3_endpoint}/{tenant}%3A{bucket}/k", auth=signed(), timeout=10).content == b"x"
        assert requests.get(f"{store.s3_endpoint}/{tenant}%3A{bucket}-no", auth=signed(), timeout=10).status_code == 404


@pytest.mark.parametrize("name", ["abc", "0bc", "a.b.c", "a-b", "x" * 30])
def test_good_names(s3, name):
    name = name + "-" + uuid.uuid4().hex
    s3.create_bucket(Bucket=name)
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 0


def test_creating_again(s3, alice):
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"kept")
    s3.create_bucket(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"kept"
    assert refusal(s3.create_bucket, Bucket=bucket, ACL="public-read") == (409, "BucketAlreadyExists")
    assert refusal(alice.create_bucket, Bucket=bucket) == (409, "BucketAlreadyExists")
    assert refusal(
        s3.create_bucket, Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    ) == (409, "BucketAlreadyOwnedByYou")


@pytest.mark.parametrize("location", ["us-east-1", "eu-central-1", "default"])
def test_locations(s3, location):
    bucket = new_bucket(s3, CreateBucketConfiguration={"LocationConstraint": location})
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] == location
    assert headers(s3.head_bucket(Bucket=bucket))["x-amz-bucket-region"] == location


def test_a_location_that_is_no_name(s3):
    assert refusal(
        s3.create_bucket, Bucket="b-" + uuid.uuid4().hex,
        CreateBucketConfiguration={"LocationConstraint": "no such/place"}) == (400, "InvalidLocationConstraint")


def test_what_is_not_there(s3, alice):
    name = "b-" + uuid.uuid4().hex
    for call in [s3.list_objects, s3.list_objects_v2, s3.delete_bucket, s3.get_bucket_acl, s3.get_bucket_cors]:
        assert refusal(call, Bucket=name) == (404, "NoSuchBucket")
    assert status(s3.head_bucket, Bucket=name) == 404
    assert refusal(s3.put_object, Bucket=name, Key="k", Body=b"x") == (404, "NoSuchBucket")
    assert status(alice.head_bucket, Bucket=new_bucket(s3)) == 403


def test_lists_of_buckets(store):
    carol = store.s3("carol")
    names = sorted("carol-" + uuid.uuid4().hex for _ in range(3))
    for name in names:
        carol.create_bucket(Bucket=name)
    everything = carol.list_buckets()
    assert [b["Name"] for b in everything["Buckets"]] == names and everything["Owner"]["ID"] == "carol"
    seen, token = [], {}
    while True:
        page = carol.list_buckets(MaxBuckets=1, **token)
        seen += [b["Name"] for b in page["Buckets"]]
        assert page["Buckets"][0]["BucketRegion"] == "us-east-1"
        if "ContinuationToken" not in page:
            break
        token = {"ContinuationToken": page["ContinuationToken"]}
    assert seen == names
    assert [b["Name"] for b in carol.list_buckets(Prefix=names[1])["Buckets"]] == names[1:2]
    assert carol.list_buckets(BucketRegion="eu-west-1")["Buckets"] == []
    for name in names:
        carol.delete_bucket(Bucket=name)


def test_nobody_owns_no_bucket(store):
    answer = requests.get(store.s3_endpoint, timeout=10)
    assert answer.status_code == 200 and "<Buckets/>" in re.sub(r"<Buckets></Buckets>", "<Buckets/>", answer.text)


def test_the_owner_a_client_expects(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ExpectedBucketOwner="minioadmin")
    for call in [s3.list_objects_v2, s3.head_bucket, s3.get_bucket_acl]:
        assert status(call, Bucket=bucket, ExpectedBucketOwner="alice") == 403
    assert refusal(
        s3.put_object, Bucket=bucket, Key="k", Body=b"x", ExpectedBucketOwner="alice") == (403, "AccessDenied")
    source = {"Bucket": bucket, "Key": "k"}
    s3.copy_object(Bucket=bucket, Key="c", CopySource=source, ExpectedSourceBucketOwner="minioadmin")
    assert code(
        s3.copy_object, Bucket=bucket, Key="c", CopySource=source, ExpectedSourceBucketOwner="bob") == "AccessDenied"


def test_request_ids(store, s3, bucket):
    answer = requests.get(f"{store.s3_endpoint}/{bucket}/missing", timeout=10)
    assert answer.headers["x-amz-request-id"] in answer.text and answer.headers["x-amz-id-2"]
    assert answer.headers["Content-Type"] == "application/xml"


@pytest.mark.parametrize("domain", ["localhost", "s3.localhost", "s3.amazonaws.com", "s3.localhost.localstack.cloud"])
def test_a_bucket_in_the_host_name(store, s3, bucket, domain):
    s3.put_object(Bucket=bucket, Key="a/b c", Body=b"by host")
    host = f"{bucket}.{domain}:{store.s3_endpoint.rsplit(':', 1)[1]}"
    signer = Signer(store.s3_endpoint)

    def send(method, path, body=b""):
        signed = signer.headers(method, path, "UNSIGNED-PAYLOAD", {"Host": host})
        return signer.send(method, path, signed, body)[::2]

    assert send("GET", "/a/b c") == (200, b"by host")
    assert send("PUT", "/new", b"x")[0] == 200 and b"<Key>new</Key>" in send("GET", "/")[1]
    assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == b"x"
    url = f"{store.s3_endpoint}/a/b%20c"
    assert requests.get(url, headers={"Host": host}, timeout=10).status_code == 403, "nobody signed"
    # The older signature names the bucket although the path does not.
    wire = AWSRequest(method="GET", url=url)
    wire.auth_path = f"/{bucket}/a/b%20c"
    HmacV1Auth(Credentials("minioadmin", "minioadmin")).add_auth(wire)
    assert requests.get(url, headers={**dict(wire.headers), "Host": host}, timeout=10).content == b"by host"


def test_a_bucket_that_goes_with_everything_inside(store, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    locked = new_bucket(s3, ObjectLockEnabledForBucket=True)
    s3.put_object(Bucket=locked, Key="k", Body=b"x")
    assert refusal(s3.delete_bucket, Bucket=bucket) == (409, "BucketNotEmpty")
    forced = with_headers(store.s3(), "DeleteBucket", x_minio_force_delete="true")
    forced.delete_bucket(Bucket=bucket)
    assert status(s3.head_bucket, Bucket=bucket) == 404
    assert refusal(forced.delete_bucket, Bucket=locked) == (409, "BucketNotEmpty")


@pytest.mark.parametrize("probe", ["live", "ready", "cluster"])
def test_probes(store, probe):
    for method in ["GET", "HEAD"]:
        answer = requests.request(method, f"{store.s3_endpoint}/minio/health/{probe}", timeout=10)
        assert (answer.status_code, answer.content) == (200, b"")
    assert requests.get(f"{store.s3_endpoint}/minio/health/well", timeout=10).status_code == 404
