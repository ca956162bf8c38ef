"""Lists of objects, in both versions of the call."""

import urllib.parse

import pytest

from s3_calls import code, multipart, new_bucket, refusal
from signing import Signer


@pytest.fixture(params=["list_objects", "list_objects_v2"])
def listing(request, s3):
    """A call that lists, and where its next page begins."""
    isNew = request.param.endswith("v2")
    call = getattr(s3, request.param)

    def page(after=None, **arguments):
        if after:
            arguments["ContinuationToken" if isNew else "Marker"] = after
        answer = call(**arguments)
        return (
            [o["Key"] for o in answer.get("Contents", [])], [p["Prefix"] for p in answer.get("CommonPrefixes", [])],
            None if not answer["IsTruncated"] else answer["NextContinuationToken"] if isNew
            # Without a delimiter the last key is the marker.
            else answer["NextMarker"] if "Delimiter" in arguments else answer["Contents"][-1]["Key"])
    return page


@pytest.fixture(scope="module")
def keys(s3):
    """A bucket with these keys; made once for each set."""
    made = {}

    def bucket(*names):
        if names not in made:
            made[names] = new_bucket(s3)
            for name in names:
                s3.put_object(Bucket=made[names], Key=name, Body=name.encode())
        return made[names]
    return bucket


DEEP = ("asdf", "boo/bar", "boo/baz/xyzzy", "cquux/thud", "cquux/bla")
FLAT = ("bar", "baz", "cab", "foo")


@pytest.mark.parametrize("names, query, expected", [
    (DEEP, {"Delimiter": "/"}, (["asdf"], ["boo/", "cquux/"])),
    (DEEP, {"Delimiter": "/", "Prefix": "boo/"}, (["boo/bar"], ["boo/baz/"])),
    (DEEP, {"Prefix": "boo/"}, (["boo/bar", "boo/baz/xyzzy"], [])), (DEEP, {"Prefix": "d"}, ([], [])),
    (DEEP, {"Prefix": "d", "Delimiter": "/"}, ([], [])), (DEEP, {"Prefix": "boo", "Delimiter": "o"}, (["boo/bar", "boo/baz/xyzzy"], [])),
    (FLAT, {"Delimiter": "a"}, (["foo"], ["ba", "ca"])), (FLAT, {"Delimiter": ""}, (list(FLAT), [])),
    (FLAT, {"Delimiter": "/"}, (list(FLAT), [])), (FLAT, {"Delimiter": "\n"}, (list(FLAT), [])),
    (FLAT, {"Prefix": ""}, (list(FLAT), [])), (FLAT, {"Prefix": "\n"}, ([], [])),
    (("asdf/",), {"Prefix": "asdf/", "Delimiter": "/"}, (["asdf/"], [])),
    (("b%ar", "b%az", "c%ab", "foo"), {"Delimiter": "%"}, (["foo"], ["b%", "c%"])),
    (("b ar", "b az", "c ab", "foo"), {"Delimiter": " "}, (["foo"], ["b ", "c "])),
    (("b.ar", "b.az", "c.ab", "foo"), {"Delimiter": "."}, (["foo"], ["b.", "c."])),
    (("_obj1_", "_under1/bar", "_under2/thud"), {"Delimiter": "/"}, (["_obj1_"], ["_under1/", "_under2/"])),
    (("foo+1/bar", "foo/bar/xyzzy", "quux ab/thud", "asdf+b"), {"Delimiter": "/"},
     (["asdf+b"], ["foo+1/", "foo/", "quux ab/"])),
    (("0/", "0/1.txt"), {"Delimiter": "/"}, ([], ["0/"])), (("ab", "abXc", "abXXd"), {"Delimiter": "XX"}, (["ab", "abXc"], ["abXX"]))])
def test_what_is_listed(listing, keys, names, query, expected):
    found = listing(Bucket=keys(*names), **query)
    assert found[:2] == expected and found[2] is None


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("query", [{}, {"Delimiter": "/"}, {"Prefix": "boo/"}, {"Prefix": "boo/", "Delimiter": "/"}])
def test_pages(listing, keys, size, query):
    bucket = keys(*DEEP)
    contents, prefixes, after = [], [], None
    while True:
        page = listing(after, Bucket=bucket, MaxKeys=size, **query)
        assert len(page[0]) + len(page[1]) <= size
        contents, prefixes, after = contents + page[0], prefixes + page[1], page[2]
        if not after:
            break
    complete = listing(Bucket=bucket, **query)
    assert (contents, prefixes) == complete[:2]


def test_no_keys(s3, keys):
    answer = s3.list_objects(Bucket=keys(*FLAT), MaxKeys=0)
    assert answer["IsTruncated"] is False and "Contents" not in answer
    assert s3.list_objects_v2(Bucket=keys(*FLAT), MaxKeys=0)["KeyCount"] == 0


@pytest.mark.parametrize("marker, expected", [
    ("", list(FLAT)), ("bar", ["baz", "cab", "foo"]), ("blah", ["cab", "foo"]), ("zzz", []), ("\n", list(FLAT)),
    ("foo", [])])
def test_markers(s3, keys, marker, expected):
    answer = s3.list_objects(Bucket=keys(*FLAT), Marker=marker)
    assert answer["Marker"] == marker and [o["Key"] for o in answer.get("Contents", [])] == expected
    if marker:
        answer = s3.list_objects_v2(Bucket=keys(*FLAT), StartAfter=marker)
        assert answer["StartAfter"] == marker and [o["Key"] for o in answer.get("Contents", [])] == expected


