"""Requests that no client of the vendor's sends: each is refused as Azure does, and says why."""

import base64
import hashlib
import re
import uuid

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest
from azure.storage.blob import (
    AccessPolicy, AccountSasPermissions, BlobLeaseClient, CorsRule, ResourceTypes, Services, generate_account_sas,
    generate_blob_sas)

from object_store import ACCOUNT, ACCOUNT_KEY, Store
from test_azure import soon

BLOCK = {"x-ms-blob-type": "BlockBlob"}
PAGE = {"x-ms-blob-type": "PageBlob"}
LEASE = "6b1a8a3e-6b0b-4d2b-8c7e-0f6d1c2b3a49"
KEY = {
    "x-ms-encryption-key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "x-ms-encryption-key-sha256": base64.b64encode(hashlib.sha256(b"0123456789" * 3 + b"01").digest()).decode(),
    "x-ms-encryption-algorithm": "AES256"}
TAGS = "<Tags><TagSet>{}</TagSet></Tags>"
TAG = "<Tag><Key>{}</Key><Value>v</Value></Tag>"


@pytest.fixture(scope="module")
def ask(store, blobs):
    """Sends a request with a signature for everything; `block`, `page` and `append` are blobs that are there."""
    container = blobs.create_container("c-" + uuid.uuid4().hex)
    container.upload_blob("block", b"0123456789")
    container.get_blob_client("page").create_page_blob(1024)
    container.get_blob_client("append").create_append_blob()
    container.get_blob_client("staged").stage_block("0001", b"x")
    sas = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions.from_string("rwdxylacuptfi"), soon())

    def ask(method, path, headers={}, data=b""):
        url = f"{store.blob_endpoint}/" + path.replace("C", container.container_name, 1)
        url += ("&" if "?" in url else "?") + sas
        answer = requests.request(method, url, headers={"x-ms-version": "2024-11-04", **headers}, data=data, timeout=20)
        return answer.status_code, answer.headers.get("x-ms-error-code")

    return ask


def signed(client, method, url, document):
    """A document sent with the account's own key."""
    request = HttpRequest(method, url, headers={"x-ms-version": "2024-11-04"}, content=document.encode())
    answer = client._client._client._pipeline.run(request).http_response
    return answer.status_code, answer.headers["x-ms-error-code"]


def without(headers, name):
    return {k: v for k, v in headers.items() if k != name}


