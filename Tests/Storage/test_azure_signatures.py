"""What shared access signatures grant: each permission, each resource, and nothing beside it."""

import base64
import hashlib
import hmac
import uuid
from urllib.parse import urlencode

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    AccountSasPermissions, BlobClient, BlobSasPermissions, BlobServiceClient, ContainerClient, ContainerSasPermissions,
    ImmutabilityPolicy, ResourceTypes, generate_account_sas, generate_blob_sas, generate_container_sas)

from object_store import ACCOUNT, ACCOUNT_KEY
from test_azure import bearer, soon

BLOB_CALLS = {
    "read": ("r", lambda b: b.download_blob().readall()),
    "properties": ("r", lambda b: b.get_blob_properties()),
    "blocks": ("r", lambda b: b.get_block_list("all")),
    "query": ("r", lambda b: b.query_blob("SELECT * FROM BlobStorage").readall()),
    "overwrite": ("w", lambda b: b.upload_blob(b"2", overwrite=True)),
    "stage": ("w", lambda b: b.stage_block("1", b"x")),
    "commit": ("w", lambda b: b.commit_block_list([])),
    "metadata": ("w", lambda b: b.set_blob_metadata({"a": "b"})),
    "headers": ("w", lambda b: b.set_http_headers()),
    "tier": ("w", lambda b: b.set_standard_blob_tier("Cool")),
    "snapshot": ("cw", lambda b: b.create_snapshot()),
    "delete": ("d", lambda b: b.delete_blob()),
    "tags": ("t", lambda b: b.get_blob_tags()),
    "set tags": ("t", lambda b: b.set_blob_tags({"a": "b"})),
    "lease": ("wd", lambda b: b.acquire_lease()),
    "hold": ("i", lambda b: b.set_legal_hold(False)),
    "policy": ("i", lambda b: b.set_immutability_policy(ImmutabilityPolicy(expiry_time=soon(0.01), policy_mode="Unlocked"))),
    "undelete": ("w", lambda b: b.undelete_blob()),
    "account": ("racwd", lambda b: b.get_account_information()),
}


def outcome(call):
    try:
        call()
        return None
    except HttpResponseError as error:
        return error.response.headers["x-ms-error-code"]


def anonymous(url, sas):
    return BlobClient.from_blob_url(url + "?" + sas)


@pytest.mark.parametrize("letter", "racwdxti")
def test_a_blobs_signature_grants_what_it_says(container, letter):
    for name, (letters, call) in BLOB_CALLS.items():
        blob = container.upload_blob(uuid.uuid4().hex, b"1")
        sas = generate_blob_sas(
            ACCOUNT, container.container_name, blob.blob_name, account_key=ACCOUNT_KEY, expiry=soon(),
            permission=BlobSasPermissions.from_string(letter))
        expected = None if letter in letters else "AuthorizationPermissionMismatch"
        assert outcome(lambda: call(anonymous(blob.url, sas))) == expected, name


def test_creating_is_not_overwriting(container):
    name = uuid.uuid4().hex
    blob = container.get_blob_client(name)
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, name, account_key=ACCOUNT_KEY, expiry=soon(),
        permission=BlobSasPermissions(create=True))
    create = lambda: anonymous(blob.url, sas).upload_blob(b"1", overwrite=True)
    assert outcome(create) is None
    assert outcome(create) == "AuthorizationPermissionMismatch"
    assert blob.download_blob().readall() == b"1"


def test_tags_on_an_upload_are_granted_apart(container):
    blob = container.get_blob_client("k")
    for letters, expected in [("cw", "AuthorizationPermissionMismatch"), ("cwt", None)]:
        sas = generate_blob_sas(
            ACCOUNT, container.container_name, "k", account_key=ACCOUNT_KEY, expiry=soon(),
            permission=BlobSasPermissions.from_string(letters))
        assert outcome(lambda: anonymous(blob.url, sas).upload_blob(b"1", tags={"a": "b"})) == expected


