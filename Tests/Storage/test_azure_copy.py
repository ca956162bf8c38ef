"""Copies: between blobs and from outside, at once and in the background."""

import datetime
import http.server
import threading
import time
import uuid

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import (
    BlobSasPermissions, ContentSettings, StandardBlobTier, generate_blob_sas)

from object_store import ACCOUNT, ACCOUNT_KEY
from test_azure import soon

PAST, FUTURE = soon(-1), soon(1)


@pytest.mark.parametrize("seals, expected", [(None, True), (True, True), (False, None)])
def test_a_copy_of_what_is_sealed_is_sealed_unless_said_otherwise(container, seals, expected):
    source, copy = container.get_blob_client("log"), container.get_blob_client("copy")
    source.create_append_blob()
    source.append_block(b"a")
    source.seal_append_blob()
    copy.start_copy_from_url(source.url, **({} if seals is None else {"seal_destination_blob": seals}))
    assert copy.get_blob_properties().is_append_blob_sealed is expected
    if not expected:
        copy.append_block(b"b")
        assert copy.download_blob().readall() == b"ab"


def signed(blob):
    return blob.url + "?" + generate_blob_sas(
        ACCOUNT, blob.container_name, blob.blob_name, account_key=ACCOUNT_KEY, expiry=soon(),
        permission=BlobSasPermissions(read=True))


class Source:
    """A web server whose answers end when they are let go."""

    def __init__(self):
        self.go, self.body, self.asked = threading.Event(), b"x" * 100_000, []
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                source.asked.append(self.path)
                if self.path.startswith("/missing"):
                    return self.send_error(404)
                self.send_response(200)
                self.send_header("Content-Type", "text/slow")
                self.send_header("Content-Length", str(len(source.body)))
                self.end_headers()
                self.wfile.write(source.body[:50_000])
                self.wfile.flush()
                source.go.wait(20)
                if self.path.startswith("/broken"):
                    return self.connection.close()
                self.wfile.write(source.body[50_000:])

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *arguments: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def source():
    source = Source()
    yield source
    source.close()


def ended(blob):
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        properties = blob.get_blob_properties()
        if properties.copy.status != "pending":
            return properties
        time.sleep(0.05)
    raise AssertionError("the copy does not end")


def test_a_copy_from_outside_goes_on_in_the_background(container, source):
    blob = container.get_blob_client("k")
    answer = blob.start_copy_from_url(source.url + "/slow?secret=1", metadata={"a": "b"})
    assert answer["copy_status"] == "pending" and answer["copy_id"]
    properties = blob.get_blob_properties()
    assert (properties.copy.status, properties.copy.progress) == ("pending", "0/100000")
    assert properties.copy.source == source.url + "/slow"
    for change in [lambda: blob.upload_blob(b"1", overwrite=True), lambda: blob.set_blob_metadata({}), blob.delete_blob]:
        with pytest.raises(HttpResponseError) as error:
            change()
        assert (error.value.status_code, error.value.error_code) == (409, "PendingCopyOperation")
    source.go.set()
    properties = ended(blob)
    assert (properties.copy.status, properties.copy.progress) == ("success", "100000/100000")
    assert properties.copy.completion_time and properties.content_settings.content_type == "text/slow"
    assert blob.download_blob().readall() == source.body and properties.metadata == {"a": "b"}


def test_a_copy_is_aborted(container, source):
    blob = container.get_blob_client("k")
    copy = blob.start_copy_from_url(source.url + "/slow")
    with pytest.raises(HttpResponseError) as error:
        blob.abort_copy(str(uuid.uuid4()))
    assert (error.value.status_code, error.value.error_code) == (409, "CopyIdMismatch")
    blob.abort_copy(copy)
    properties = blob.get_blob_properties()
    assert (properties.copy.status, properties.size) == ("aborted", 0)
    source.go.set()
    with pytest.raises(HttpResponseError) as error:
        blob.abort_copy(copy)
    assert (error.value.status_code, error.value.error_code) == (409, "NoPendingCopyOperation")
    blob.upload_blob(b"new", overwrite=True)
    assert blob.download_blob().readall() == b"new"


def test_a_copy_that_breaks_off_has_failed(container, source):
    blob = container.get_blob_client("k")
    blob.start_copy_from_url(source.url + "/broken")
    source.go.set()
    properties = ended(blob)
    assert properties.copy.status == "failed" and "Copy failed" in properties.copy.status_description


def test_a_copy_does_not_outlive_the_process(tmp_path, source):
    from object_store import Store

    own = Store(tmp_path)
    blob = own.blob().create_container("abc").get_blob_client("k")
    blob.start_copy_from_url(source.url + "/slow")
    own.kill()
    again = Store(tmp_path)
    blob = again.blob().get_blob_client("abc", "k")
    assert blob.get_blob_properties().copy.status == "failed"
    blob.upload_blob(b"1", overwrite=True)
    again.kill()


def test_sources_that_cannot_be_read(container, source):
    blob = container.get_blob_client("k")
    with pytest.raises(HttpResponseError) as error:
        blob.start_copy_from_url(source.url + "/missing")
    assert (error.value.status_code, error.value.error_code) == (404, "CannotVerifyCopySource")
    assert not blob.exists()