@pytest.mark.parametrize("method, path, headers, data, status, code", [
    # Names and operations.
    ("PUT", "C/" + "k" * 4097, BLOCK, b"", 400, "InvalidResourceName"),
    ("PUT", "C/a%00", BLOCK, b"", 400, "InvalidResourceName"),
    ("PUT", "C/block?comp=nothing", {}, b"", 400, "InvalidQueryParameterValue"),
    ("PATCH", "C/block", {}, b"", 405, "UnsupportedHttpVerb"),
    ("PUT", "Abcd?restype=container", {}, b"", 400, "InvalidResourceName"),
    ("PUT", "a?restype=container", {}, b"", 400, "OutOfRangeInput"),
    ("PUT", "new-one?restype=container", {"x-ms-blob-public-access": "all"}, b"", 400, "InvalidHeaderValue"),
    ("GET", "C/none", {}, b"", 404, "BlobNotFound"),
    ("GET", "no-such-container/none", {}, b"", 404, "ContainerNotFound"),
    ("GET", "C/block?snapshot=yesterday", {}, b"", 400, "InvalidQueryParameterValue"),
    ("GET", "C/block?snapshot=2020-01-01T00:00:00.0000000Z&versionid=2020-01-01T00:00:00.0000000Z", {}, b"", 400,
     "MutuallyExclusiveQueryParameters"),
    ("GET", "C?restype=container&comp=list&maxresults=many", {}, b"", 400, "InvalidQueryParameterValue"),
    ("GET", "C?restype=container&comp=list&maxresults=0", {}, b"", 400, "OutOfRangeQueryParameterValue"),
    ("GET", "C?restype=container&comp=list&include=all", {}, b"", 400, "InvalidQueryParameterValue"),
    # Metadata and tags.
    ("PUT", "C/new", {**BLOCK, "x-ms-meta-": "x"}, b"", 400, "EmptyMetadataKey"),
    ("PUT", "C/new", {**BLOCK, "x-ms-meta-a.b": "x"}, b"", 400, "InvalidMetadata"),
    ("PUT", "C/new", {**BLOCK, "x-ms-meta-1": "x"}, b"", 400, "InvalidMetadata"),
    ("PUT", "C/new", {**BLOCK, "x-ms-meta-a": "x" * 5000, "x-ms-meta-b": "x" * 4000}, b"", 400, "MetadataTooLarge"),
    ("PUT", "C/block?comp=tags", {}, b"<Other/>", 400, "InvalidXmlDocument"),
    ("PUT", "C/block?comp=tags", {}, b"<Tags>", 400, "InvalidXmlDocument"),
    ("PUT", "C/block?comp=tags", {}, TAGS.format("".join(map(TAG.format, range(11)))), 400, "TagsTooLarge"),
    ("PUT", "C/block?comp=tags", {}, TAGS.format(TAG.format("a") * 2), 400, "InvalidTags"),
    ("PUT", "C/block?comp=tags", {}, TAGS.format(TAG.format("k" * 129)), 400, "InvalidTags"),
    ("PUT", "C/block?comp=tags", {"content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, TAGS.format(TAG.format("a")), 400,
     "Md5Mismatch"),
    *[(method, path + "?restype=other", {}, b"", 400, "InvalidQueryParameterValue")
      for method in ["GET", "PUT", "DELETE"] for path in ["C", "Cnew"]],
    ("GET", "?restype=container&comp=list", {}, b"", 400, "InvalidQueryParameterValue"),
    # Uploads.
    ("PUT", "C/new", {}, b"x", 400, "MissingRequiredHeader"),
    ("PUT", "C/new", {"x-ms-blob-type": "Blob"}, b"x", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", PAGE, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C/new", {**PAGE, "x-ms-blob-content-length": "1000"}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {**PAGE, "x-ms-blob-content-length": "-512"}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {**PAGE, "x-ms-blob-content-length": "512"}, b"x", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {"x-ms-blob-type": "AppendBlob"}, b"x", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {**BLOCK, "x-ms-blob-content-md5": "short"}, b"x", 400, "InvalidMd5"),
    ("PUT", "C/new", {**BLOCK, "x-ms-access-tier": "Warm"}, b"x", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {**BLOCK, "if-modified-since": "now"}, b"x", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {**BLOCK, "if-match": "*"}, b"x", 412, "ConditionNotMet"),
    ("PUT", "C/new", {**BLOCK, "x-ms-structured-body": "XSM/1.0; properties=crc64"}, b"x", 400,
     "MissingRequiredHeader"),
    ("PUT", "C/new", {**BLOCK, "x-ms-structured-body": "XSM/2.0", "x-ms-structured-content-length": "1"}, b"x", 400,
     "InvalidHeaderValue"),
    ("PUT", "C/block", {**BLOCK, "if-match": '"a", "b"'}, b"x", 400, "MultipleConditionHeadersNotSupported"),
    ("PUT", "C/block", {**BLOCK, "if-match": "*", "if-none-match": '"b"'}, b"x", 400,
     "MultipleConditionHeadersNotSupported"),
    # Blocks.
    ("PUT", "C/new?comp=block&blockid=%21", {}, b"x", 400, "InvalidQueryParameterValue"),
    ("PUT", "C/new?comp=block", {}, b"x", 400, "InvalidQueryParameterValue"),
    ("PUT", "C/new?comp=block&blockid=AAAA", {}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/page?comp=block&blockid=AAAA", {}, b"x", 409, "InvalidBlobType"),
    ("PUT", "C/staged?comp=block&blockid=AAAA", {}, b"x", 400, "InvalidBlobOrBlock"),
    ("PUT", "C/new?comp=blocklist", {}, b"<Blocks/>", 400, "InvalidXmlDocument"),
    ("PUT", "C/new?comp=blocklist", {}, b"<BlockList><Old>AAAA</Old></BlockList>", 400, "InvalidXmlDocument"),
    ("PUT", "C/new?comp=blocklist", {}, b"<BlockList><Latest>AAAA</Latest></BlockList>", 400, "InvalidBlockList"),
    ("PUT", "C/new?comp=blocklist", {}, b"<BlockList>" + b"<Latest>AAAA</Latest>" * 50_001 + b"</BlockList>", 400,
     "BlockListTooLong"),
    ("PUT", "C/page?comp=blocklist", {}, b"<BlockList/>", 409, "InvalidBlobType"),
    ("GET", "C/block?comp=blocklist&blocklisttype=some", {}, b"", 400, "InvalidQueryParameterValue"),
    ("GET", "C/none?comp=blocklist", {}, b"", 404, "BlobNotFound"),
    ("GET", "C/page?comp=blocklist", {}, b"", 409, "InvalidBlobType"),
    # Appends.
    ("PUT", "C/append?comp=appendblock", {}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/block?comp=appendblock", {}, b"x", 409, "InvalidBlobType"),
    ("PUT", "C/append?comp=appendblock", {"x-ms-blob-condition-maxsize": "1"}, b"xx", 412,
     "MaxBlobSizeConditionNotMet"),
    ("PUT", "C/append?comp=appendblock", {"x-ms-blob-condition-appendpos": "9"}, b"x", 412,
     "AppendPositionConditionNotMet"),
    ("PUT", "C/append?comp=appendblock", {"x-ms-blob-condition-appendpos": "first"}, b"x", 400, "InvalidHeaderValue"),
    ("PUT", "C/append?comp=seal", {"x-ms-blob-condition-appendpos": "9"}, b"", 412, "AppendPositionConditionNotMet"),
    ("PUT", "C/block?comp=seal", {}, b"", 409, "InvalidBlobType"),
    # Pages.
    ("PUT", "C/page?comp=page", {"x-ms-range": "bytes=0-100", "x-ms-page-write": "update"}, b"x" * 101, 416,
     "InvalidPageRange"),
    ("PUT", "C/page?comp=page", {"x-ms-range": "bytes=0-511", "x-ms-page-write": "paint"}, b"x" * 512, 400,
     "InvalidHeaderValue"),
    ("PUT", "C/page?comp=page", {"x-ms-range": "bytes=1024-1535", "x-ms-page-write": "update"}, b"x" * 512, 416,
     "InvalidPageRange"),
    ("PUT", "C/page?comp=page", {"x-ms-range": "bytes=0-511", "x-ms-page-write": "update"}, b"x" * 100, 400,
     "InvalidHeaderValue"),
    ("PUT", "C/block?comp=page", {"x-ms-range": "bytes=0-511", "x-ms-page-write": "clear"}, b"", 409,
     "InvalidBlobType"),
    ("PUT", "C/page?comp=page", {
        "x-ms-range": "bytes=0-511", "x-ms-page-write": "clear", "x-ms-if-sequence-number-lt": "0"}, b"", 412,
     "SequenceNumberConditionNotMet"),
    ("GET", "C/block?comp=pagelist", {}, b"", 409, "InvalidBlobType"),
    ("GET", "C/page?comp=pagelist&marker=next", {}, b"", 400, "InvalidQueryParameterValue"),
    ("PUT", "C/page?comp=properties", {"x-ms-sequence-number-action": "max"}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/page?comp=properties", {"x-ms-sequence-number-action": "increment", "x-ms-blob-sequence-number": "1"},
     b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/page?comp=properties", {"x-ms-blob-content-length": "100"}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/block?comp=properties", {"x-ms-blob-content-length": "512"}, b"", 409, "InvalidBlobType"),
    ("PUT", "C/block?comp=properties", {"x-ms-blob-content-md5": "short"}, b"", 400, "InvalidMd5"),
    # Leases.
    ("PUT", "C/block?comp=lease", {}, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "steal"}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "acquire"}, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "14"}, b"", 400,
     "InvalidHeaderValue"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "61"}, b"", 400,
     "InvalidHeaderValue"),
    ("PUT", "C/block?comp=lease", {
        "x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1", "x-ms-proposed-lease-id": "mine"}, b"", 400,
     "InvalidHeaderValue"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "renew"}, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "change", "x-ms-lease-id": LEASE}, b"", 400,
     "MissingRequiredHeader"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "break", "x-ms-lease-break-period": "61"}, b"", 400,
     "InvalidHeaderValue"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "break"}, b"", 409, "LeaseNotPresentWithLeaseOperation"),
    ("PUT", "C/block?comp=lease", {"x-ms-lease-action": "release", "x-ms-lease-id": LEASE}, b"", 409,
     "LeaseNotPresentWithLeaseOperation"),
    ("PUT", "C/none?comp=lease", {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"}, b"", 404,
     "BlobNotFound"),
    # Deletions.
    ("DELETE", "C/none", {}, b"", 404, "BlobNotFound"),
    ("DELETE", "C/block", {"x-ms-delete-snapshots": "all"}, b"", 400, "InvalidHeaderValue"),
    ("DELETE", "C/block?snapshot=2020-01-01T00:00:00.0000000Z", {}, b"", 404, "BlobNotFound"),
    ("DELETE", "C/block?versionid=2020-01-01T00:00:00.0000000Z", {}, b"", 404, "BlobNotFound"),
    ("PUT", "C?restype=container&comp=undelete", {}, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C?restype=container&comp=undelete", {"x-ms-deleted-container-name": "other"}, b"", 400,
     "MissingRequiredHeader"),
    ("PUT", "C?restype=container&comp=undelete", {
        "x-ms-deleted-container-name": "other", "x-ms-deleted-container-version": "1"}, b"", 400,
     "InvalidHeaderValue"),
    # Tiers, holds and keys.
    ("PUT", "C/block?comp=tier", {}, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C/block?comp=tier", {"x-ms-access-tier": "Cool", "x-ms-rehydrate-priority": "Now"}, b"", 400,
     "InvalidHeaderValue"),
    ("PUT", "C/block?comp=immutabilityPolicies", {}, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C/block?comp=immutabilityPolicies", {"x-ms-immutability-policy-until-date": "later"}, b"", 400,
     "InvalidHeaderValue"),
    ("PUT", "C/new", {**BLOCK, "x-ms-immutability-policy-mode": "Locked"}, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C/block?comp=legalhold", {}, b"", 400, "MissingRequiredHeader"),
    ("PUT", "C/block?comp=legalhold", {"x-ms-legal-hold": "maybe"}, b"", 400, "InvalidHeaderValue"),
    *[("PUT", "C/new", {**BLOCK, **without(KEY, name)}, b"x", 400, "MissingRequiredHeader") for name in KEY],
    ("PUT", "C/new", {**BLOCK, **KEY, "x-ms-encryption-algorithm": "AES128"}, b"x", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {**BLOCK, **KEY, "x-ms-encryption-key": "c2hvcnQ="}, b"x", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {**BLOCK, **KEY, "x-ms-encryption-scope": "mine"}, b"x", 400, "InvalidHeaderValue"),
    # Copies.
    ("PUT", "C/new", {"x-ms-copy-source": "somewhere"}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/block?comp=copy&copyid=1", {}, b"", 400, "InvalidHeaderValue"),
    ("PUT", "C/new", {
        **BLOCK, "x-ms-copy-source": "http://127.0.0.1:1/a/b", "x-ms-source-content-md5": "AAAAAAAAAAAAAAAAAAAAAA==",
        "x-ms-source-content-crc64": "AAAAAAAAAAA="}, b"", 400, "BothCrc64AndMd5HeaderPresent"),
    ("PUT", "C/none?comp=copy&copyid=1", {"x-ms-copy-action": "abort"}, b"", 404, "BlobNotFound"),
    ("PUT", "C/block?comp=copy&copyid=1", {"x-ms-copy-action": "abort"}, b"", 409, "NoPendingCopyOperation"),
    # Nothing goes with a request whose content is elsewhere, and what of that is wanted has to be said rightly.
    ("PUT", "C/new?comp=block&blockid=MQ==", {"x-ms-copy-source": "http://127.0.0.1:1/a/b"}, b"x", 400,
     "InvalidHeaderValue"),
    *[("PUT", "C/new?comp=block&blockid=MQ==", {
        "x-ms-copy-source": "http://127.0.0.1:1/a/b", "x-ms-source-range": wrong}, b"", 400, "InvalidHeaderValue")
      for wrong in ["bytes=abc", "bytes=5-2", "0-10", "bytes=9007199254740993-9007199254740992"]],
    # Asked by a browser first.
    ("OPTIONS", "C/block", {"origin": "https://a.example"}, b"", 400, "InvalidHeaderValue"),
    ("OPTIONS", "C/block", {"access-control-request-method": "GET"}, b"", 403, "CorsPreflightFailure"),
    # Documents.
    ("PUT", "?restype=service&comp=properties", {}, b"<Other/>", 400, "InvalidXmlDocument"),
    ("POST", "C/block?comp=query", {}, b"<Other/>", 400, "InvalidXmlDocument"),
    ("POST", "C/page?comp=query", {}, b"<QueryRequest><QueryType>SQL</QueryType><Expression>SELECT * FROM BlobStorage"
     b"</Expression></QueryRequest>", 409, "InvalidBlobType"),
    ("POST", "C/block?comp=query", {}, b"<QueryRequest><QueryType>XPath</QueryType><Expression>x</Expression>"
     b"</QueryRequest>", 400, "InvalidXmlDocument"),
    ("POST", "?comp=batch", {"content-type": "text/plain"}, b"x", 400, "InvalidHeaderValue"),
    ("POST", "?restype=service&comp=userdelegationkey", {}, b"<KeyInfo/>", 403, "AuthenticationFailed"),
])
def test_a_request_that_is_wrong(ask, method, path, headers, data, status, code):
    assert ask(method, path, headers, data) == (status, code)


@pytest.mark.parametrize("headers, code", [
    ({"authorization": "SharedKey " + ACCOUNT}, "InvalidAuthenticationInfo"),
    ({"authorization": "Digest x"}, "InvalidAuthenticationInfo"),
    ({"authorization": f"SharedKey {ACCOUNT}:AAAA"}, "MissingRequiredHeader"),
    ({"authorization": f"SharedKey {ACCOUNT}:AAAA", "x-ms-date": "yesterday"}, "AuthenticationFailed"),
    ({"authorization": f"SharedKey {ACCOUNT}:AAAA", "x-ms-date": "Sat, 01 Jan 2000 00:00:00 GMT"},
     "AuthenticationFailed"),
])
def test_an_authorization_that_is_wrong(store, headers, code):
    answer = requests.get(
        store.blob_endpoint + "?comp=list", headers={"x-ms-version": "2024-11-04", **headers}, timeout=20)
    assert (answer.status_code in (400, 401, 403), answer.headers["x-ms-error-code"]) == (True, code)


@pytest.mark.parametrize("limits, code", [
    ({"expiry": "tomorrow"}, "AuthenticationFailed"),
    ({"expiry": soon(), "start": "yesterday"}, "AuthenticationFailed"),
    # Who says something of both has it from neither.
    ({"expiry": soon(), "policy_id": "mine"}, "AuthenticationFailed"),
    ({"policy_id": "none"}, "AuthenticationFailed"),
])
def test_a_signature_that_is_right_and_says_nothing_useful(container, limits, code):
    blob = container.upload_blob("k", b"x")
    container.set_container_access_policy({"mine": AccessPolicy("r", soon(), soon(-1))})
    permission = None if "policy_id" in limits else "r"
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "k", account_key=ACCOUNT_KEY, permission=permission, **limits)
    answer = requests.get(f"{blob.url}?{sas}", timeout=20)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, code)