def test_sizes_that_are_none(store, s3, keys):
    bucket = keys(*FLAT)
    for call in [s3.list_objects, s3.list_objects_v2, s3.list_object_versions]:
        assert refusal(call, Bucket=bucket, MaxKeys=-1) == (400, "InvalidArgument")
    signer = Signer(store.s3_endpoint)
    signed = signer.headers("GET", f"/{bucket}", "UNSIGNED-PAYLOAD", query="max-keys=blah")
    assert signer.send("GET", f"/{bucket}", signed, query="max-keys=blah")[:2] == (400, "InvalidArgument")


def test_what_is_said_of_objects(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"abc", StorageClass="STANDARD_IA", ChecksumAlgorithm="SHA256")
    multipart(s3, bucket, "m", [b"x"])
    found = s3.list_objects(Bucket=bucket)["Contents"]
    for entry in found:
        head = s3.head_object(Bucket=bucket, Key=entry["Key"])
        assert (entry["ETag"], entry["Size"]) == (head["ETag"], head["ContentLength"])
        assert entry["LastModified"].replace(microsecond=0) == head["LastModified"]
        assert entry["Owner"] == {"ID": "minioadmin", "DisplayName": "minioadmin"}
    assert [e["StorageClass"] for e in found] == ["STANDARD_IA", "STANDARD"]
    assert found[0]["ChecksumAlgorithm"] == ["SHA256"]
    assert "Owner" not in s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]["Owner"]["ID"] == "minioadmin"


def test_a_token_that_is_none(s3, bucket):
    assert refusal(s3.list_objects_v2, Bucket=bucket, ContinuationToken="no token!") == (400, "InvalidArgument")
    assert code(s3.list_objects_v2, Bucket=bucket, EncodingType="base64") == "InvalidArgument"


def test_a_thousand_and_one(s3, bucket):
    names = [f"key-{n:04}" for n in range(1001)]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    first = s3.list_objects_v2(Bucket=bucket)
    assert (first["KeyCount"], first["MaxKeys"], first["IsTruncated"]) == (1000, 1000, True)
    everything = [{"Key": name} for name in names]
    assert refusal(s3.delete_objects, Bucket=bucket, Delete={"Objects": everything}) == (400, "MalformedXML")
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": everything[:1000]})["Deleted"]) == 1000
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": everything[1000:], "Quiet": True})
    assert "Deleted" not in quiet and "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_uploads(s3, bucket):
    keys = ["a", "a", "b/1", "b/2", "c/1", "d"]
    ids = [(key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]) for key in keys]

    def pages(size, **arguments):
        found, markers = [], {}
        while True:
            page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=size, **arguments, **markers)
            found += [(u["Key"], u["UploadId"]) for u in page.get("Uploads", [])]
            found += [p["Prefix"] for p in page.get("CommonPrefixes", [])]
            if not page["IsTruncated"]:
                return found
            markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    for size in [1, 2, 3, 10]:
        assert sorted(pages(size)) == sorted(ids)
        folded = pages(size, Delimiter="/")
        assert sorted(x for x in folded if isinstance(x, tuple)) == sorted(x for x in ids if "/" not in x[0])
        assert sorted(x for x in folded if isinstance(x, str)) == ["b/", "c/"]
        assert sorted(pages(size, Prefix="b/", Delimiter="/")) == sorted(x for x in ids if x[0].startswith("b/"))
    page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=3, Delimiter="/")
    assert (page["NextKeyMarker"], page["NextUploadIdMarker"]) == ("b/", "")
    # Nothing comes before the first key: the mark of an upload alone leaves nothing out.
    page = s3.list_multipart_uploads(Bucket=bucket, UploadIdMarker="z" * 64)
    assert len(page["Uploads"]) == 6 and page["UploadIdMarker"] == ""


@pytest.mark.parametrize("operation", [
    "list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads"])
def test_encodings(s3, bucket, operation):
    for wrong in ["value", ""]:
        assert refusal(getattr(s3, operation), Bucket=bucket, EncodingType=wrong) == (400, "InvalidArgument")
    assert getattr(s3, operation)(Bucket=bucket, EncodingType="url")["EncodingType"] == "url"


@pytest.mark.parametrize("prefix", ["\n", "a b/", "ü/", "a&b", "\x01", "a+b%"])
def test_the_prefix_that_was_asked_for(s3, bucket, prefix):
    for call in [s3.list_objects_v2, s3.list_object_versions]:
        assert call(Bucket=bucket, Prefix=prefix)["Prefix"] == prefix
    # The client decodes every name in the first version's answer but this one.
    said = s3.list_objects(Bucket=bucket, Prefix=prefix)["Prefix"]
    assert said == (urllib.parse.quote(prefix) if prefix in ("\x01", "a+b%") else prefix)
    assert urllib.parse.unquote_plus(said) == prefix, "who decodes it is right too"


def test_a_list_in_any_order_has_no_delimiter(store, keys):
    def any_order(params, **_):
        params["url"] += "&allow-unordered=true"

    client, bucket = store.s3(), keys(*FLAT)
    for operation, call in [("ListObjects", client.list_objects), ("ListObjectsV2", client.list_objects_v2)]:
        client.meta.events.register(f"before-call.s3.{operation}", any_order)
        assert len(call(Bucket=bucket)["Contents"]) == len(FLAT)
        assert refusal(call, Bucket=bucket, Delimiter="/") == (400, "InvalidArgument")
