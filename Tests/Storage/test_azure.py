"""The Azure Blob dialect through azure-storage-blob."""

import base64
import datetime
import os
import time
import urllib.error
import urllib.request
import uuid

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError, HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError)
from azure.storage.blob import (
    AccessPolicy, AccountSasPermissions, BlobBlock, BlobClient, BlobSasPermissions, BlobType, ContainerSasPermissions,
    ContentSettings, ResourceTypes, StandardBlobTier, generate_account_sas, generate_blob_sas, generate_container_sas)

from object_store import ACCOUNT, ACCOUNT_KEY


def soon(hours=1):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)


def test_containers(blobs):
    name = "c-" + uuid.uuid4().hex
    container = blobs.create_container(name, metadata={"Owner": "me"})
    assert container.get_container_properties().metadata == {"Owner": "me"}
    with pytest.raises(ResourceExistsError) as error:
        blobs.create_container(name)
    assert error.value.error_code == "ContainerAlreadyExists"
    found = [c for c in blobs.list_containers(name_starts_with=name, include_metadata=True)]
    assert [(c.name, c.metadata) for c in found] == [(name, {"Owner": "me"})]
    container.set_container_metadata({"a": "b"})
    assert container.get_container_properties().metadata == {"a": "b"}
    container.delete_container()
    with pytest.raises(ResourceNotFoundError) as error:
        container.get_container_properties()
    assert error.value.error_code == "ContainerNotFound"


def test_container_pages(blobs):
    prefix = "p" + uuid.uuid4().hex[:20]
    for n in range(5):
        blobs.create_container(f"{prefix}-{n}")
    pages = blobs.list_containers(name_starts_with=prefix, results_per_page=2).by_page()
    assert [[c.name[-1] for c in page] for page in pages] == [["0", "1"], ["2", "3"], ["4"]]


@pytest.mark.parametrize("size", [0, 1, 4096, 40_000, 5 << 20])
def test_block_blobs(container, size):
    body = os.urandom(size)
    blob = container.get_blob_client("dir/a b+ü.bin")
    blob.upload_blob(body, metadata={"prompt": "a cat"}, content_settings=ContentSettings(content_type="image/png"))
    with pytest.raises(ResourceExistsError) as error:
        blob.upload_blob(body)
    assert error.value.error_code == "BlobAlreadyExists"
    assert blob.download_blob().readall() == body
    properties = blob.get_blob_properties()
    assert properties.size == size and properties.metadata == {"prompt": "a cat"}
    assert properties.content_settings.content_type == "image/png"
    blob.upload_blob(b"again", overwrite=True)
    assert blob.download_blob().readall() == b"again"
    blob.delete_blob()
    assert not blob.exists()


def test_blocks(container):
    body = os.urandom(10 << 20)
    blob = BlobClient.from_blob_url(
        container.get_blob_client("big").url, credential=ACCOUNT_KEY, max_single_put_size=1 << 20,
        max_block_size=1 << 20)
    blob.upload_blob(body, max_concurrency=4)
    assert blob.download_blob(max_concurrency=4).readall() == body
    committed, uncommitted = blob.get_block_list("all")
    assert len(committed) == 10 and uncommitted == []
    blob.stage_block("b" * 24, b"tail")
    assert [b.size for b in blob.get_block_list("uncommitted")[1]] == [4]
    last = committed[9].id
    blob.commit_block_list([BlobBlock(last), BlobBlock(last)])
    assert blob.download_blob().readall() == body[9 << 20:] * 2
    with pytest.raises(HttpResponseError) as error:
        blob.commit_block_list([BlobBlock("x" * 24)])
    assert error.value.error_code == "InvalidBlockList"


def test_ranges(container):
    blob = container.upload_blob("r", b"0123456789")
    assert blob.download_blob(offset=3, length=4).readall() == b"3456"
    with pytest.raises(HttpResponseError) as error:
        blob.download_blob(offset=10, length=1)
    assert error.value.status_code == 416


def test_properties_and_tags(container):
    blob = container.upload_blob("p", b"x", tags={"a": "1"})
    blob.set_http_headers(ContentSettings(content_type="text/plain", cache_control="no-store"))
    blob.set_blob_metadata({"Mixed": "Case"})
    properties = blob.get_blob_properties()
    assert properties.content_settings.cache_control == "no-store"
    assert properties.metadata == {"Mixed": "Case"}
    assert properties.tag_count == 1
    blob.set_blob_tags({"b": "2"})
    assert blob.get_blob_tags() == {"b": "2"}
    blob.set_standard_blob_tier(StandardBlobTier.COOL)
    assert blob.get_blob_properties().blob_tier == "Cool"