def test_an_accounts_signature_is_for_its_services(store):
    sas = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes(service=True), AccountSasPermissions.from_string("rl"), soon(),
        services=Services(queue=True))
    answer = requests.get(f"{store.blob_endpoint}/?comp=list&{sas}", timeout=20)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthorizationServiceMismatch")


def test_a_folders_signature_does_not_reach_above_it(container):
    container.upload_blob("dir/deeper/k", b"x")
    above = container.upload_blob("dir", b"x")
    sas = generate_blob_sas(
        ACCOUNT, container.container_name, "dir/deeper", account_key=ACCOUNT_KEY, permission="r", expiry=soon(),
        is_directory=True)
    assert requests.get(f"{above.url}/deeper/k?{sas}", timeout=20).status_code == 200
    answer = requests.get(f"{above.url}?{sas}", timeout=20)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthorizationPermissionMismatch")


def test_a_page_is_answered_by_the_accounts_rules(tmp_path):
    own = Store(tmp_path)
    service = own.blob()

    def preflight(origin, method, headers=None):
        asked = {"origin": origin, "access-control-request-method": method}
        if headers:
            asked["access-control-request-headers"] = headers
        answer = requests.options(own.blob_endpoint + "/c/k", headers=asked, timeout=20)
        return answer.status_code, answer.headers.get("x-ms-error-code")

    # Without rules every page is welcome, and stays so whatever else of the service is set.
    assert preflight("https://b.example", "DELETE", "content-type") == (200, None)
    service.set_service_properties(target_version="2021-12-02")
    assert preflight("https://b.example", "DELETE", "content-type") == (200, None)
    assert service.get_service_properties()["cors"] == []
    rule = CorsRule(["https://a.example"], ["GET", "PUT"], allowed_headers=["x-ms-*"], exposed_headers=["x-ms-*"])
    service.set_service_properties(cors=[rule])
    answer = requests.get(own.blob_endpoint + "/none/k", headers={"origin": "https://a.example"}, timeout=20)
    assert answer.headers["access-control-allow-origin"] == "https://a.example", "a page may read refusals, too"
    assert "x-ms-error-code" in answer.headers["access-control-expose-headers"]
    assert preflight("https://a.example", "PUT", "x-ms-meta-a") == (200, None)
    for refused in [
            ("https://b.example", "PUT"), ("https://a.example", "DELETE"),
            ("https://a.example", "PUT", "content-type")]:
        assert preflight(*refused) == (403, "CorsPreflightFailure"), refused
    for rules in [[rule] * 6, [CorsRule([], ["GET"])], [CorsRule(["*"], [])]]:
        with pytest.raises(HttpResponseError) as error:
            service.set_service_properties(cors=rules)
        assert error.value.error_code == "InvalidXmlDocument"
    # Rules that were taken away are not the same as none ever.
    service.set_service_properties(cors=[])
    assert preflight("https://a.example", "GET") == (403, "CorsPreflightFailure")
    service.set_service_properties(target_version="2020-10-02")
    assert preflight("https://a.example", "GET") == (403, "CorsPreflightFailure")
    own.kill()


