"""What keeps blobs from being lost: policies and holds, soft delete, the archive."""

import datetime
import time

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import (
    ImmutabilityPolicy, PremiumPageBlobTier, RehydratePriority, RetentionPolicy, StandardBlobTier)
from botocore.exceptions import ClientError

from object_store import Store
from test_azure import soon


def code(error):
    return error.value.status_code, error.value.response.headers["x-ms-error-code"]


def until(hours=1, mode="Unlocked"):
    return ImmutabilityPolicy(expiry_time=soon(hours), policy_mode=mode)


# Policies and holds.


def test_a_policy_keeps_a_blob(container):
    blob = container.upload_blob("k", b"1")
    answer = blob.set_immutability_policy(until())
    assert answer["immutability_policy_mode"] == "unlocked" and answer["immutability_policy_until_date"]
    kept = blob.get_blob_properties().immutability_policy
    assert kept.policy_mode == "unlocked" and kept.expiry_time > soon(0.9)
    for change in [blob.delete_blob, lambda: blob.upload_blob(b"2", overwrite=True),
                   lambda: blob.set_blob_metadata({"a": "b"})]:
        with pytest.raises(HttpResponseError) as error:
            change()
        assert code(error) == (409, "BlobImmutableDueToPolicy")
    listed, = container.list_blobs(include=["immutabilitypolicy", "legalhold"])
    assert listed.immutability_policy.policy_mode == "unlocked" and not listed.has_legal_hold
    blob.delete_immutability_policy()
    assert blob.get_blob_properties().immutability_policy.policy_mode is None
    blob.delete_blob()


def test_a_locked_policy_only_grows(container):
    blob = container.upload_blob("k", b"1", immutability_policy=until(2, "Locked"))
    for change in [blob.delete_immutability_policy, lambda: blob.set_immutability_policy(until(1, "Locked")),
                   lambda: blob.set_immutability_policy(until(3, "Unlocked"))]:
        with pytest.raises(HttpResponseError) as error:
            change()
        assert code(error) == (409, "BlobImmutableDueToPolicy")
    blob.set_immutability_policy(until(3, "Locked"))
    assert blob.get_blob_properties().immutability_policy.policy_mode == "locked"


def test_a_hold_keeps_a_blob(container):
    blob = container.upload_blob("k", b"1", legal_hold=True)
    assert blob.get_blob_properties().has_legal_hold
    with pytest.raises(HttpResponseError) as error:
        blob.delete_blob()
    assert code(error) == (409, "BlobImmutableDueToLegalHold")
    assert blob.set_legal_hold(False)["legal_hold"] is False
    assert not blob.get_blob_properties().has_legal_hold
    blob.delete_blob()


def test_a_hold_keeps_appends_and_pages_away(container):
    log, disk = container.get_blob_client("log"), container.get_blob_client("disk")
    log.create_append_blob()
    disk.create_page_blob(512)
    for blob, change in [(log, lambda: log.append_block(b"x")), (disk, lambda: disk.upload_page(b"x" * 512, 0, 512))]:
        blob.set_legal_hold(True)
        with pytest.raises(HttpResponseError) as error:
            change()
        assert code(error) == (409, "BlobImmutableDueToLegalHold")
        blob.set_legal_hold(False)
        change()


def test_policies_that_make_no_sense_are_refused(container):
    blob = container.upload_blob("k", b"1")
    for policy in [until(-1), until(1, "Mutable")]:
        with pytest.raises((HttpResponseError, ValueError)):
            blob.set_immutability_policy(policy)
    assert blob.get_blob_properties().immutability_policy.policy_mode is None