def test_conditions(container):
    blob = container.upload_blob("c", b"1")
    etag = blob.get_blob_properties().etag
    blob.set_blob_metadata({"a": "b"}, etag=etag, match_condition=MatchConditions.IfNotModified)
    with pytest.raises(ResourceModifiedError) as error:
        blob.upload_blob(b"2", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
    assert error.value.error_code == "ConditionNotMet"


def test_listing(container):
    names = ["a", "b/1", "b/2", "b/c/3", "z ü"]
    for name in names:
        container.upload_blob(name, b"x", metadata={"n": "v"})
    assert [b.name for b in container.list_blobs()] == names
    assert [b.metadata for b in container.list_blobs(include=["metadata"], name_starts_with="a")] == [{"n": "v"}]
    assert sorted(b.name for b in container.walk_blobs()) == ["a", "b/", "z ü"]
    assert sorted(b.name for b in container.walk_blobs(name_starts_with="b/")) == ["b/1", "b/2", "b/c/"]
    pages = container.list_blobs(results_per_page=2).by_page()
    assert [[b.name for b in page] for page in pages] == [names[:2], names[2:4], names[4:]]


def test_snapshots(container):
    blob = container.upload_blob("s", b"old")
    snapshot = blob.create_snapshot()
    blob.upload_blob(b"new", overwrite=True)
    old = container.get_blob_client("s", snapshot=snapshot["snapshot"])
    assert old.download_blob().readall() == b"old"
    lease = blob.acquire_lease()
    assert (old.get_blob_properties().lease.status, old.get_blob_properties().lease.state) == ("unlocked", "available")
    lease.release()
    assert [b.snapshot for b in container.list_blobs(include=["snapshots"])] == [snapshot["snapshot"], None]
    with pytest.raises(ResourceExistsError) as error:
        blob.delete_blob()
    assert error.value.error_code == "SnapshotsPresent"
    blob.delete_blob(delete_snapshots="include")
    assert not old.exists()


def test_copy(container):
    source = container.upload_blob("from", b"x" * 100_000, metadata={"a": "b"})
    target = container.get_blob_client("to")
    assert target.start_copy_from_url(source.url)["copy_status"] == "success"
    source.delete_blob()
    assert target.download_blob().readall() == b"x" * 100_000
    assert target.get_blob_properties().metadata == {"a": "b"}
    other = container.get_blob_client("url")
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "to", account_key=ACCOUNT_KEY, permission=BlobSasPermissions(read=True),
        expiry=soon())
    other.upload_blob_from_url(target.url + "?" + sas)
    assert other.download_blob().readall() == b"x" * 100_000


def test_leases(container):
    blob = container.upload_blob("l", b"x")
    lease = blob.acquire_lease(lease_duration=15)
    with pytest.raises(HttpResponseError) as error:
        blob.upload_blob(b"y", overwrite=True)
    assert error.value.error_code == "LeaseIdMissing"
    blob.upload_blob(b"y", overwrite=True, lease=lease)
    with pytest.raises(HttpResponseError) as error:
        blob.acquire_lease(lease_duration=15)
    assert error.value.error_code == "LeaseAlreadyPresent"
    lease.renew()
    lease.change(str(uuid.uuid4()))
    lease.release()
    blob.delete_blob()


def test_append_blobs(container):
    blob = container.get_blob_client("log")
    blob.create_append_blob()
    for n in range(3):
        blob.append_block(f"line {n}\n")
    assert blob.download_blob().readall() == b"line 0\nline 1\nline 2\n"
    with pytest.raises(HttpResponseError) as error:
        blob.append_block(b"x", appendpos_condition=1)
    assert error.value.error_code == "AppendPositionConditionNotMet"
    blob.seal_append_blob()
    with pytest.raises(HttpResponseError) as error:
        blob.append_block(b"x")
    assert error.value.error_code == "BlobIsSealed"


def test_page_blobs(container):
    blob = container.get_blob_client("disk")
    blob.create_page_blob(4096)
    blob.upload_page(b"a" * 1024, offset=512, length=1024)
    blob.upload_page(b"b" * 512, offset=1024, length=512)
    assert blob.download_blob().readall() == b"\0" * 512 + b"a" * 512 + b"b" * 512 + b"\0" * 2560
    assert blob.get_page_ranges()[0] == [{"start": 512, "end": 1535}]
    blob.clear_page(offset=512, length=512)
    assert blob.get_page_ranges()[0] == [{"start": 1024, "end": 1535}]
    blob.resize_blob(1024)
    assert blob.download_blob().readall() == b"\0" * 1024


