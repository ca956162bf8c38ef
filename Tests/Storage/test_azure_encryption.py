"""Blobs that are encrypted with their clients' own keys, and encryption scopes."""

import base64
import hashlib
import os
import pathlib
import uuid

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    BlobSasPermissions, ContainerEncryptionScope, CustomerProvidedEncryptionKey, generate_blob_sas, BlobClient)
from botocore.exceptions import ClientError

from object_store import ACCOUNT, ACCOUNT_KEY
from test_azure import soon


def key(seed=b"k"):
    raw = hashlib.sha256(seed).digest()
    return CustomerProvidedEncryptionKey(
        key_value=base64.b64encode(raw).decode(), key_hash=base64.b64encode(hashlib.sha256(raw).digest()).decode())


KEY, OTHER = key(), key(b"other")


def sealed(container, name):
    """A client that brings keys along, which Microsoft's own only does where it believes in TLS."""
    blob = container.get_blob_client(name)
    blob.scheme = "https"
    return blob


def refused(call, code):
    with pytest.raises(HttpResponseError) as error:
        call()
    assert (error.value.status_code, error.value.response.headers["x-ms-error-code"]) == (409, code)


@pytest.mark.parametrize("size", [0, 1, 70_000, 5 << 20])
def test_only_the_key_opens_a_blob(container, size):
    data = os.urandom(size)
    blob = sealed(container, "k")
    answer = blob.upload_blob(data, cpk=KEY)
    assert answer["encryption_key_sha256"] == KEY.key_hash
    assert blob.download_blob(cpk=KEY).readall() == data
    if size:
        assert blob.download_blob(offset=size // 3, length=size // 2 + 1, cpk=KEY).readall() == (
            data[size // 3:size // 3 + size // 2 + 1])
    for read in [blob.download_blob, blob.get_blob_properties, blob.create_snapshot,
                 lambda **options: blob.set_blob_metadata({"a": "b"}, **options)]:
        refused(read, "BlobUsesCustomerSpecifiedEncryption")
        refused(lambda: read(cpk=OTHER), "BlobCustomerSpecifiedEncryptionMismatch")
        read(cpk=KEY)
    pages = []
    list(container.list_blobs(raw_response_hook=lambda answer: pages.append(answer.http_response.text())))
    assert f"<CustomerProvidedKeySha256>{KEY.key_hash}</CustomerProvidedKeySha256>" in pages[0]
    plain = sealed(container, "p")
    plain.upload_blob(b"1")
    refused(lambda: plain.download_blob(cpk=KEY), "BlobDoesNotUseCustomerSpecifiedEncryption")


def test_the_disk_does_not_hold_the_content(store, container):
    data = b"a secret that is nowhere else " * 5000
    sealed(container, "k").upload_blob(data, cpk=KEY)
    for path in pathlib.Path(store.directory).rglob("*"):
        if path.is_file():
            assert data[:30] not in path.read_bytes(), path


def test_blocks_of_one_key(container):
    blob = sealed(container, "b")
    for name in ["1", "2"]:
        blob.stage_block(name, name.encode() * 1000, cpk=KEY)
    refused(lambda: blob.commit_block_list(["1", "2"]), "BlobUsesCustomerSpecifiedEncryption")
    refused(lambda: blob.commit_block_list(["1", "2"], cpk=OTHER), "BlobCustomerSpecifiedEncryptionMismatch")
    blob.commit_block_list(["1", "2"], cpk=KEY)
    assert blob.download_blob(cpk=KEY).readall() == b"1" * 1000 + b"2" * 1000
    blob.stage_block("3", b"3", cpk=KEY)
    blob.commit_block_list(["2", "3"], cpk=KEY)
    assert blob.download_blob(cpk=KEY).readall() == b"2" * 1000 + b"3"


def test_appends_and_pages_of_one_key(container):
    log = sealed(container, "log")
    log.create_append_blob(cpk=KEY)
    for text in [b"one ", b"two ", b"three"]:
        log.append_block(text, cpk=KEY)
    assert log.download_blob(cpk=KEY).readall() == b"one two three"
    refused(lambda: log.append_block(b"x"), "BlobUsesCustomerSpecifiedEncryption")
    disk = sealed(container, "disk")
    disk.create_page_blob(4096, cpk=KEY)
    disk.upload_page(b"a" * 1024, offset=512, length=1024, cpk=KEY)
    disk.upload_page(b"b" * 512, offset=1024, length=512, cpk=KEY)
    assert disk.download_blob(cpk=KEY).readall() == b"\0" * 512 + b"a" * 512 + b"b" * 512 + b"\0" * 2560
    refused(lambda: disk.upload_page(b"x" * 512, 0, 512, cpk=OTHER), "BlobCustomerSpecifiedEncryptionMismatch")


def test_copies_are_encrypted_anew(container):
    source = container.upload_blob("s", b"plain" * 1000)
    url = source.url + "?" + generate_blob_sas(
        ACCOUNT, container.container_name, "s", account_key=ACCOUNT_KEY, expiry=soon(),
        permission=BlobSasPermissions(read=True))
    copy = sealed(container, "c")
    copy.upload_blob_from_url(url, cpk=KEY)
    assert copy.download_blob(cpk=KEY).readall() == b"plain" * 1000
    refused(copy.download_blob, "BlobUsesCustomerSpecifiedEncryption")
    refused(lambda: container.get_blob_client("d").start_copy_from_url(container.get_blob_client("c").url), "BlobUsesCustomerSpecifiedEncryption")


@pytest.mark.parametrize("wrong", [
    CustomerProvidedEncryptionKey(KEY.key_value, OTHER.key_hash), CustomerProvidedEncryptionKey("c2hvcnQ=", KEY.key_hash),
    CustomerProvidedEncryptionKey("not base64!", KEY.key_hash)])
def test_keys_that_are_none_are_refused_and_not_told(container, wrong):
    with pytest.raises(HttpResponseError) as error:
        sealed(container, "k").upload_blob(b"1", cpk=wrong)
    assert error.value.status_code == 400 and wrong.key_value not in str(error.value)


def test_both_dialects_open_each_others_blobs_with_the_key(s3, blobs, bucket):
    raw = base64.b64decode(KEY.key_value)
    s3.put_object(Bucket=bucket, Key="s3", Body=b"x" * 50_000, SSECustomerAlgorithm="AES256", SSECustomerKey=raw)
    container = blobs.get_container_client(bucket)
    blob = sealed(container, "s3")
    refused(blob.download_blob, "BlobUsesCustomerSpecifiedEncryption")
    refused(lambda: blob.download_blob(cpk=OTHER), "BlobCustomerSpecifiedEncryptionMismatch")
    assert blob.download_blob(cpk=KEY).readall() == b"x" * 50_000
    sealed(container, "azure").upload_blob(b"y" * 50_000, cpk=KEY)
    with pytest.raises(ClientError):
        s3.get_object(Bucket=bucket, Key="azure")
    got = s3.get_object(Bucket=bucket, Key="azure", SSECustomerAlgorithm="AES256", SSECustomerKey=raw)
    assert got["Body"].read() == b"y" * 50_000


# Scopes.


def test_scopes_are_told(container):
    blob = container.get_blob_client("k")
    assert blob.upload_blob(b"1", encryption_scope="mine")["encryption_scope"] == "mine"
    assert blob.get_blob_properties().encryption_scope == "mine"
    listed, = container.list_blobs()
    assert listed.encryption_scope == "mine"
    blob.upload_blob(b"2", overwrite=True)
    assert blob.get_blob_properties().encryption_scope is None


def test_a_container_has_a_scope(blobs):
    scope = ContainerEncryptionScope(default_encryption_scope="mine", prevent_encryption_scope_override=True)
    container = blobs.create_container("c-" + uuid.uuid4().hex, container_encryption_scope=scope)
    properties = container.get_container_properties().encryption_scope
    assert (properties.default_encryption_scope, properties.prevent_encryption_scope_override) == ("mine", True)
    blob = container.upload_blob("k", b"1")
    assert blob.get_blob_properties().encryption_scope == "mine"
    with pytest.raises(HttpResponseError) as error:
        container.upload_blob("x", b"1", encryption_scope="other")
    assert (error.value.status_code, error.value.error_code) == (403, "RequestForbiddenByContainerEncryptionPolicy")
    found, = blobs.list_containers(name_starts_with=container.container_name)
    assert found.encryption_scope.default_encryption_scope == "mine"


def test_a_signature_has_a_scope(container):
    name = container.container_name
    sas = generate_blob_sas(
        ACCOUNT, name, "k", account_key=ACCOUNT_KEY, expiry=soon(), encryption_scope="signed",
        permission=BlobSasPermissions(read=True, write=True, create=True))
    blob = BlobClient.from_blob_url(container.get_blob_client("k").url + "?" + sas)
    blob.upload_blob(b"1")
    assert blob.get_blob_properties().encryption_scope == "signed"
    changed = BlobClient.from_blob_url(container.get_blob_client("k").url + "?" + sas.replace("ses=signed", "ses=other"))
    with pytest.raises(HttpResponseError) as error:
        changed.upload_blob(b"2", overwrite=True)
    assert error.value.error_code == "AuthenticationFailed"


def refusal(call):
    with pytest.raises(HttpResponseError) as error:
        call()
    return error.value.status_code, error.value.error_code


MISSING, MISMATCH = (409, "BlobUsesCustomerSpecifiedEncryption"), (409, "EncryptionScopeMismatch")


@pytest.mark.parametrize("change", [
    lambda b, **o: b.set_blob_metadata({"a": "b"}, **o), lambda b, **o: b.create_snapshot(**o),
    lambda b, **o: b.append_block(b"x", **o), lambda b, **o: b.upload_page(b"x" * 512, 0, 512, **o)],
    ids=["metadata", "snapshot", "append", "page"])
def test_who_changes_a_blob_names_its_scope(container, change, request):
    kind = request.node.callspec.id
    blobs = {}
    for scope in ["mine", None]:
        blob = blobs[scope] = container.get_blob_client(str(scope))
        if kind == "append":
            blob.create_append_blob(encryption_scope=scope)
        elif kind == "page":
            blob.create_page_blob(512, encryption_scope=scope)
        else:
            blob.upload_blob(b"1", encryption_scope=scope)
    assert refusal(lambda: change(blobs["mine"])) == MISSING
    assert refusal(lambda: change(blobs["mine"], encryption_scope="other")) == MISMATCH
    assert refusal(lambda: change(blobs[None], encryption_scope="mine")) == MISMATCH
    change(blobs["mine"], encryption_scope="mine")
    change(blobs[None])
    if kind == "page":
        blobs["mine"].clear_page(0, 512)
    # Reading takes no scope, and whoever has a signature for another one reads, too.
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "mine", account_key=ACCOUNT_KEY, expiry=soon(), encryption_scope="other",
        permission=BlobSasPermissions(read=True))
    other = BlobClient.from_blob_url(blobs["mine"].url + "?" + sas)
    assert other.get_blob_properties().encryption_scope == "mine"
    assert other.download_blob().readall() == blobs["mine"].download_blob().readall()


def test_blocks_remember_their_scope(container):
    blob = container.get_blob_client("k")
    blob.stage_block("1", b"a", encryption_scope="mine")
    blob.stage_block("2", b"b")
    assert refusal(lambda: blob.commit_block_list(["1"])) == MISSING
    assert refusal(lambda: blob.commit_block_list(["1"], encryption_scope="other")) == MISMATCH
    assert refusal(lambda: blob.commit_block_list(["1", "2"], encryption_scope="mine")) == MISMATCH
    assert blob.commit_block_list(["1"], encryption_scope="mine")["encryption_scope"] == "mine"
    assert refusal(lambda: blob.commit_block_list(["1"])) == MISSING, "committed ones do, too"
    assert blob.download_blob().readall() == b"a"


def test_a_containers_scope_need_not_be_named(blobs):
    container = blobs.create_container("c-" + uuid.uuid4().hex, container_encryption_scope=ContainerEncryptionScope(
        default_encryption_scope="mine"))
    blob = container.get_blob_client("k")
    blob.stage_block("1", b"a")
    assert blob.commit_block_list(["1"])["encryption_scope"] == "mine"
    blob.set_blob_metadata({"a": "b"})
    copy = container.get_blob_client("copy")
    copy.start_copy_from_url(blob.url)
    assert copy.get_blob_properties().encryption_scope == "mine"
    copy.start_copy_from_url(blob.url, encryption_scope="other", requires_sync=True)
    assert copy.get_blob_properties().encryption_scope == "other"


def test_a_copy_has_its_own_scope(blobs, container):
    source = container.upload_blob("k", b"1", encryption_scope="mine")
    copy = container.get_blob_client("copy")
    copy.start_copy_from_url(source.url)
    assert copy.get_blob_properties().encryption_scope is None
    strict = blobs.create_container("c-" + uuid.uuid4().hex, container_encryption_scope=ContainerEncryptionScope(
        default_encryption_scope="mine", prevent_encryption_scope_override=True))
    assert refusal(lambda: strict.get_blob_client("k").start_copy_from_url(
        source.url, encryption_scope="other", requires_sync=True)) == (
        403, "RequestForbiddenByContainerEncryptionPolicy")


def test_a_signature_and_a_header_name_one_scope(container):
    name = container.container_name
    sas = generate_blob_sas(
        ACCOUNT, name, "k", account_key=ACCOUNT_KEY, expiry=soon(), encryption_scope="signed",
        permission=BlobSasPermissions(read=True, write=True, create=True))
    blob = BlobClient.from_blob_url(container.get_blob_client("k").url + "?" + sas)
    assert refusal(lambda: blob.upload_blob(b"1", encryption_scope="other")) == (400, "InvalidHeaderValue")
    assert blob.upload_blob(b"1", encryption_scope="signed")["encryption_scope"] == "signed"
