"""Listings of containers, blobs and page ranges: what they tell, and how they go on."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import AccessPolicy, BlobBlock, ContainerSasPermissions

from test_azure import soon


def walk(page_iterator):
    """All pages, each fetched anew from its marker."""
    pages, marker = [], None
    while True:
        iterator = page_iterator(marker)
        pages.append(list(next(iterator)))
        marker = iterator.continuation_token
        if not marker:
            return pages


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_count_everything_they_tell(container, size):
    expected = []
    for name in ["a", "b/1", "b/2", "c"]:
        blob = container.upload_blob(name, b"1")
        for _ in range(3 if name == "b/1" else 1):
            expected.append((name, blob.create_snapshot()["snapshot"]))
        expected.append((name, None))
    container.get_blob_client("aa").stage_block("1", b"x")
    expected.insert(2, ("aa", None))
    pages = walk(lambda marker: container.list_blobs(
        include=["snapshots", "uncommittedblobs"], results_per_page=size).by_page(marker))
    assert [(b.name, b.snapshot) for page in pages for b in page] == expected
    assert all(len(page) <= size for page in pages)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_prefixes_are_told_once(container, size):
    for name in ["a", "b/1", "b/2", "b/c/3", "d"]:
        container.upload_blob(name, b"1").create_snapshot()
    container.get_blob_client("e/f").stage_block("1", b"x")
    pages = walk(lambda marker: container.walk_blobs(
        include=["snapshots", "uncommittedblobs"], results_per_page=size).by_page(marker))
    # Within a page the client tells prefixes first.
    assert [name for page in pages for name in sorted(b.name for b in page)] == ["a", "a", "b/", "d", "d", "e/"]


def test_a_page_begins_and_ends_where_it_is_told_to(container):
    for name in "abcde":
        container.upload_blob(name, b"1")
    assert [b.name for b in container.list_blobs(start_from="c")] == ["c", "d", "e"]


def test_markers_are_names_where_that_can_be(container):
    for name in ["a", "b", "2!x", "c\x01", "d"]:
        container.upload_blob(name, b"1")
    pages = walk(lambda marker: container.list_blobs(results_per_page=1).by_page(marker))
    assert [b.name for page in pages for b in page] == ["2!x", "a", "b", "c\x01", "d"]
    iterator = container.list_blobs(results_per_page=2).by_page()
    next(iterator)
    assert iterator.continuation_token == "a"
    for nonsense in ["2!%%%", "2!YQ!x", "2!YQ!1!2"]:
        with pytest.raises(HttpResponseError) as error:
            list(container.list_blobs().by_page(nonsense))
        assert error.value.status_code == 400


def test_deleted_blobs_that_have_versions(s3, blobs, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    container = blobs.get_container_client(bucket)
    gone = container.get_blob_client("gone")
    gone.upload_blob(b"1")
    newest = gone.upload_blob(b"2", overwrite=True)["version_id"]
    gone.delete_blob()
    container.upload_blob("there", b"1")
    first, second = container.list_blobs(include=["deletedwithversions"])
    assert (first.name, bool(first.has_versions_only), first.version_id) == ("gone", True, newest)
    assert (second.name, bool(second.has_versions_only)) == ("there", False)


def test_settings_of_versions(s3, blobs, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    blob = blobs.get_blob_client(bucket, "k")
    first = blob.upload_blob(b"1")["version_id"]
    second = blob.upload_blob(b"22", overwrite=True)["version_id"]
    blob.set_blob_tags({"a": "1"}, version_id=first)
    blob.set_standard_blob_tier("Cool", version_id=first)
    assert blob.get_blob_tags(version_id=first) == {"a": "1"} and blob.get_blob_tags() == {}
    assert blob.get_blob_properties(version_id=first).blob_tier == "Cool"
    assert blob.get_blob_properties().blob_tier == "Hot"
    third = blob.set_blob_metadata({"c": "d"})["version_id"]
    assert third not in (first, second)
    assert blob.get_blob_properties(version_id=second).metadata == {}
    assert blob.download_blob(version_id=third).readall() == b"22"


def test_found_blobs_tell_the_tags_that_were_asked_for(container):
    mark = uuid.uuid4().hex
    for n in range(3):
        container.upload_blob(f"k{n}", b"1", tags={"mark": mark, "n": str(n), "other": "x"})
    pages = walk(lambda marker: container.find_blobs_by_tags(
        f"mark='{mark}' and \"n\" >= '0'", results_per_page=2).by_page(marker))
    assert [[b.name for b in page] for page in pages] == [["k0", "k1"], ["k2"]]
    assert pages[1][0].tags == {"mark": mark, "n": "2"}


@pytest.mark.parametrize("text, told", [
    ("astring", "near character position"), ("a<>'b'", "unexpected operator"), ("a='b' or c='d'", "unexpected 'or'"),
    ("@other='b'", "unsupported parameter"), ("'a b'='c'", "character position 1"), ("a-b='c'", "not permitted"),
    ("a='b@'", "not permitted in tag name or value"), ("k" * 129 + "='b'", "between 1 and 128 characters"),
    ("a='" + "b" * 257 + "'", "between 0 and 256 characters"), ("a=b", "single quotes"), ("a=", "missing"),
    (" and ".join(f"k{n}='v'" for n in range(11)), "at most 10 unique tags")])
def test_what_is_no_search_says_where(container, text, told):
    with pytest.raises(HttpResponseError) as error:
        list(container.find_blobs_by_tags(text))
    assert error.value.error_code == "InvalidQueryParameterValue" and told in str(error.value)
    assert "Error parsing query" in str(error.value)


@pytest.mark.parametrize("text, status", [
    ("t <> 'x' or u = '1'", None), ("t = 'x' or t = '1'", None), ("t >= '1' and t < '2'", None), ("u <> '1'", 412),
    ("k" * 129 + " <> '1'", 412), ("t == '1'", 400), ("@container = 'x'", 400), ("t--1 = '1'", 400), ("t = '$'", 400)])
def test_conditions_on_tags(container, text, status):
    blob = container.upload_blob("k", b"1", tags={"t": "1"})
    if status is None:
        return blob.get_blob_properties(if_tags_match_condition=text)
    with pytest.raises(HttpResponseError) as error:
        blob.get_blob_properties(if_tags_match_condition=text)
    assert error.value.status_code == status


def test_containers_in_pages(blobs):
    prefix = "p" + uuid.uuid4().hex[:20]
    for n in range(5):
        blobs.create_container(f"{prefix}-{n}")
    for size in [1, 2, 5, 9]:
        pages = walk(lambda marker: blobs.list_containers(
            name_starts_with=prefix, results_per_page=size).by_page(marker))
        assert [c.name for page in pages for c in page] == [f"{prefix}-{n}" for n in range(5)]
    iterator = blobs.list_containers(name_starts_with=prefix, results_per_page=2).by_page()
    next(iterator)
    assert iterator.continuation_token == f"{prefix}-1"


def test_system_containers_are_told_where_asked_for(blobs):
    assert "$logs" in [c.name for c in blobs.list_containers(include_system=True)]
    assert "$logs" not in [c.name for c in blobs.list_containers()]


def test_policies_without_rules(container):
    container.set_container_access_policy({"none": None, "some": AccessPolicy(
        permission=ContainerSasPermissions(read=True), expiry=soon())})
    found = container.get_container_access_policy()["signed_identifiers"]
    assert [(i.id, i.access_policy is None) for i in found] == [("none", True), ("some", False)]


def ranges(blob, **options):
    return [(r.start, r.end, bool(r.cleared)) for r in blob.list_page_ranges(**options)]


def test_page_ranges_in_pages(container):
    blob = container.get_blob_client("d")
    blob.create_page_blob(8192)
    for at in [0, 1024, 2048, 6144]:
        blob.upload_page(b"x" * 512, at, 512)
    whole = [(at, at + 511, False) for at in [0, 1024, 2048, 6144]]
    for size in [1, 2, 3, 100]:
        assert ranges(blob, results_per_page=size) == whole
    assert ranges(blob, offset=1024, length=1024) == whole[1:2]
    assert ranges(blob, offset=512, length=512) == []
    with pytest.raises(HttpResponseError) as error:
        ranges(blob, offset=8192, length=512)
    assert error.value.status_code == 416


def test_page_ranges_that_differ(container):
    blob = container.get_blob_client("d")
    blob.create_page_blob(4096)
    blob.upload_page(b"a" * 2048, 0, 2048)
    first = blob.create_snapshot()["snapshot"]
    blob.upload_page(b"b" * 512, 512, 512)
    blob.clear_page(1024, 512)
    second = blob.create_snapshot()["snapshot"]
    blob.upload_page(b"c" * 512, 3072, 512)
    assert ranges(blob, previous_snapshot=first) == [(512, 1023, False), (1024, 1535, True), (3072, 3583, False)]
    assert ranges(blob, previous_snapshot=second) == [(3072, 3583, False)]
    assert ranges(blob, previous_snapshot=first, results_per_page=1) == ranges(blob, previous_snapshot=first)
    older = container.get_blob_client("d", snapshot=first)
    with pytest.raises(HttpResponseError) as error:
        ranges(older, previous_snapshot=second)
    assert (error.value.status_code, error.value.error_code) == (409, "PreviousSnapshotCannotBeNewer")
    with pytest.raises(HttpResponseError) as error:
        ranges(blob, previous_snapshot="2020-01-01T00:00:00.0000000Z")
    assert error.value.error_code == "PreviousSnapshotNotFound"


def test_clearing_what_was_empty_is_a_difference(container):
    blob = container.get_blob_client("d")
    blob.create_page_blob(2048)
    first = blob.create_snapshot()["snapshot"]
    blob.upload_page(b"x" * 1536, 0, 1536)
    second = blob.create_snapshot()["snapshot"]
    blob.clear_page(512, 512)
    assert ranges(blob, previous_snapshot=first) == [(0, 511, False), (512, 1023, True), (1024, 1535, False)]
    assert ranges(blob, previous_snapshot=second) == [(512, 1023, True)]
    assert ranges(blob) == [(0, 511, False), (1024, 1535, False)]


def test_block_lists(container):
    blob = container.get_blob_client("b")
    for name in ["1", "2", "3"]:
        blob.stage_block(name, name.encode())
    assert [b.id for b in blob.get_block_list("uncommitted")[1]] == ["1", "2", "3"]
    blob.commit_block_list([BlobBlock("3"), BlobBlock("1")])
    snapshot = container.get_blob_client("b", snapshot=blob.create_snapshot())
    blob.stage_block("4", b"4")
    assert [[b.id for b in blocks] for blocks in blob.get_block_list("all")] == [["3", "1"], ["4"]]
    assert [[b.id for b in blocks] for blocks in snapshot.get_block_list("all")] == [["3", "1"], []]