def test_a_checksum_is_kept_by_writes_to_parts(container):
    """It is whatever the client said of the blob."""
    settings = ContentSettings(content_md5=bytearray(range(16)))
    log, disk = container.get_blob_client("log"), container.get_blob_client("disk")
    log.create_append_blob(content_settings=settings)
    log.append_block(b"x")
    disk.create_page_blob(1024, content_settings=settings)
    disk.upload_page(b"x" * 512, 0, 512)
    disk.clear_page(0, 512)
    assert [b.get_blob_properties().content_settings.content_md5 for b in [log, disk]] == [bytearray(range(16))] * 2


def test_batch(container):
    for n in range(4):
        container.upload_blob(f"k{n}", b"x")
    answers = list(container.delete_blobs("k0", "k1", "none", raise_on_any_failure=False))
    assert [a.status_code for a in answers] == [202, 202, 404]
    assert [b.name for b in container.list_blobs()] == ["k2", "k3"]


def test_public_access(container):
    container.upload_blob("p", b"public")
    url = container.get_blob_client("p").url
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url)
    container.set_container_access_policy({}, public_access="blob")
    assert urllib.request.urlopen(url).read() == b"public"


def test_sas(container):
    container.upload_blob("dir/s", b"secret")
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "dir/s", account_key=ACCOUNT_KEY, expiry=soon(),
        permission=BlobSasPermissions(read=True), content_disposition="attachment")
    url = container.get_blob_client("dir/s").url
    answer = urllib.request.urlopen(url + "?" + sas)
    assert answer.read() == b"secret" and answer.headers["Content-Disposition"] == "attachment"
    with pytest.raises(HttpResponseError) as error:
        BlobClient.from_blob_url(url + "?" + sas).delete_blob()
    assert error.value.error_code == "AuthorizationPermissionMismatch"
    for changed in [sas.replace("sp=r", "sp=rd"), sas[:-8] + ("A" if sas[-8] != "A" else "B") + sas[-7:]]:
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(url + "?" + changed)
        assert error.value.code == 403
    expired = generate_blob_sas(
        ACCOUNT, container.container_name, "dir/s", account_key=ACCOUNT_KEY, expiry=soon(-1),
        permission=BlobSasPermissions(read=True))
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url + "?" + expired)
    assert error.value.code == 403


def test_stored_policy_and_account_sas(store, container):
    container.upload_blob("s", b"1")
    container.set_container_access_policy(
        {"readers": AccessPolicy(permission=ContainerSasPermissions(read=True), expiry=soon(), start=soon(-1))})
    sas = generate_container_sas(ACCOUNT, container.container_name, account_key=ACCOUNT_KEY, policy_id="readers")
    url = container.get_blob_client("s").url
    assert urllib.request.urlopen(url + "?" + sas).read() == b"1"
    container.set_container_access_policy({})
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url + "?" + sas)
    account = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes(object=True), AccountSasPermissions(read=True), soon())
    assert urllib.request.urlopen(url + "?" + account).read() == b"1"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{store.blob_endpoint}/?comp=list&{account}")
    assert error.value.headers["x-ms-error-code"] == "AuthorizationResourceTypeMismatch"


def test_wrong_key(store):
    from azure.storage.blob import BlobServiceClient

    wrong = base64.b64encode(b"wrong" * 8).decode()
    with pytest.raises(ClientAuthenticationError) as error:
        list(BlobServiceClient(store.blob_endpoint, credential=wrong, retry_total=0).list_containers())
    assert error.value.error_code == "AuthenticationFailed"


def test_one_store_beneath(s3, blobs, bucket):
    s3.put_object(Bucket=bucket, Key="from-s3", Body=b"1", Metadata={"prompt": "x"}, ContentType="text/plain")
    blob = blobs.get_blob_client(bucket, "from-s3")
    assert blob.download_blob().readall() == b"1"
    assert blob.get_blob_properties().metadata == {"prompt": "x"}
    blobs.get_blob_client(bucket, "from-azure").upload_blob(b"2", metadata={"Prompt": "y"})
    got = s3.get_object(Bucket=bucket, Key="from-azure")
    assert (got["Body"].read(), got["Metadata"]) == (b"2", {"prompt": "y"})