def test_versions_are_deleted_apart(s3, blobs, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    blob = blobs.get_blob_client(bucket, "k")
    version = blob.upload_blob(b"1")["version_id"]
    for letter, expected in [("d", "AuthorizationPermissionMismatch"), ("x", None)]:
        sas = generate_container_sas(
            ACCOUNT, bucket, account_key=ACCOUNT_KEY, expiry=soon(),
            permission=ContainerSasPermissions.from_string(letter))
        assert outcome(lambda: anonymous(blob.url, sas).delete_blob(version_id=version)) == expected


CONTAINER_CALLS = {
    "properties": lambda c: c.get_container_properties(), "create": lambda c: c.create_container(),
    "delete": lambda c: c.delete_container(), "metadata": lambda c: c.set_container_metadata({}),
    "policy": lambda c: c.get_container_access_policy(), "lease": lambda c: c.acquire_lease(),
}


@pytest.mark.parametrize("name", CONTAINER_CALLS)
def test_a_containers_signature_is_for_what_is_in_it(container, name):
    sas = generate_container_sas(
        ACCOUNT, container.container_name, account_key=ACCOUNT_KEY, expiry=soon(),
        permission=ContainerSasPermissions.from_string("racwdxltfmeopi"))
    client = ContainerClient.from_container_url(container.url + "?" + sas)
    assert outcome(lambda: CONTAINER_CALLS[name](client)) == "AuthorizationPermissionMismatch"
    assert list(client.list_blobs()) == [] and list(client.find_blobs_by_tags("\"a\" = 'b'")) == []
    client.upload_blob("k", b"1").delete_blob()
    client.get_account_information()


@pytest.mark.parametrize("letter, allowed", [("l", True), ("r", False), ("w", False)])
def test_listing_is_granted_apart(container, letter, allowed):
    sas = generate_container_sas(
        ACCOUNT, container.container_name, account_key=ACCOUNT_KEY, expiry=soon(),
        permission=ContainerSasPermissions.from_string(letter))
    client = ContainerClient.from_container_url(container.url + "?" + sas)
    assert (outcome(lambda: list(client.list_blobs())) is None) == allowed


def test_no_container_signature_reaches_the_account(store, container):
    for sas in [
            generate_container_sas(ACCOUNT, container.container_name, account_key=ACCOUNT_KEY, expiry=soon(),
                                   permission=ContainerSasPermissions.from_string("racwdl")),
            generate_blob_sas(ACCOUNT, container.container_name, "k", account_key=ACCOUNT_KEY, expiry=soon(),
                              permission=BlobSasPermissions.from_string("racwd"))]:
        service = BlobServiceClient(store.blob_endpoint + "?" + sas, retry_total=0)
        for call in [service.get_account_information, service.get_service_properties,
                     lambda: list(service.list_containers())]:
            assert outcome(call) in ("AuthenticationFailed", "AuthorizationPermissionMismatch",
                                     "AuthorizationResourceTypeMismatch")


@pytest.mark.parametrize("types, level", [("s", "service"), ("c", "container"), ("o", "object")])
def test_an_accounts_signature_is_for_its_kinds_of_resources(store, container, types, level):
    container.upload_blob("k", b"1")
    sas = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes.from_string(types), AccountSasPermissions.from_string("rwdlacup"), soon())
    service = BlobServiceClient(store.blob_endpoint + "?" + sas, retry_total=0)
    own = service.get_container_client(container.container_name)
    calls = {
        "service": lambda: list(service.list_containers()), "container": lambda: list(own.list_blobs()),
        "object": lambda: own.get_blob_client("k").download_blob().readall()}
    for name, call in calls.items():
        assert outcome(call) == (None if name == level else "AuthorizationResourceTypeMismatch"), name


def test_a_signature_cannot_copy_what_it_cannot_read(container):
    source = container.upload_blob("s", b"secret")
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "k", account_key=ACCOUNT_KEY, expiry=soon(),
        permission=BlobSasPermissions.from_string("cw"))
    target = anonymous(container.get_blob_client("k").url, sas)
    assert outcome(lambda: target.start_copy_from_url(source.url)) == "CannotVerifyCopySource"
    assert outcome(lambda: target.stage_block_from_url("1", source.url)) == "CannotVerifyCopySource"


