"""Who may do what with queues: keys, signatures, bearer tokens, other origins."""

import base64
import hashlib
import hmac
import json
import time
import uuid
import xml.etree.ElementTree as ET

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.storage.blob import generate_blob_sas
from azure.storage.queue import (
    AccessPolicy, AccountSasPermissions, CorsRule, QueueClient, QueueSasPermissions, QueueServiceClient, ResourceTypes,
    Services, generate_account_sas, generate_queue_sas)

from azure_queue import ago, ahead, refusal, signed
from object_store import ACCOUNT, ACCOUNT_KEY

pytestmark = pytest.mark.timeout(120)


def queue_sas(queue, permission=None, **options):
    options.setdefault("expiry", ahead(hours=1))
    if options["expiry"] == "none":
        del options["expiry"]
    token = generate_queue_sas(
        ACCOUNT, queue.queue_name, ACCOUNT_KEY, permission and QueueSasPermissions(**dict.fromkeys(permission, True)),
        **options)
    return QueueClient.from_queue_url(queue.url, credential=token, retry_total=0), token


@pytest.mark.parametrize("permission", ["read", "add", "update", "process"])
def test_a_queue_signature_allows_what_it_names(queue, permission):
    queue.send_message("one")
    message = queue.receive_message()
    client, _ = queue_sas(queue, [permission])
    calls = {
        "read": client.peek_messages, "add": lambda: client.send_message("two"),
        "update": lambda: client.update_message(message, visibility_timeout=60),
        "process": client.receive_message}
    for name, call in calls.items():
        if name == permission:
            call()
        else:
            with pytest.raises(HttpResponseError) as error:
                call()
            refusal(error, 403, "AuthorizationPermissionMismatch")
    with pytest.raises(HttpResponseError):
        client.clear_messages()
    with pytest.raises(HttpResponseError):
        client.set_queue_access_policy({})


def test_a_queue_signature_is_for_its_queue(queues, queue):
    client, token = queue_sas(queue, ["read"])
    other = queues.create_queue("q-" + uuid.uuid4().hex)
    with pytest.raises(ClientAuthenticationError) as error:
        QueueClient.from_queue_url(other.url, credential=token, retry_total=0).peek_messages()
    refusal(error, 403, "AuthenticationFailed")
    with pytest.raises(HttpResponseError):
        list(QueueServiceClient(queues.url, credential=token, retry_total=0).list_queues())


@pytest.mark.parametrize("field", ["sp", "st", "se", "sip", "spr", "sv", "sig"])
def test_every_field_of_a_queue_signature_counts(queue, field):
    client, token = queue_sas(
        queue, ["read"], start=ago(minutes=5), ip="127.0.0.1", protocol="https,http")
    assert client.peek_messages() == []
    fields = dict(part.split("=", 1) for part in token.split("&"))
    changed = {"sp": "rp", "st": "2020-01-01T00%3A00%3A00Z", "se": "2099-01-01T00%3A00%3A00Z", "sip": "127.0.0.0-127.0.0.9",
               "spr": "https%2Chttp%20", "sv": "2020-10-02"}
    fields[field] = changed.get(field) or ("B" if fields["sig"][0] == "A" else "A") + fields["sig"][1:]
    answer = requests.get(
        f"{queue.url}/messages?peekonly=true&" + "&".join("=".join(pair) for pair in fields.items()), timeout=20)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")


@pytest.mark.parametrize("options, code", [
    ({"expiry": ago(minutes=1)}, "AuthenticationFailed"), ({"start": ahead(days=1)}, "AuthenticationFailed"),
    ({"ip": "10.0.0.1"}, "AuthorizationSourceIPMismatch"), ({"protocol": "https"}, "AuthorizationProtocolMismatch")])
def test_limits_of_a_queue_signature(queue, options, code):
    client, _ = queue_sas(queue, ["read"], **options)
    with pytest.raises(HttpResponseError) as error:
        client.peek_messages()
    refusal(error, 403, code)


def test_stored_policies(queue):
    assert queue.get_queue_access_policy() == {}
    policy = AccessPolicy(permission=QueueSasPermissions(read=True), start=ago(hours=1), expiry=ahead(hours=1))
    queue.set_queue_access_policy({"testid": policy, "empty": None})
    found = queue.get_queue_access_policy()
    assert set(found) == {"testid", "empty"}
    assert found["testid"].permission == "r" and found["empty"].permission is None and found["empty"].start is None
    queue.send_message("message1")
    client, _ = queue_sas(queue, policy_id="testid", expiry="none")
    assert client.peek_messages()[0].content == "message1"
    with pytest.raises(HttpResponseError) as error:
        client.receive_message()
    refusal(error, 403, "AuthorizationPermissionMismatch")
    queue.set_queue_access_policy({})
    with pytest.raises(HttpResponseError) as error:
        client.peek_messages()
    refusal(error, 403, "AuthenticationFailed")