def test_service_properties(blobs):
    blobs.get_service_properties()
    assert blobs.get_account_information()["account_kind"] == "StorageV2"


def test_find_by_tags(blobs, container):
    mark = uuid.uuid4().hex
    for n in range(5):
        container.upload_blob(f"k{n}", b"x", tags={"mark": mark, "n": str(n)})
    found = blobs.find_blobs_by_tags(f"\"mark\" = '{mark}' AND \"n\" >= '3'")
    assert [(b.name, b.container_name) for b in found] == [
        ("k3", container.container_name), ("k4", container.container_name)]
    assert [b.name for b in container.find_blobs_by_tags(f"\"mark\" = '{mark}' AND \"n\" = '1'")] == ["k1"]
    blob = container.get_blob_client("k0")
    blob.set_blob_metadata({"a": "b"}, if_tags_match_condition="\"n\" = '0'")
    with pytest.raises(ResourceModifiedError):
        blob.set_blob_metadata({"a": "b"}, if_tags_match_condition="\"n\" = '1'")


def test_soft_delete(store, tmp_path):
    from azure.storage.blob import RetentionPolicy

    from object_store import Store

    own = Store(tmp_path)
    service = own.blob()
    service.set_service_properties(delete_retention_policy=RetentionPolicy(enabled=True, days=3))
    assert service.get_service_properties()["delete_retention_policy"].days == 3
    container = service.create_container("soft")
    blob = container.upload_blob("k", b"kept", metadata={"a": "b"})
    blob.delete_blob()
    assert not blob.exists() and [b.name for b in container.list_blobs()] == []
    deleted = list(container.list_blobs(include=["deleted"]))
    assert [(b.name, b.deleted, b.remaining_retention_days) for b in deleted] == [("k", True, 3)]
    blob.undelete_blob()
    assert blob.download_blob().readall() == b"kept" and blob.get_blob_properties().metadata == {"a": "b"}
    own.kill()


def test_container_undelete(tmp_path):
    from azure.storage.blob import RetentionPolicy

    from object_store import Store

    own = Store(tmp_path)
    service = own.blob()
    service.create_container("gone").delete_container()
    assert [c.name for c in service.list_containers(include_deleted=True)] == []
    service.set_service_properties(delete_retention_policy=RetentionPolicy(enabled=True, days=2))
    for name in ["abc", "abc-1"]:
        container = service.create_container(name, metadata={"a": "b"})
        container.upload_blob("k", b"kept")
    service.delete_container("abc")
    assert [c.name for c in service.list_containers()] == ["abc-1"]
    pages = service.list_containers(include_deleted=True, results_per_page=1).by_page()
    found = [c for page in pages for c in page]
    assert [(c.name, bool(c.deleted)) for c in found] == [("abc", True), ("abc-1", False)]
    service.create_container("abc")
    with pytest.raises(ResourceExistsError) as error:
        service.undelete_container("abc", found[0].version)
    assert error.value.error_code == "ContainerAlreadyExists"
    service.delete_container("abc")
    with pytest.raises(ResourceNotFoundError):
        service.undelete_container("abc", "1")
    restored = service.undelete_container("abc", found[0].version)
    assert restored.get_container_properties().metadata == {"a": "b"}
    assert restored.download_blob("k").readall() == b"kept"
    service.set_service_properties(delete_retention_policy=RetentionPolicy(enabled=False))
    restored.delete_container()
    # What was deleted before stays as long as was said then; what is deleted now is gone.
    left = service.list_containers(include_deleted=True)
    assert [(c.name, bool(c.deleted)) for c in left] == [("abc", True), ("abc-1", False)]
    own.kill()