def test_both_slashes_are_the_same(container):
    container.upload_blob("dir\\k", b"1")
    assert [b.name for b in container.list_blobs()] == ["dir/k"]
    assert container.get_blob_client("dir/k").download_blob().readall() == b"1"


def test_headers_are_sorted_as_clients_sort_them(container):
    names = ["a0", "a1", "a_b", "a", "ab", "_", "_a", "a__a", "_1", "B", "a9z", "z_9", "A_", "zz", "x1_", "x1a", "x_1a"]
    blob = container.upload_blob("k", b"1", metadata={name: name.lower() for name in names})
    assert blob.get_blob_properties().metadata == {name: name.lower() for name in names}


@pytest.mark.parametrize("host", [f"{ACCOUNT}.blob.localhost", f"{ACCOUNT}.blob.core.windows.net:80"])
def test_the_account_may_stand_in_the_host(store, container, host):
    """As with the product: `http://account.blob.host/container/blob`."""
    blob = container.upload_blob("dir/k", b"x")
    read = {"account_key": ACCOUNT_KEY, "expiry": soon(), "permission": BlobSasPermissions(read=True)}
    sas = generate_blob_sas(ACCOUNT, container.container_name, "dir/k", **read)
    base = store.blob_endpoint.removesuffix("/" + ACCOUNT)
    path = f"{base}/{container.container_name}/dir/k?"
    assert requests.get(path + sas, headers={"host": host}).content == b"x"
    assert requests.get(blob.url + "?" + sas).content == b"x"
    # The name of the account belongs to what is signed.
    strange = {"host": host.replace(ACCOUNT, "other")}
    assert requests.get(path + sas, headers=strange).status_code in (400, 403, 404)


@pytest.mark.parametrize("in_host", [False, True])
def test_the_secondary_only_reads(store, container, in_host):
    container.upload_blob("k", b"x")
    sas = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, write=True, delete=True, list=True, create=True), soon())
    base, headers = store.blob_endpoint.removesuffix("/" + ACCOUNT), {}
    if in_host:
        headers = {"host": f"{ACCOUNT}-secondary.blob.localhost"}
    else:
        base += f"/{ACCOUNT}-secondary"
    place = f"{base}/{container.container_name}"
    assert requests.get(f"{place}/k?{sas}", headers=headers).content == b"x"
    listed = requests.get(f"{place}?restype=container&comp=list&{sas}", headers=headers)
    assert listed.status_code == 200 and b"<Name>k</Name>" in listed.content
    stats = requests.get(f"{base}/?restype=service&comp=stats&{sas}", headers=headers)
    assert stats.status_code == 200 and b"<Status>live</Status>" in stats.content
    for method, path, more in [
            ("PUT", "/k", {"x-ms-blob-type": "BlockBlob"}), ("DELETE", "/k", {}), ("PUT", "?restype=container", {}),
            ("DELETE", "?restype=container", {})]:
        answer = requests.request(
            method, place + path + ("&" if "?" in path else "?") + sas, headers={**headers, **more}, data=b"y")
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (
            403, "WriteOperationNotSupportedOnSecondary"), (method, path)
    assert container.download_blob("k").readall() == b"x"


