"""Versions of blobs, in an account that keeps them."""

import uuid

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobSasPermissions, StandardBlobTier, generate_blob_sas, BlobClient

from object_store import ACCOUNT, ACCOUNT_KEY, Store
from test_azure import soon


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("versions"), "--blob-versions")
    yield store.blob()
    store.kill()


@pytest.fixture
def versioned(service):
    return service.create_container("c-" + uuid.uuid4().hex)


def versions(container):
    return [b.version_id for b in container.list_blobs(include=["versions"])]


def test_every_way_to_make_a_blob_makes_a_version(versioned):
    source = versioned.upload_blob("source", b"x")
    blob = versioned.get_blob_client("k")
    made = [blob.upload_blob(b"1"), blob.upload_blob(b"2", overwrite=True), blob.set_blob_metadata({"a": "b"})]
    blob.stage_block("1", b"a")
    made += [blob.commit_block_list(["1"]), blob.start_copy_from_url(source.url), blob.create_snapshot()]
    names = [answer["version_id"] for answer in made]
    assert all(names) and len(set(names)) == len(names)
    listed = [b for b in versioned.list_blobs(include=["versions"], name_starts_with="k")]
    assert [b.version_id for b in listed] == names and [b.is_current_version for b in listed] == [None] * 5 + [True]
    contents = [blob.download_blob(version_id=name).readall() for name in names]
    assert contents == [b"1", b"2", b"2", b"a", b"x", b"x"]
    assert versioned.get_blob_client("log").create_append_blob()["version_id"]
    assert versioned.get_blob_client("disk").create_page_blob(512)["version_id"]


def test_a_version_of_its_own(versioned):
    blob = versioned.get_blob_client("k")
    first, second = (blob.upload_blob(body, overwrite=True)["version_id"] for body in [b"1", b"22"])
    blob.set_standard_blob_tier(StandardBlobTier.Cool)
    blob.set_standard_blob_tier(StandardBlobTier.Hot, version_id=first)
    blob.set_blob_tags({"a": "b"}, version_id=first)
    old, new = blob.get_blob_properties(version_id=first), blob.get_blob_properties()
    assert (old.size, old.blob_tier, old.tag_count) == (1, "Hot", 1)
    assert (new.size, new.blob_tier, new.tag_count, new.version_id) == (2, "Cool", None, second)
    sas = generate_blob_sas(
        ACCOUNT, versioned.container_name, "k", version_id=first, account_key=ACCOUNT_KEY, expiry=soon(),
        permission=BlobSasPermissions(delete=True, delete_previous_version=True))
    BlobClient.from_blob_url(blob.url, credential=sas).delete_blob(version_id=first)
    assert versions(versioned) == [second]


def test_what_is_deleted_has_versions_only(versioned):
    blob = versioned.get_blob_client("k")
    version = blob.upload_blob(b"1")["version_id"]
    blob.create_snapshot()
    blob.delete_blob(delete_snapshots="include")
    with pytest.raises(ResourceNotFoundError):
        blob.get_blob_properties()
    found, = versioned.list_blobs(include=["deletedwithversions"])
    assert found.has_versions_only and blob.download_blob(version_id=version).readall() == b"1"


def test_an_account_keeps_none_unless_it_is_told_to(container):
    blob = container.get_blob_client("k")
    for body in [b"1", b"2"]:
        assert blob.upload_blob(body, overwrite=True)["version_id"] is None
    assert versions(container) == [None] and blob.create_snapshot()["version_id"] is None
