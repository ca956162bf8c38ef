"""Each operation on a blob heeds each condition: entity tags, dates, tags, leases."""

import datetime
import uuid

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock, ContentSettings

PAST = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
FUTURE = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)

READS = {
    "download": lambda b, **o: b.download_blob(**o).readall(),
    "properties": lambda b, **o: b.get_blob_properties(**o),
    "query": lambda b, **o: b.query_blob("SELECT * FROM BlobStorage", **o).readall(),
}
WRITES = {
    "upload": lambda b, **o: b.upload_blob(b"2", overwrite=True, tags={"t": "1"}, **o),
    "headers": lambda b, **o: b.set_http_headers(ContentSettings(content_type="a/b"), **o),
    "metadata": lambda b, **o: b.set_blob_metadata({"a": "b"}, **o),
    "snapshot": lambda b, **o: b.create_snapshot(**o),
    "delete": lambda b, **o: b.delete_blob(**o),
    "commit": lambda b, **o: b.commit_block_list([BlobBlock("MQ==")], tags={"t": "1"}, **o),
}
APPENDS = {"append": lambda b, **o: b.append_block(b"x", **o), "seal": lambda b, **o: b.seal_append_blob(**o)}
PAGES = {
    "page": lambda b, **o: b.upload_page(b"x" * 512, 0, 512, **o),
    "clear": lambda b, **o: b.clear_page(0, 512, **o),
    "resize": lambda b, **o: b.resize_blob(1024, **o),
    "sequence": lambda b, **o: b.set_sequence_number("increment", **o),
    "ranges": lambda b, **o: b.get_page_ranges(**o),
}
CASES = [(kind, name) for kind, table in [("block", READS), ("block", WRITES), ("append", APPENDS), ("page", PAGES)]
         for name in table]
CALLS = READS | WRITES | APPENDS | PAGES


@pytest.fixture
def make(container):
    def run(kind):
        blob = container.get_blob_client(uuid.uuid4().hex)
        if kind == "append":
            blob.create_append_blob(tags={"t": "1"})
        elif kind == "page":
            blob.create_page_blob(512, tags={"t": "1"})
        else:
            blob.upload_blob(b"1", tags={"t": "1"})
            blob.stage_block("MQ==", b"block")
        return blob
    return run


@pytest.mark.parametrize("kind, name", CASES)
def test_conditions_that_hold_and_that_do_not(make, kind, name):
    blob, call = make(kind), CALLS[name]
    read = name in READS or name == "ranges"
    etag = blob.get_blob_properties().etag
    failing = [
        (dict(etag="0x1", match_condition=MatchConditions.IfNotModified), 412),
        (dict(etag=etag, match_condition=MatchConditions.IfModified), 304 if read else 412),
        (dict(if_unmodified_since=PAST), 412),
        (dict(if_modified_since=FUTURE), 304 if read else 412),
        (dict(if_tags_match_condition="\"t\" = '2'"), 412),
    ]
    for options, status in failing:
        if name == "seal" and "if_tags_match_condition" in options:
            continue  # The client does not send it.
        with pytest.raises(HttpResponseError) as error:
            call(blob, **options)
        assert error.value.status_code == status, options
        assert error.value.response.headers["x-ms-error-code"] == "ConditionNotMet", options
    holding = [
        dict(etag=etag, match_condition=MatchConditions.IfNotModified),
        dict(etag="0x1", match_condition=MatchConditions.IfModified),
        dict(if_unmodified_since=FUTURE), dict(if_modified_since=PAST), dict(if_tags_match_condition="\"t\" = '1'"),
    ]
    for options in holding:
        target = blob if read else make(kind)
        if options.get("etag") == etag:
            options["etag"] = target.get_blob_properties().etag
        call(target, **options)


@pytest.mark.parametrize("kind, name", CASES)
def test_leases(make, kind, name):
    blob, call = make(kind), CALLS[name]
    read = name in READS or name in ("ranges", "snapshot")
    with pytest.raises(HttpResponseError) as error:
        call(blob, lease=str(uuid.uuid4()))
    assert error.value.status_code == 412
    assert error.value.response.headers["x-ms-error-code"] == "LeaseNotPresentWithBlobOperation"
    lease = blob.acquire_lease()
    with pytest.raises(HttpResponseError) as error:
        call(blob, lease=str(uuid.uuid4()))
    assert error.value.response.headers["x-ms-error-code"] == "LeaseIdMismatchWithBlobOperation"
    if not read:
        with pytest.raises(HttpResponseError) as error:
            call(blob)
        assert error.value.response.headers["x-ms-error-code"] == "LeaseIdMissing"
    call(blob, lease=lease)


@pytest.mark.parametrize("call", [
    lambda b, **o: b.get_blob_tags(**o), lambda b, **o: b.set_blob_tags({"t": "1"}, **o),
    lambda b, **o: b.get_block_list("all", **o), lambda b, **o: b.set_standard_blob_tier("Cool", **o),
    lambda b, **o: b.acquire_lease(**o)])
def test_tags_as_conditions_elsewhere(make, call):
    blob = make("block")
    with pytest.raises(HttpResponseError) as error:
        call(blob, if_tags_match_condition="\"t\" = '2'")
    assert error.value.status_code == 412
    call(blob, if_tags_match_condition="\"t\" = '1' AND \"t\" > '0'")


@pytest.mark.parametrize("name", ["set_container_metadata", "set_container_access_policy", "delete_container"])
def test_containers_heed_dates(blobs, name):
    container = blobs.create_container("c-" + uuid.uuid4().hex)
    arguments = [] if name == "delete_container" else [{}]
    for options in [dict(if_modified_since=FUTURE)] + (
            [] if name == "set_container_metadata" else [dict(if_unmodified_since=PAST)]):
        with pytest.raises(HttpResponseError) as error:
            getattr(container, name)(*arguments, **options)
        assert error.value.status_code == 412
    getattr(container, name)(*arguments, if_modified_since=PAST)


def test_malformed_conditions(store, container):
    blob = container.upload_blob("k", b"1")
    with pytest.raises(HttpResponseError) as error:
        blob.get_blob_properties(if_tags_match_condition="nonsense")
    assert error.value.status_code == 400


@pytest.mark.parametrize("kind, make_again", [
    ("block", lambda b, **o: b.upload_blob(b"2", overwrite=True, **o)),
    ("block", lambda b, **o: b.commit_block_list([BlobBlock("MQ==")], **o)),
    ("block", lambda b, **o: b.start_copy_from_url(b.url, **o)),
    ("append", lambda b, **o: b.create_append_blob(**o)), ("page", lambda b, **o: b.create_page_blob(512, **o))])
def test_only_what_is_not_there_is_made(make, kind, make_again):
    blob = make(kind)
    with pytest.raises(HttpResponseError) as error:
        make_again(blob, match_condition=MatchConditions.IfMissing)
    assert (error.value.status_code, error.value.error_code) == (409, "BlobAlreadyExists")
    # To set something there is no such condition.
    blob.set_blob_metadata({"a": "b"}, match_condition=MatchConditions.IfMissing)