def test_a_shared_key_may_sign_for_the_secondary(container, store):
    container.upload_blob("k", b"x")
    url = store.blob_endpoint.replace(ACCOUNT, ACCOUNT + "-secondary")
    service = BlobServiceClient(url, credential={"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}, retry_total=0)
    assert service.get_blob_client(container.container_name, "k").download_blob().readall() == b"x"


def signed_by_hand(blob, sr, snapshot="", name=None):
    """A signature whose fields need not fit together."""
    fields = {"sp": "rl", "se": f"{soon():%Y-%m-%dT%H:%M:%SZ}", "sv": "2020-02-10", "sr": sr}
    resource = f"/blob/{ACCOUNT}/{blob.container_name}/{blob.blob_name if name is None else name}"
    text = "\n".join([
        fields["sp"], "", fields["se"], resource, "", "", "", fields["sv"], sr, snapshot, "", "", "", "", ""])
    mac = hmac.digest(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256)
    return urlencode({**fields, "sig": base64.b64encode(mac)})


def answer_to(url, *queries, **headers):
    answer = requests.get(
        url + "?" + "&".join(queries), headers={"x-ms-version": "2020-02-10", **headers}, timeout=20)
    return answer.text if answer.status_code == 200 else (answer.status_code, answer.headers["x-ms-error-code"])


def test_a_snapshots_signature_is_for_the_snapshot(container):
    blob = container.upload_blob("k", b"old")
    first, second = (blob.create_snapshot()["snapshot"] for _ in range(2))
    blob.upload_blob(b"new", overwrite=True)
    sas = signed_by_hand(blob, "bs", first)
    assert answer_to(blob.url, sas, "snapshot=" + first) == "old"
    changed = signed_by_hand(blob, "b").replace("sr=b", "sr=bs")
    for queries in [[sas], [sas, "snapshot=" + second], [changed, "snapshot=" + first]]:
        assert answer_to(blob.url, *queries) == (403, "AuthenticationFailed"), queries
    # Signed, but for no snapshot at all.
    assert answer_to(blob.url, signed_by_hand(blob, "b")) == "new"
    assert answer_to(blob.url, signed_by_hand(blob, "bs")) == (403, "AuthorizationPermissionMismatch")


def test_a_blobs_signature_is_for_no_container_and_every_kind_has_a_name(container):
    blob = container.upload_blob("k", b"1")
    listing = ["restype=container", "comp=list"]
    for kind in ["b", "bv"]:
        assert answer_to(container.url, signed_by_hand(blob, kind, name=""), *listing) == (
            403, "AuthorizationPermissionMismatch")
    for kind in ["x", ""]:
        assert answer_to(blob.url, signed_by_hand(blob, kind)) == (403, "AuthenticationFailed")


@pytest.mark.parametrize("tenant, user", [("here", None), (None, "me"), ("here", "me")])
def test_a_signature_for_some_users_wants_to_see_one(blobs, container, tenant, user):
    blob = container.upload_blob("k", b"1")
    key = blobs.get_user_delegation_key(soon(-1), soon(), **({"delegated_user_tid": tenant} if tenant else {}))
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "k", user_delegation_key=key, expiry=soon(),
        permission=BlobSasPermissions(read=True), **({"user_delegation_oid": user} if user else {}))

    def read(oid, tid):
        claims = {"aud": "https://storage.azure.com", "exp": int(soon().timestamp()), "oid": oid, "tid": tid}
        return answer_to(blob.url, sas, Authorization="Bearer " + bearer(claims))

    refused = (403, "AuthenticationFailed")
    assert answer_to(blob.url, sas) == refused
    assert read("me", "here") == "1"
    assert read("other", "here") == (refused if user else "1")
    assert read("me", "elsewhere") == (refused if tenant else "1")


@pytest.mark.parametrize("field", ["srh", "srq", "suoid"])
def test_limits_the_emulator_does_not_know_are_not_passed_over(blobs, container, field):
    blob = container.upload_blob("k", b"1")
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "k", user_delegation_key=blobs.get_user_delegation_key(soon(-1), soon()),
        expiry=soon(), permission=BlobSasPermissions(read=True))
    answer = requests.get(f"{blob.url}?{sas}&{field}=a", timeout=20)
    assert answer.status_code == 403 and f"does not know user delegation signatures with {field}" in answer.text


@pytest.mark.parametrize("version, refusal", [
    ("2019-07-07", (404, "ResourceNotFound")), ("2019-12-12", (401, "NoAuthenticationInformation"))])
def test_whether_something_is_there_is_not_told_to_strangers(container, version, refusal):
    blob = container.upload_blob("k", b"1")
    for url in [blob.url, blob.url + "-none"]:
        assert answer_to(url, **{"x-ms-version": version}) == refusal
