"""What browsers are told about other origins."""

import pytest
import requests

from s3_calls import headers, new_bucket, refusal

RULES = [
    {"AllowedMethods": ["GET"], "AllowedOrigins": ["*suffix"]}, {"AllowedMethods": ["GET"], "AllowedOrigins": ["start*end"]},
    {"AllowedMethods": ["GET"], "AllowedOrigins": ["prefix*"]}, {"AllowedMethods": ["PUT"], "AllowedOrigins": ["*.put"]}]


@pytest.fixture(scope="module")
def shared(s3):
    bucket = new_bucket(s3, ACL="public-read")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    return bucket


def ask(store, path, method="GET", origin=None, wanted=None, **more):
    sent = {"Origin": origin, "Access-Control-Request-Method": wanted, "Access-Control-Request-Headers": more.get("names")}
    answer = requests.request(
        method, f"{store.s3_endpoint}/{path}", headers={k: v for k, v in sent.items() if v}, timeout=10)
    return (answer.status_code, answer.headers.get("Access-Control-Allow-Origin"),
            answer.headers.get("Access-Control-Allow-Methods"))


def test_rules_come_back(s3, bucket):
    assert refusal(s3.get_bucket_cors, Bucket=bucket) == (404, "NoSuchCORSConfiguration")
    full = [{"ID": "one", "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*.get", "*.put"], "AllowedHeaders": ["*"],
             "ExposeHeaders": ["x-amz-meta-a"], "MaxAgeSeconds": 5}]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": full})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == full
    s3.delete_bucket_cors(Bucket=bucket)
    assert refusal(s3.get_bucket_cors, Bucket=bucket) == (404, "NoSuchCORSConfiguration")
    for rules, code in [([{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}], "InvalidRequest"),
                        ([{"AllowedMethods": ["GET"], "AllowedOrigins": []}], "MalformedXML")]:
        assert refusal(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration={"CORSRules": rules}) == (400, code)


@pytest.mark.parametrize("origin, allowed", [
    (None, None), ("foo.suffix", "GET"), ("foo.bar", None), ("foo.get.suffix", "GET"), ("startend", "GET"),
    ("start1end", "GET"), ("start12end", "GET"), ("0start12end", None), ("prefix", "GET"), ("prefix.suffix", "GET"),
    ("bla.prefix", None)])
def test_origins(store, shared, origin, allowed):
    expected = origin if allowed else None
    assert ask(store, shared, origin=origin) == (200, expected, allowed)
    if origin:
        preflight = ask(store, shared, "OPTIONS", origin, "GET")
        assert preflight == ((200, origin, "GET") if allowed else (403, None, None))


@pytest.mark.parametrize("method, origin, wanted, expected", [
    ("GET", "foo.suffix", None, (404, "foo.suffix", "GET")), ("PUT", "foo.suffix", "GET", (403, "foo.suffix", "GET")),
    ("PUT", "foo.suffix", "PUT", (403, None, None)), ("PUT", "foo.suffix", "DELETE", (403, None, None)),
    ("PUT", "foo.suffix", None, (403, None, None)), ("PUT", "foo.put", None, (403, "foo.put", "PUT")),
    ("OPTIONS", "foo.suffix", "GET", (200, "foo.suffix", "GET")), ("OPTIONS", "foo.put", "GET", (403, None, None)),
    ("OPTIONS", "foo.put", "PUT", (200, "foo.put", "PUT")), ("OPTIONS", None, None, (400, None, None)),
    ("OPTIONS", "foo.suffix", None, (400, None, None))])
def test_refusals_are_shown_to_who_may_see_them(store, shared, method, origin, wanted, expected):
    assert ask(store, f"{shared}/missing", method, origin, wanted) == expected


def test_every_origin(store, s3):
    bucket = new_bucket(s3, ACL="public-read")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": ["x-amz-meta-a"], "AllowedHeaders": ["x-*"]}]})
    assert ask(store, bucket, origin="example.origin") == (200, "*", "GET")
    assert ask(store, bucket) == (200, None, None)
    for names, status in [("x-amz-meta-b", 200), ("X-Amz-Date, x-more", 200), ("content-type", 403)]:
        assert ask(store, f"{bucket}/k", "OPTIONS", "example.origin", "GET", names=names)[0] == status


@pytest.mark.parametrize("operation, method", [("get_object", "GET"), ("put_object", "PUT")])
@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned(store, bucket, operation, method, version):
    s3 = store.s3(signature_version=version)
    url = s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "k"})
    assert requests.options(url, timeout=10).status_code == 400
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
        {"AllowedMethods": [method], "AllowedOrigins": ["example"]}]})
    answer = requests.options(
        url, headers={"Origin": "example", "Access-Control-Request-Method": method}, timeout=10)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "example")
    assert headers(s3.get_bucket_cors(Bucket=bucket))["content-type"] == "application/xml"