@pytest.fixture
def code(container):
    """The error code of a call; None when it succeeds."""

    def code(call):
        try:
            call()
            return None
        except HttpResponseError as error:
            return error.response.headers["x-ms-error-code"]

    return code


def test_a_lease_is_the_holders(container, code):
    blob = container.upload_blob("k", b"x")
    others = [BlobLeaseClient(blob, str(uuid.uuid4())) for _ in range(2)]
    lease = blob.acquire_lease(60)
    other = others[0]
    assert code(other.renew) == "LeaseIdMismatchWithLeaseOperation"
    assert code(lambda: other.change(str(uuid.uuid4()))) == "LeaseIdMismatchWithLeaseOperation"
    assert code(other.release) == "LeaseIdMismatchWithLeaseOperation"
    assert code(lambda: other.acquire(15)) == "LeaseAlreadyPresent"
    lease.break_lease(60)
    assert code(lease.renew) == "LeaseIsBrokenAndCannotBeRenewed"
    assert code(lambda: lease.change(str(uuid.uuid4()))) == "LeaseIsBreakingAndCannotBeChanged"
    assert code(lambda: lease.acquire(15)) == "LeaseIsBreakingAndCannotBeAcquired"
    assert code(lambda: other.acquire(15)) == "LeaseAlreadyPresent"
    assert code(lambda: blob.upload_blob(b"y", overwrite=True)) == "LeaseIdMissing"
    assert code(lambda: blob.upload_blob(b"y", overwrite=True, lease=other)) == "LeaseIdMismatchWithBlobOperation"
    released = BlobLeaseClient(blob, lease.id)
    lease.release()
    lease = released
    assert code(lease.renew) in ("LeaseIdMismatchWithLeaseOperation", "LeaseNotPresentWithLeaseOperation")
    assert code(lambda: lease.change(str(uuid.uuid4()))) == "LeaseNotPresentWithLeaseOperation"
    assert code(lambda: blob.upload_blob(b"y", overwrite=True)) is None