def test_versions(s3, blobs, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    container = blobs.get_container_client(bucket)
    blob = container.get_blob_client("v")
    first = blob.upload_blob(b"one")["version_id"]
    second = blob.upload_blob(b"two", overwrite=True)["version_id"]
    assert first and second and first != second
    properties = blob.get_blob_properties()
    assert (properties.version_id, properties.is_current_version) == (second, True)
    old = container.get_blob_client("v", version_id=first)
    assert old.download_blob().readall() == b"one" and not old.get_blob_properties().is_current_version
    found = [(b.version_id, bool(b.is_current_version)) for b in container.list_blobs(include=["versions"])]
    assert found == [(first, False), (second, True)]
    blob.start_copy_from_url(f"{blob.url}?versionid={first}")
    assert blob.download_blob().readall() == b"one"
    blob.delete_blob()
    assert not blob.exists() and [b.name for b in container.list_blobs()] == []
    assert container.get_blob_client("v", version_id=second).download_blob().readall() == b"two"
    old.delete_blob()
    assert first not in [b.version_id for b in container.list_blobs(include=["versions"])]


def test_service_properties_round_trip(tmp_path):
    from azure.storage.blob import BlobAnalyticsLogging, CorsRule, Metrics, RetentionPolicy, StaticWebsite

    from object_store import Store

    own = Store(tmp_path)
    service = own.blob()
    given = {
        "analytics_logging": BlobAnalyticsLogging(
            read=True, write=True, delete=False, retention_policy=RetentionPolicy(enabled=True, days=5)),
        "hour_metrics": Metrics(
            enabled=True, include_apis=True, retention_policy=RetentionPolicy(enabled=True, days=6)),
        "minute_metrics": Metrics(enabled=False, retention_policy=RetentionPolicy(enabled=False)),
        "cors": [CorsRule(["https://a.example", "https://b.example"], ["GET", "PUT"], allowed_headers=["x-ms-*"],
                          exposed_headers=["etag"], max_age_in_seconds=60)],
        "delete_retention_policy": RetentionPolicy(enabled=True, days=7),
        "static_website": StaticWebsite(
            enabled=True, index_document="index.html", error_document404_path="missing & <gone>.html"),
    }
    service.set_service_properties(**given)
    got = service.get_service_properties()

    def plain(value):
        if isinstance(value, list):
            return [plain(v) for v in value]
        return {k: plain(v) for k, v in vars(value).items()} if hasattr(value, "__dict__") else value

    for name, value in given.items():
        assert plain(got[name]) == plain(value), name
    service.set_service_properties(cors=[])
    assert service.get_service_properties()["cors"] == []
    assert plain(service.get_service_properties()["static_website"]) == plain(given["static_website"])
    own.kill()


def test_user_delegation(blobs, container):
    container.upload_blob("dir/u", b"1")
    url = container.get_blob_client("dir/u").url
    key = blobs.get_user_delegation_key(soon(-1), soon())
    readable = BlobSasPermissions(read=True)

    def sign(key, permission=readable, expiry=None, name="dir/u"):
        return generate_blob_sas(
            ACCOUNT, container.container_name, name, user_delegation_key=key, permission=permission,
            expiry=expiry or soon())

    def refused(query):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(url + "?" + query)
        assert error.value.code == 403
        return error.value.headers["x-ms-error-code"]

    sas = sign(key)
    assert urllib.request.urlopen(url + "?" + sas).read() == b"1"
    whole = generate_container_sas(
        ACCOUNT, container.container_name, user_delegation_key=key, expiry=soon(),
        permission=ContainerSasPermissions(read=True))
    assert urllib.request.urlopen(url + "?" + whole).read() == b"1"
    for name in ["skoid", "sktid", "skt", "ske", "sks", "skv", "sp", "se", "sv", "sr"]:
        before, _, rest = sas.partition(name + "=")
        value, _, after = rest.partition("&")
        assert refused(f"{before}{name}={value[:-1]}{'0' if value[-1] != '0' else '1'}&{after}") == (
            "AuthenticationFailed"), name
    assert refused(sign(key, name="other")) == "AuthenticationFailed"
    assert refused(sign(key, expiry=soon(-1))) == "AuthenticationFailed"
    assert refused(sign(key, permission=BlobSasPermissions(write=True))) == "AuthorizationPermissionMismatch"
    assert refused(sas + "&srq=a") == "AuthenticationFailed"
    early = blobs.get_user_delegation_key(soon(1), soon(2))
    assert refused(sign(early)) == "AuthenticationFailed"
    with pytest.raises(HttpResponseError) as error:
        blobs.get_user_delegation_key(soon(), soon(24 * 8))
    assert error.value.error_code == "InvalidInput"


def bearer(claims, key=ACCOUNT_KEY, alg="HS256"):
    """A token of the emulator's own issuer, made with the account's key."""
    import hashlib
    import hmac
    import json

    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    text = encode(json.dumps({"alg": alg, "typ": "JWT"}).encode()) + "." + encode(json.dumps(claims).encode())
    return text + "." + encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest())


