"""Tiers of page blobs, and of copies."""

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, PremiumPageBlobTier, StandardBlobTier

from object_store import ACCOUNT, ACCOUNT_KEY
from test_azure_copy import signed

GIB = 1 << 30


@pytest.mark.parametrize("size, tier", [
    (512, "P10"), (128 * GIB, "P10"), (128 * GIB + 512, "P15"), (512 * GIB, "P20"), (1 << 40, "P30"), (2 << 40, "P40"),
    (4 << 40, "P50"), (8 << 40, "P60")])
def test_a_page_blobs_tier_follows_from_its_size(container, size, tier):
    blob = container.get_blob_client("disk")
    blob.create_page_blob(size)
    listed, = container.list_blobs()
    for properties in [blob.get_blob_properties(), listed]:
        assert (properties.blob_tier, properties.blob_tier_inferred) == (tier, True)


def test_a_page_blobs_tier_is_set(container):
    blob, copy = container.get_blob_client("disk"), container.get_blob_client("copy")
    blob.create_page_blob(1024, premium_page_blob_tier=PremiumPageBlobTier.P4)
    assert blob.get_blob_properties().blob_tier == "P4"
    blob.set_premium_page_blob_tier(PremiumPageBlobTier.P50)
    properties = blob.get_blob_properties()
    assert properties.blob_tier == "P50" and not properties.blob_tier_inferred
    copy.start_copy_from_url(blob.url, premium_page_blob_tier=PremiumPageBlobTier.P30)
    assert copy.get_blob_properties().blob_tier == "P30"
    copy.start_copy_from_url(blob.url)
    properties = copy.get_blob_properties()
    assert (properties.blob_tier, properties.blob_tier_inferred) == ("P10", True)
    log = container.get_blob_client("log")
    log.create_append_blob()
    assert log.get_blob_properties().blob_tier is None


def test_a_source_in_the_archive(store, container):
    source = container.upload_blob("k", b"1", standard_blob_tier=StandardBlobTier.Archive)
    other = BlobServiceClient(
        store.blob_endpoint.replace(ACCOUNT, "devstoreaccount2"), credential={
            "account_name": "devstoreaccount2", "account_key": ACCOUNT_KEY}, retry_total=0)
    foreign = other.create_container(container.container_name)
    for target, code in [
            (container.get_blob_client("copy"), "BlobArchived"), (foreign.get_blob_client("copy"), "CannotVerifyCopySource")]:
        with pytest.raises(HttpResponseError) as error:
            target.start_copy_from_url(signed(source))
        assert (error.value.status_code, error.value.response.headers["x-ms-error-code"]) == (409, code)
    with pytest.raises(HttpResponseError) as error:
        foreign.get_blob_client("copy").start_copy_from_url(source.url)
    assert (error.value.status_code, error.value.response.headers["x-ms-error-code"]) == (401, "CannotVerifyCopySource")