def test_what_is_not_there(container, code):
    none = container.get_blob_client("none")
    for call in [
            none.delete_blob, none.get_blob_properties, none.undelete_blob, none.get_blob_tags, none.create_snapshot,
            lambda: none.set_blob_tags({}), lambda: none.set_blob_metadata({}), none.set_http_headers,
            lambda: none.set_standard_blob_tier("Cool"), lambda: none.append_block(b"x"), none.seal_append_blob,
            lambda: none.set_legal_hold(True), lambda: none.resize_blob(512), none.acquire_lease]:
        assert code(call) == "BlobNotFound"
    blob = container.upload_blob("k", b"x")
    container.delete_container()
    for call in [
            lambda: blob.upload_blob(b"y", overwrite=True), blob.delete_blob, lambda: blob.set_blob_metadata({}),
            lambda: blob.stage_block("1", b"x"), container.get_container_properties, container.delete_container,
            container.get_container_access_policy, container.acquire_lease, lambda: list(container.list_blobs()),
            lambda: container.set_container_metadata({"a": "b"})]:
        assert code(call) == "ContainerNotFound"


def test_pages_of_another_kind_of_blob_are_not_copied(container, code):
    source = container.upload_blob("block", b"x")
    snapshot = source.create_snapshot()["snapshot"]
    page = container.get_blob_client("page")
    url = f"{source.url}?snapshot={snapshot}"
    assert code(lambda: page.start_copy_from_url(url, incremental_copy=True)) == "InvalidBlobType"
    assert not page.exists()