def test_policies_that_are_none(queue):
    def put(body):
        answer = signed("PUT", queue.url + "?comp=acl", body=body.encode())
        return answer.status_code, answer.headers.get("x-ms-error-code")
    one = "<SignedIdentifier><Id>{}</Id><AccessPolicy><Permission>{}</Permission></AccessPolicy></SignedIdentifier>"
    def document(*policies):
        return "<SignedIdentifiers>" + "".join(one.format(*policy) for policy in policies) + "</SignedIdentifiers>"
    assert put(document(("a", "raup"))) == (204, None)
    assert put(document(("a", "rwdl"))) == (400, "InvalidXmlDocument")
    assert put(document(*((str(index), "r") for index in range(6)))) == (400, "InvalidXmlDocument")
    assert put(document(("x" * 65, "r"))) == (400, "InvalidXmlDocument")


def account_sas(permission, types="sco", services="q", **options):
    return generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes.from_string(types), AccountSasPermissions.from_string(permission),
        ahead(hours=1), services=Services.from_string(services), **options)


def test_account_signatures(queue, queue_endpoint):
    def attempt(call, *options):
        try:
            call(QueueServiceClient(queue_endpoint, credential=account_sas(*options), retry_total=0))
            return "allowed"
        except HttpResponseError as error:
            return error.error_code

    def client(service):
        return service.get_queue_client(queue.queue_name)
    queue.send_message("x")
    assert attempt(lambda service: list(service.list_queues()), "l") == "allowed"
    assert attempt(lambda service: list(service.list_queues()), "rwdacup") == "AuthorizationPermissionMismatch"
    assert attempt(lambda service: list(service.list_queues()), "l", "co") == "AuthorizationResourceTypeMismatch"
    assert attempt(lambda service: list(service.list_queues()), "l", "sco", "bf") == "AuthorizationServiceMismatch"
    assert attempt(lambda service: client(service).peek_messages(), "r", "o") == "allowed"
    assert attempt(lambda service: client(service).send_message("y"), "r") == "AuthorizationPermissionMismatch"
    assert attempt(lambda service: client(service).clear_messages(), "d", "o") == "allowed"
    assert attempt(lambda service: client(service).get_queue_access_policy(), "rwdlacup") == "AuthorizationPermissionMismatch"
    for permission in "wc":
        name = "q-" + uuid.uuid4().hex
        assert attempt(lambda service: service.create_queue(name), permission) == "allowed"
    assert attempt(lambda service: service.create_queue("another"), "rdlaup") == "AuthorizationPermissionMismatch"


def test_shared_key_lite_and_wrong_keys(queue):
    assert signed("GET", queue.url + "?comp=metadata", scheme="SharedKeyLite").status_code == 200
    wrong = base64.b64encode(b"wrong").decode()
    for scheme in ["SharedKey", "SharedKeyLite"]:
        answer = signed("GET", queue.url + "?comp=metadata", scheme=scheme, key=wrong)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")
    answer = requests.get(queue.url + "?comp=metadata", timeout=20)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (401, "NoAuthenticationInformation")