def test_bearer_tokens(store, container):
    container.upload_blob("t", b"1")
    url = container.get_blob_client("t").url
    good = {"aud": "https://storage.azure.com", "exp": int(soon().timestamp()), "oid": "me", "tid": "here"}

    def get(token, url=url, data=None):
        headers = {"Authorization": "Bearer " + token, "x-ms-version": "2026-10-06"}
        return urllib.request.urlopen(urllib.request.Request(url, data, headers)).read()

    assert get(bearer(good)) == b"1"
    key = f"<KeyInfo><Expiry>{soon():%Y-%m-%dT%H:%M:%SZ}</Expiry></KeyInfo>".encode()
    answer = get(bearer(good), store.blob_endpoint + "/?restype=service&comp=userdelegationkey", key)
    assert b"<SignedOid>me</SignedOid><SignedTid>here</SignedTid>" in answer
    past, future = int(soon(-1).timestamp()), int(soon().timestamp())
    for token in [
            bearer({**good, "exp": past}), bearer({**good, "nbf": future}), bearer({**good, "aud": "https://other"}),
            bearer({k: v for k, v in good.items() if k != "exp"}),
            bearer({k: v for k, v in good.items() if k != "oid"}),
            bearer(good, key=base64.b64encode(b"wrong" * 8).decode()), bearer(good, alg="none"), "a.b.c", "x"]:
        with pytest.raises(urllib.error.HTTPError) as error:
            get(token)
        assert (error.value.code, error.value.headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")


@pytest.fixture
def outside():
    """A web server with one picture that serves ranges, and one secret one."""
    import http.server
    import threading

    class Handler(http.server.BaseHTTPRequestHandler):
        body = bytes(range(256)) * 8

        def do_GET(self):
            allowed = self.path == "/cat.png" or self.headers.get("Authorization") == "Bearer x"
            if not allowed:
                self.send_error(404 if self.path == "/none" else 403)
                return
            wanted = self.headers.get("Range")
            first, last = (int(n) for n in wanted[6:].split("-")) if wanted else (0, len(self.body) - 1)
            part = self.body[first:last + 1]
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.body, server.url = Handler.body, f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


def test_from_outside(container, outside):
    picture, body = outside.url + "/cat.png", outside.body
    copied = container.get_blob_client("copied")
    assert copied.start_copy_from_url(picture, metadata={"a": "b"})["copy_status"] == "pending"
    while copied.get_blob_properties().copy.status == "pending":
        time.sleep(0.05)
    properties = copied.get_blob_properties()
    assert (properties.copy.source, properties.copy.progress) == (picture, "2048/2048")
    assert (properties.content_settings.content_type, properties.metadata) == ("image/png", {"a": "b"})
    assert copied.download_blob().readall() == body
    put = container.get_blob_client("put")
    put.upload_blob_from_url(picture, content_settings=ContentSettings(content_type="image/x"))
    assert put.get_blob_properties().content_settings.content_type == "image/x"
    assert put.download_blob().readall() == body
    blocks = container.get_blob_client("blocks")
    blocks.stage_block_from_url("a" * 24, picture, source_offset=256, source_length=100)
    blocks.commit_block_list([BlobBlock("a" * 24)])
    assert blocks.download_blob().readall() == body[:100]
    log = container.get_blob_client("log")
    log.create_append_blob()
    log.append_block_from_url(picture, source_offset=1, source_length=3)
    assert log.download_blob().readall() == b"\x01\x02\x03"
    disk = container.get_blob_client("disk")
    disk.create_page_blob(1024)
    disk.upload_pages_from_url(picture, offset=512, length=512, source_offset=512)
    assert disk.download_blob().readall() == bytes(512) + body[512:1024]
    put.upload_blob_from_url(outside.url + "/secret", overwrite=True, source_authorization="Bearer x")
    for path, status in [("/none", 404), ("/secret", 403)]:
        with pytest.raises(HttpResponseError) as error:
            copied.start_copy_from_url(outside.url + path)
        assert (error.value.status_code, error.value.error_code) == (status, "CannotVerifyCopySource")
    with pytest.raises(HttpResponseError) as error:
        put.upload_blob_from_url(picture, overwrite=True, source_content_md5=b"0" * 16)
    assert error.value.error_code == "Md5Mismatch"
    with pytest.raises(HttpResponseError) as error:
        copied.start_copy_from_url("http://127.0.0.1:1/x")
    assert error.value.error_code == "CannotVerifyCopySource"
    assert copied.download_blob().readall() == body