def test_a_copys_source_is_a_blob_with_that_range(store, container, code):
    source = container.upload_blob("block", b"x")
    target = container.get_blob_client("target")
    sas = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes(object=True), AccountSasPermissions(read=True), soon())
    assert code(lambda: target.stage_block_from_url("1", f"{source.url}?{sas}", 5, 9)) == "InvalidRange"
    assert code(lambda: target.upload_blob_from_url(f"{container.url}/none?{sas}")) == "CannotVerifyCopySource"
    assert code(lambda: target.start_copy_from_url(f"{container.url}/none")) in (
        "BlobNotFound", "CannotVerifyCopySource")
    assert not target.exists()


def test_policies_are_few_and_have_names(container, code):
    policy = AccessPolicy("r", soon(), soon(-1))
    assert code(lambda: container.set_container_access_policy({"x" * 65: policy})) == "InvalidXmlDocument"
    container.set_container_access_policy({"x" * 64: policy})
    for body in ["<Other/>", "<SignedIdentifiers>", "<SignedIdentifiers>" + "".join(
            f"<SignedIdentifier><Id>{n}</Id></SignedIdentifier>" for n in range(6)) + "</SignedIdentifiers>"]:
        assert signed(container, "PUT", container.url + "?restype=container&comp=acl", body) == (
            400, "InvalidXmlDocument"), body
    assert set(i.id for i in container.get_container_access_policy()["signed_identifiers"]) == {"x" * 64}