def bearer(**claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")
    claims = {"aud": "https://storage.azure.com", "exp": int(time.time()) + 600, "oid": "user", "tid": "tenant", **claims}
    text = part({"alg": "HS256"}) + b"." + part(claims)
    mac = hmac.digest(base64.b64decode(ACCOUNT_KEY), text, hashlib.sha256)
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


@pytest.mark.parametrize("claims, status", [
    ({}, 200), ({"aud": f"https://{ACCOUNT}.queue.core.windows.net/"}, 200),
    ({"aud": f"https://{ACCOUNT}.queue.core.windows.net"}, 200),
    ({"aud": f"https://{ACCOUNT}.blob.core.windows.net"}, 401), ({"aud": "https://badaudience.queue.core.windows.net"}, 401),
    ({"exp": 1}, 401), ({"nbf": int(time.time()) + 86_400}, 401)])
def test_bearer_tokens(queue, claims, status):
    headers = {"Authorization": "Bearer " + bearer(**claims), "x-ms-version": "2021-12-02"}
    assert requests.get(queue.url + "?comp=metadata", headers=headers, timeout=20).status_code == status


def test_user_delegation(queues, queue):
    key = queues.get_user_delegation_key(expiry=ahead(hours=1), start=ago(minutes=5))
    assert key.signed_service == "q"
    token = generate_queue_sas(
        ACCOUNT, queue.queue_name, permission=QueueSasPermissions(add=True), expiry=ahead(hours=1),
        user_delegation_key=key)
    client = QueueClient.from_queue_url(queue.url, credential=token, retry_total=0)
    client.send_message("signed by a user")
    with pytest.raises(HttpResponseError) as error:
        client.peek_messages()
    refusal(error, 403, "AuthorizationPermissionMismatch")
    key.signed_expiry = key.signed_expiry.replace("20", "21", 1)
    forged = generate_queue_sas(
        ACCOUNT, queue.queue_name, permission=QueueSasPermissions(add=True), expiry=ahead(hours=1),
        user_delegation_key=key)
    with pytest.raises(HttpResponseError) as error:
        QueueClient.from_queue_url(queue.url, credential=forged, retry_total=0).send_message("x")
    refusal(error, 403, "AuthenticationFailed")


def test_a_users_key_signs_for_its_own_service(queues, queue, queue_store):
    blobs, times = queue_store.blob(), dict(key_start_time=ago(minutes=5), key_expiry_time=ahead(hours=1))
    blob = blobs.create_container(queue.queue_name).upload_blob("k", b"1")
    keys = {"b": blobs.get_user_delegation_key(**times), "q": queues.get_user_delegation_key(
        expiry=ahead(hours=1), start=ago(minutes=5))}
    for service, key in keys.items():
        assert key.signed_service == service
        read = generate_blob_sas(
            ACCOUNT, queue.queue_name, "k", user_delegation_key=key, permission="r", expiry=ahead(hours=1))
        peek = generate_queue_sas(
            ACCOUNT, queue.queue_name, user_delegation_key=key, permission="r", expiry=ahead(hours=1))
        for name, url in [("b", f"{blob.url}?{read}"), ("q", f"{queue.url}/messages?peekonly=true&{peek}")]:
            answer = requests.get(url, timeout=20)
            assert answer.status_code == (200 if name == service else 403), (name, service)
            assert name == service or "sks is not valid" in answer.text


def test_a_signature_for_one_user(queues, queue):
    key = queues.get_user_delegation_key(expiry=ahead(hours=1), start=ago(minutes=5), delegated_user_tid="tenant")
    assert key.signed_delegated_user_tid == "tenant"
    token = generate_queue_sas(
        ACCOUNT, queue.queue_name, permission=QueueSasPermissions(read=True), expiry=ahead(hours=1),
        user_delegation_key=key, user_delegation_oid="user")

    def peek(query="peekonly=true", token=token, **claims):
        headers = {"Authorization": "Bearer " + bearer(**claims)} if claims else {}
        return requests.get(f"{queue.url}/messages?{query}&{token}", headers=headers, timeout=20).status_code
    assert peek(oid="user", tid="tenant") == 200
    assert peek("", oid="user", tid="tenant") == 403, "the token adds nothing to what the signature grants"
    assert peek() == 403
    assert peek(oid="other", tid="tenant") == 403
    assert peek(oid="user", tid="elsewhere") == 403
    assert peek(token=token.replace("skdutid=tenant", "skdutid=elsewhere"), oid="user", tid="elsewhere") == 403


def test_statistics_and_the_secondary(queues, queue, queue_endpoint):
    account = queue_endpoint.replace(ACCOUNT, ACCOUNT + "-secondary")
    statistics = ET.fromstring(signed("GET", account + "/?restype=queues&comp=stats").content)
    assert statistics.find("GeoReplication/Status").text == "live"
    secondary = account + "/" + queue.queue_name
    queue.send_message("read me there")
    answer = requests.get(secondary + "/messages?peekonly=true&" + queue_sas(queue, ["read"])[1], timeout=20)
    # The signature names the primary's address: it is the key that counts.
    assert answer.status_code == 200 and "read me there" in answer.text
    answer = requests.get(secondary + "/messages?" + queue_sas(queue, ["process"])[1], timeout=20)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "WriteOperationNotSupportedOnSecondary")


def test_cross_origin_requests(queues, queue_endpoint):
    url = queue_endpoint + "/?restype=queues&comp=properties"

    def preflight(origin, method=None, headers=None):
        names = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
        return requests.options(url, headers={name: value for name, value in names.items() if value}, timeout=20)
    queues.set_service_properties(cors=[])
    assert preflight("http://test", "GET").status_code == 403
    assert "Vary" not in signed("GET", url, {"Origin": "http://test"}).headers
    queues.set_service_properties(cors=[
        CorsRule(["http://test"], ["GET"], allowed_headers=["header"], exposed_headers=["*"], max_age_in_seconds=88),
        CorsRule(["http://test"], ["POST"], allowed_headers=["head*"], max_age_in_seconds=1)])
    answer = preflight("http://test", "GET", "header")
    assert answer.status_code == 200 and answer.headers["Access-Control-Max-Age"] == "88"
    assert preflight("http://test", "GET", "head").status_code == 403
    assert preflight("http://test", "POST", "headerheader").status_code == 200
    assert preflight("http://test", "PUT").status_code == 403
    assert preflight("http://other", "GET").status_code == 403
    missing = preflight("http://test")
    assert missing.status_code == 400 and "A required CORS header is not present." in missing.text
    assert signed("GET", url, {"Origin": "http://test"}).headers["Access-Control-Allow-Origin"] == "http://test"
    assert signed("GET", url).headers["Vary"] == "Origin"
    refused = requests.get(url, headers={"Origin": "http://test"}, timeout=20)
    assert refused.status_code == 401 and refused.headers["Access-Control-Allow-Origin"] == "http://test"
    queues.set_service_properties(cors=[CorsRule(["*"], ["GET"])])
    anybody = signed("GET", url, {"Origin": "http://whoever"})
    nobody = signed("GET", url)
    for answer in (anybody, nobody):
        assert answer.headers["Access-Control-Allow-Origin"] == "*" and "Vary" not in answer.headers
    assert "Access-Control-Allow-Origin" not in signed("HEAD", url).headers
    queues.set_service_properties(cors=[])