def test_both_dialects_keep_the_same_locks(s3, blobs):
    name = "lock-" + str(time.time_ns())
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    blob = blobs.get_blob_client(name, "k")
    blob.upload_blob(b"1", legal_hold=True)
    version = blob.get_blob_properties().version_id
    assert s3.get_object_legal_hold(Bucket=name, Key="k")["LegalHold"]["Status"] == "ON"
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=name, Key="k", VersionId=version)
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "OFF"})
    s3.put_object_retention(Bucket=name, Key="k", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": soon()})
    with pytest.raises(HttpResponseError) as error:
        blob.delete_blob(version_id=version)
    assert code(error) == (409, "BlobImmutableDueToPolicy")


# Soft delete.


@pytest.fixture(scope="module")
def keeping(tmp_path_factory):
    own = Store(tmp_path_factory.mktemp("keeping"))
    service = own.blob()
    service.set_service_properties(delete_retention_policy=RetentionPolicy(enabled=True, days=2))
    yield service
    own.kill()


@pytest.fixture
def kept(keeping):
    return keeping.create_container("c" + str(time.time_ns()))


def listed(container):
    return [(b.snapshot, bool(b.deleted)) for b in container.list_blobs(include=["snapshots", "deleted"])]


def test_one_snapshot_is_deleted_and_comes_back(kept):
    blob = kept.upload_blob("k", b"1")
    first, second = blob.create_snapshot()["snapshot"], blob.create_snapshot()["snapshot"]
    kept.get_blob_client("k", snapshot=first).delete_blob()
    assert listed(kept) == [(first, True), (second, False), (None, False)]
    assert [b.snapshot for b in kept.list_blobs(include=["snapshots"])] == [second, None]
    with pytest.raises(ResourceNotFoundError):
        kept.get_blob_client("k", snapshot=first).get_blob_properties()
    blob.undelete_blob()
    assert listed(kept) == [(first, False), (second, False), (None, False)]
    assert kept.get_blob_client("k", snapshot=first).download_blob().readall() == b"1"


@pytest.mark.parametrize("option, gone", [("only", [True, True, False]), ("include", [True, True, True])])
def test_snapshots_are_deleted_with_their_blob_or_without(kept, option, gone):
    blob = kept.upload_blob("k", b"1")
    for _ in range(2):
        blob.create_snapshot()
    blob.delete_blob(delete_snapshots=option)
    assert [deleted for _, deleted in listed(kept)] == gone
    blob.undelete_blob()
    assert [deleted for _, deleted in listed(kept)] == [False] * 3


def test_deleting_snapshots_where_there_are_none(kept):
    with pytest.raises(ResourceNotFoundError):
        kept.upload_blob("k", b"1").delete_blob(delete_snapshots="only")


def test_what_is_overwritten_is_kept_as_a_snapshot(kept):
    blob = kept.upload_blob("k", b"old", metadata={"a": "b"})
    blob.upload_blob(b"new", overwrite=True)
    assert [deleted for _, deleted in listed(kept)] == [True, False]
    blob.undelete_blob()
    (snapshot, _), _ = listed(kept)
    assert kept.get_blob_client("k", snapshot=snapshot).download_blob().readall() == b"old"
    assert blob.download_blob().readall() == b"new"


def test_a_deleted_blob_whose_name_is_taken_again(kept):
    blob = kept.upload_blob("k", b"first")
    blob.delete_blob()
    blob.upload_blob(b"second")
    blob.undelete_blob()
    assert blob.download_blob().readall() == b"second"
    (snapshot, deleted), _ = listed(kept)
    assert not deleted and kept.get_blob_client("k", snapshot=snapshot).download_blob().readall() == b"first"


def test_a_lease_ends_with_its_blob(kept):
    blob = kept.upload_blob("k", b"1")
    lease = blob.acquire_lease()
    with pytest.raises(HttpResponseError):
        blob.delete_blob()
    blob.delete_blob(lease=lease)
    blob.undelete_blob()
    assert blob.get_blob_properties().lease.state == "available"


def test_undelete_of_nothing(kept):
    with pytest.raises(ResourceNotFoundError):
        kept.get_blob_client("none").undelete_blob()


# The archive.


def test_the_archive_is_left_in_time(container):
    blob = container.upload_blob("k", b"cold", standard_blob_tier=StandardBlobTier.ARCHIVE)
    assert blob.get_blob_properties().blob_tier == "Archive"
    with pytest.raises(HttpResponseError) as error:
        blob.download_blob()
    assert code(error) == (409, "BlobArchived")
    blob.set_standard_blob_tier("Hot", rehydrate_priority=RehydratePriority.high)
    properties = blob.get_blob_properties()
    assert (properties.blob_tier, properties.archive_status, properties.rehydrate_priority) == (
        "Archive", "rehydrate-pending-to-hot", "High")
    found, = container.list_blobs()
    assert (found.archive_status, found.rehydrate_priority) == ("rehydrate-pending-to-hot", "High")
    with pytest.raises(HttpResponseError) as error:
        blob.set_standard_blob_tier("Cool")
    assert code(error) == (409, "BlobBeingRehydrated")
    limit = time.monotonic() + 30
    while blob.get_blob_properties().archive_status and time.monotonic() < limit:
        time.sleep(0.2)
    assert blob.get_blob_properties().blob_tier == "Hot" and blob.download_blob().readall() == b"cold"


def test_copies_leave_the_archive_too(container):
    source = container.upload_blob("s", b"cold", standard_blob_tier=StandardBlobTier.ARCHIVE)
    copy = container.get_blob_client("c")
    copy.start_copy_from_url(source.url, standard_blob_tier=StandardBlobTier.COOL, rehydrate_priority=RehydratePriority.standard)
    properties = copy.get_blob_properties()
    assert (properties.blob_tier, properties.archive_status) == ("Archive", "rehydrate-pending-to-cool")
    assert source.get_blob_properties().archive_status is None


def test_tiers(container):
    blob = container.upload_blob("k", b"1")
    properties = blob.get_blob_properties()
    assert (properties.blob_tier, properties.blob_tier_inferred, properties.blob_tier_change_time) == ("Hot", True, None)
    blob.set_standard_blob_tier("Cold")
    properties = blob.get_blob_properties()
    assert (properties.blob_tier, properties.blob_tier_inferred) == ("Cold", False)
    assert properties.blob_tier_change_time is not None
    snapshot = container.get_blob_client("k", snapshot=blob.create_snapshot())
    snapshot.set_standard_blob_tier("Cool")
    assert (snapshot.get_blob_properties().blob_tier, blob.get_blob_properties().blob_tier) == ("Cool", "Cold")
    disk = container.get_blob_client("d")
    disk.create_page_blob(512, premium_page_blob_tier=PremiumPageBlobTier.P10)
    assert disk.get_blob_properties().blob_tier == "P10"
    log = container.get_blob_client("l")
    log.create_append_blob()
    for target, tier in [(blob, "Lukewarm"), (blob, "P10"), (disk, "Hot"), (log, "Hot")]:
        with pytest.raises(HttpResponseError):
            target.set_standard_blob_tier(tier)