def test_a_batch_is_not_too_long(store, container, code):
    assert code(lambda: container.delete_blobs(*(f"k{n}" for n in range(257)))) == "InvalidInput"


@pytest.mark.parametrize("host", [None, ACCOUNT + ".localhost"])
def test_a_containers_batch_is_about_its_blobs(store, blobs, container, host):
    sas = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions.from_string("rwdl"), soon())
    other = blobs.create_container("c-" + uuid.uuid4().hex)
    account = "" if host else "/" + ACCOUNT

    def batch(path):
        for target in [container, other]:
            target.upload_blob("k", b"1", overwrite=True)
        parts = "".join(
            "--b\r\nContent-Type: application/http\r\n\r\n"
            f"DELETE {account}/{target.container_name}/k?{sas} HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
            for target in [container, other])
        base = store.blob_endpoint.removesuffix("/" + ACCOUNT) + account
        answer = requests.post(
            f"{base}/{path}comp=batch&{sas}", parts + "--b--\r\n", timeout=20,
            headers={"content-type": "multipart/mixed; boundary=b", "x-ms-version": "2024-11-04",
                     **({"host": host} if host else {})})
        return answer.status_code, re.findall(r"^HTTP/1.1 (\d+)", answer.text, re.MULTILINE)

    assert batch("?") == (202, ["202", "202"])
    assert batch(container.container_name + "?restype=container&") == (202, ["202", "400"])
    assert other.get_blob_client("k").exists()