def test_a_copy_within_the_store_is_there_at_once(container):
    source = container.upload_blob(
        "s", b"1" * 1000, metadata={"a": "b"}, tags={"t": "1"}, standard_blob_tier=StandardBlobTier.COOL,
        content_settings=ContentSettings(content_type="a/b", content_language="de"))
    blob = container.get_blob_client("k")
    answer = blob.start_copy_from_url(source.url)
    assert answer["copy_status"] == "success"
    properties = blob.get_blob_properties()
    assert (properties.copy.status, properties.copy.progress, properties.copy.id) == (
        "success", "1000/1000", answer["copy_id"])
    assert properties.metadata == {"a": "b"} and properties.content_settings.content_language == "de"
    assert properties.tag_count is None and properties.blob_tier_inferred
    with pytest.raises(HttpResponseError) as error:
        blob.abort_copy(answer)
    assert error.value.error_code == "NoPendingCopyOperation"
    blob.start_copy_from_url(source.url, metadata={"c": "d"}, tags={"u": "2"})
    assert blob.get_blob_properties().metadata == {"c": "d"} and blob.get_blob_tags() == {"u": "2"}
    blob.start_copy_from_url(source.url, requires_sync=True, tags="COPY")
    assert blob.get_blob_tags() == {"t": "1"}
    listed = {b.name: b for b in container.list_blobs(include=["copy"])}
    assert listed["k"].copy.status == "success" and listed["s"].copy.status is None


def test_conditions_on_source_and_target(container):
    source = container.upload_blob("s", b"1", tags={"t": "1"})
    blob = container.upload_blob("k", b"2", tags={"t": "2"})
    etag = source.get_blob_properties().etag
    for options in [dict(source_if_modified_since=FUTURE), dict(source_if_unmodified_since=PAST),
                    dict(source_etag="0x1", source_match_condition=MatchConditions.IfNotModified),
                    dict(source_etag=etag, source_match_condition=MatchConditions.IfModified),
                    dict(source_if_tags_match_condition="\"t\" = '2'"), dict(if_modified_since=FUTURE),
                    dict(if_unmodified_since=PAST), dict(if_tags_match_condition="\"t\" = '1'"),
                    dict(etag="0x1", match_condition=MatchConditions.IfNotModified)]:
        with pytest.raises(ResourceModifiedError):
            blob.start_copy_from_url(source.url, **options)
    blob.start_copy_from_url(
        source.url, source_etag=etag, source_match_condition=MatchConditions.IfNotModified,
        source_if_tags_match_condition="\"t\" = '1'", if_tags_match_condition="\"t\" = '2'")
    assert blob.download_blob().readall() == b"1"
    # What is put from an address is read as by any client: nothing more is told than that it could not be.
    for options in [dict(source_if_modified_since=FUTURE), dict(source_if_unmodified_since=PAST)]:
        with pytest.raises(ResourceNotFoundError) as error:
            blob.upload_blob_from_url(signed(source), overwrite=True, **options)
        assert error.value.error_code == "CannotVerifyCopySource"


def test_leases_of_source_and_target(container):
    source, blob = container.upload_blob("s", b"1"), container.upload_blob("k", b"2")
    lease, other = source.acquire_lease(), blob.acquire_lease()
    with pytest.raises(HttpResponseError) as error:
        blob.start_copy_from_url(source.url)
    assert error.value.error_code == "LeaseIdMissing"
    with pytest.raises(HttpResponseError) as error:
        blob.start_copy_from_url(source.url, destination_lease=other, source_lease=str(uuid.uuid4()))
    assert error.value.status_code == 412
    blob.start_copy_from_url(source.url, destination_lease=other, source_lease=lease)
    assert blob.get_blob_properties().lease.state == "leased"


def test_put_from_an_address(container):
    source = container.upload_blob(
        "s", b"1" * 1000, tags={"t": "1"}, content_settings=ContentSettings(content_type="a/b", content_language="de"))
    source.acquire_lease()
    blob = container.get_blob_client("k")
    blob.upload_blob_from_url(signed(source))
    with pytest.raises(ResourceExistsError):
        blob.upload_blob_from_url(signed(source))
    properties = blob.get_blob_properties()
    assert properties.content_settings.content_language == "de" and properties.lease.state == "available"
    assert properties.tag_count is None and properties.copy.id is None
    blob.upload_blob_from_url(signed(source), overwrite=True, include_source_blob_properties=False)
    assert blob.get_blob_properties().content_settings.content_language is None
    blob.upload_blob_from_url(
        signed(source), overwrite=True, tags={"u": "2"}, content_settings=ContentSettings(content_language="fr"))
    properties = blob.get_blob_properties()
    assert (properties.content_settings.content_language, properties.tag_count) == ("fr", 1)
    with pytest.raises(HttpResponseError):
        blob.upload_blob_from_url(source.url + "?sv=1&sig=x", overwrite=True)


def test_incremental_copies(container):
    disk = container.get_blob_client("disk")
    disk.create_page_blob(2048)
    disk.upload_page(b"a" * 512, 0, 512)
    first = container.get_blob_client("disk", snapshot=disk.create_snapshot())
    copy = container.get_blob_client("copy")
    assert copy.start_copy_from_url(first.url, incremental_copy=True)["copy_status"] == "success"
    disk.upload_page(b"b" * 512, 512, 512)
    second = container.get_blob_client("disk", snapshot=disk.create_snapshot())
    copy.start_copy_from_url(second.url, incremental_copy=True)
    properties = copy.get_blob_properties()
    assert properties.copy.incremental_copy and properties.copy.destination_snapshot
    snapshots = [b.snapshot for b in container.list_blobs(name_starts_with="copy", include=["snapshots"]) if b.snapshot]
    assert len(snapshots) == 2 and snapshots[1] == properties.copy.destination_snapshot
    contents = [container.get_blob_client("copy", snapshot=s).download_blob().readall()[:1024] for s in snapshots]
    assert contents == [b"a" * 512 + bytes(512), b"a" * 512 + b"b" * 512]
    with pytest.raises(HttpResponseError):
        copy.start_copy_from_url(disk.url, incremental_copy=True)