@pytest.mark.parametrize("headers, code", [
    ({"if-none-match": "*"}, "UnsatisfiableCondition"),
    ({"x-ms-structured-body": "XSM/2.0"}, "InvalidHeaderValue"),
])
def test_a_reading_that_is_wrong(ask, headers, code):
    assert ask("GET", "C/block", headers) == (400, code)


@pytest.mark.parametrize("path, limit", [
    ("C?restype=container&comp=acl", 64 << 10), ("C/block?comp=tags", 64 << 10), ("C/block?comp=blocklist", 8 << 20),
    ("?restype=service&comp=properties", 256 << 10), ("C/block?comp=query", 256 << 10),
    ("?restype=service&comp=userdelegationkey", 64 << 10)])
def test_a_document_has_its_size(store, container, path, limit):
    method = "POST" if path.endswith(("query", "key")) else "PUT"
    url = f"{store.blob_endpoint}/" + path.replace("C", container.container_name, 1)
    container.upload_blob("block", b"1")
    assert signed(container, method, url, "<" + "x" * (limit - 3) + "/>") == (400, "InvalidXmlDocument")
    assert signed(container, method, url, "<" + "x" * (limit - 2) + "/>") == (413, "RequestBodyTooLarge")


@pytest.mark.parametrize("document", [
    "<Other/>", "<KeyInfo></KeyInfo>", "<KeyInfo><Expiry>tomorrow</Expiry></KeyInfo>",
    "<KeyInfo><Start>now</Start><Expiry>2100-01-01T00:00:00Z</Expiry></KeyInfo>",
    "<KeyInfo><Start>2020-01-01T00:00:00Z</Start><Expiry>2020-01-02T00:00:00Z</Expiry></KeyInfo>"])
def test_a_delegation_that_is_wrong(store, document):
    url = store.blob_endpoint + "/?restype=service&comp=userdelegationkey"
    assert signed(store.blob(), "POST", url, document) in [(400, "InvalidXmlDocument"), (400, "InvalidInput")]


def test_a_signature_gets_no_key_of_a_user(store):
    sas = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes(service=True), AccountSasPermissions.from_string("rwl"), soon())
    answer = requests.post(
        f"{store.blob_endpoint}/?restype=service&comp=userdelegationkey&{sas}", data=b"<KeyInfo/>", timeout=20)
    assert answer.status_code == 403 and b"Only authentication scheme Bearer is supported" in answer.content


def md5(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


@pytest.mark.parametrize("headers, status, code", [
    ({"content-md5": md5(b"other"), "x-ms-blob-content-md5": md5(b"body")}, 201, None),
    ({"content-md5": md5(b"body"), "x-ms-blob-content-md5": md5(b"other")}, 400, "Md5Mismatch"),
    ({"content-md5": md5(b"other")}, 400, "Md5Mismatch"),
    ({"x-ms-blob-content-md5": "AAAAAA=="}, 400, "InvalidMd5"),
    ({"content-md5": "AAAAAA==", "x-ms-blob-content-md5": md5(b"body")}, 400, "InvalidMd5"),
])
def test_a_blobs_own_md5_goes_before_the_requests(ask, headers, status, code):
    assert ask("PUT", "C/md5-" + uuid.uuid4().hex, {**BLOCK, **headers}, b"body") == (status, code)
