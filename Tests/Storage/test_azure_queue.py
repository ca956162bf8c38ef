"""The Azure Queue service through azure-storage-queue, and where that is too polite, through plain requests."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import subprocess
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta, timezone

import pytest
import requests
from azure.core.exceptions import (
    ClientAuthenticationError, HttpResponseError, ResourceExistsError, ResourceNotFoundError)
from azure.storage.queue import (
    AccessPolicy, AccountSasPermissions, BinaryBase64DecodePolicy, BinaryBase64EncodePolicy, CorsRule, Metrics,
    QueueAnalyticsLogging, QueueClient, QueueSasPermissions, QueueServiceClient, ResourceTypes, RetentionPolicy,
    Services, generate_account_sas, generate_queue_sas)
from azure.storage.queue.aio import QueueServiceClient as AsyncQueueServiceClient

from object_store import ACCOUNT, ACCOUNT_KEY, Store

pytestmark = pytest.mark.timeout(120)


class RedisServer:
    """A Redis as the emulator runs it."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--appendonly",
             "yes", "--appendfsync", "everysec", "--save", ""], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                assert self.command("PING") == b"+PONG"
                return
            except (OSError, AssertionError):
                assert time.monotonic() < end and self.process.poll() is None, "Redis did not start"

    def command(self, *words):
        """The first line of the reply."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            parts = [word.encode() for word in words]
            connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
            return connection.makefile("rb").readline().rstrip()

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def endpoint(redis, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"), f"--redis=redis://127.0.0.1:{redis.port}")
    yield store.endpoints["queue"]
    store.kill()


@pytest.fixture(scope="module")
def service(endpoint):
    return QueueServiceClient(endpoint, credential=ACCOUNT_KEY, retry_total=0)


@pytest.fixture
def queue(service):
    return service.create_queue("q-" + uuid.uuid4().hex)


def until(condition, seconds=15):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def refusal(error, status, code):
    assert (error.value.status_code, error.value.error_code) == (status, code), error.value
    assert error.value.response.headers["x-ms-error-code"] == code


def signed(method, url, headers=None, body=b"", scheme="SharedKey", key=ACCOUNT_KEY, **options):
    """A request signed by hand, for what the client library does not send."""
    request = requests.Request(method, url, headers=headers or {}, data=body).prepare()
    request.headers["x-ms-date"] = datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
    request.headers.setdefault("x-ms-version", "2021-12-02")
    h = {name.lower(): value for name, value in request.headers.items()}
    canonical = "".join(f"{name}:{h[name]}\n" for name in sorted(h) if name.startswith("x-ms-"))
    path, _, query = request.path_url.partition("?")
    fields = sorted(field.partition("=")[::2] for field in query.split("&") if field)
    if scheme == "SharedKey":
        length = h.get("content-length", "")
        text = "\n".join([
            method, "", "", "" if length == "0" else length, "", h.get("content-type", ""), "", "", "", "", "", ""]) + "\n"
        text += canonical + f"/{ACCOUNT}{path}" + "".join(
            f"\n{name.lower()}:{requests.utils.unquote(value)}" for name, value in fields)
    else:
        comp = "".join(f"?comp={value}" for name, value in fields if name == "comp")
        text = "\n".join([method, "", h.get("content-type", ""), ""]) + "\n" + canonical + f"/{ACCOUNT}{path}{comp}"
    mac = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), hashlib.sha256)).decode()
    request.headers["Authorization"] = f"{scheme} {ACCOUNT}:{mac}"
    return requests.Session().send(request, timeout=20, **options)


# Queues


def test_a_queue_is_made_once(service):
    client = service.get_queue_client("q-" + uuid.uuid4().hex)
    client.create_queue(metadata={"val": "value"})
    made_again = signed("PUT", client.url, {"x-ms-meta-val": "value"})
    assert made_again.status_code == 204
    with pytest.raises(ResourceExistsError) as error:
        client.create_queue(metadata={"val": "other"})
    refusal(error, 409, "QueueAlreadyExists")
    client.delete_queue()
    with pytest.raises(ResourceNotFoundError) as error:
        client.delete_queue()
    refusal(error, 404, "QueueNotFound")


def test_answers_carry_what_every_answer_of_azure_carries(service, queue):
    answer = signed("GET", queue.url + "?comp=metadata", {"x-ms-client-request-id": "abc", "x-ms-version": "2099-01-01"})
    assert answer.status_code == 200
    assert answer.headers["x-ms-client-request-id"] == "abc"
    assert answer.headers["x-ms-version"] == "2099-01-01"
    assert answer.headers["Server"].startswith("Windows-Azure-Queue/1.0")
    assert answer.headers["x-ms-request-id"] and answer.headers["Date"]


def test_heads(queue):
    queue.set_queue_metadata({"a": "b"})
    answer = signed("HEAD", queue.url + "?comp=metadata")
    assert answer.status_code == 200 and answer.headers["x-ms-meta-a"] == "b"
    assert signed("HEAD", queue.url + "?comp=acl").status_code == 200
    missing = signed("HEAD", queue.url + "x?comp=metadata")
    assert (missing.status_code, missing.headers["x-ms-error-code"], missing.content) == (404, "QueueNotFound", b"")


def test_metadata(queue):
    queue.set_queue_metadata({"hello": "world", "number": "43"})
    properties = queue.get_queue_properties()
    assert properties.metadata == {"hello": "world", "number": "43"}
    assert properties.approximate_message_count == 0
    queue.set_queue_metadata({})
    assert queue.get_queue_properties().metadata == {}


@pytest.mark.parametrize("name, code", [
    ("ab", "OutOfRangeInput"), ("a" * 64, "OutOfRangeInput"), ("Queue", "InvalidResourceName"),
    ("-queue", "InvalidResourceName"), ("queue-", "InvalidResourceName"), ("que--ue", "InvalidResourceName"),
    ("$web", "InvalidResourceName"), ("啊齄丂狛狜", "InvalidResourceName")])
def test_names_that_are_none(service, name, code):
    with pytest.raises(HttpResponseError) as error:
        service.create_queue(name)
    refusal(error, 400, code)


def test_an_empty_name_is_none(endpoint):
    answer = signed("PUT", endpoint + "/")
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, "InvalidResourceName")


@pytest.mark.parametrize("name", ["abc", "a" * 63, "queue-123"])
def test_names_at_the_limits(service, name):
    service.create_queue(name)
    service.delete_queue(name)


def test_listing(service):
    prefix = "list" + uuid.uuid4().hex[:8]
    names = [f"{prefix}{index}" for index in range(5)]
    for name in names:
        service.create_queue(name, metadata={"key": name})
    pages = service.list_queues(name_starts_with=prefix, results_per_page=3).by_page()
    first = list(next(pages))
    assert [queue.name for queue in first] == names[:3] and first[0].metadata is None
    rest = service.list_queues(name_starts_with=prefix, include_metadata=True).by_page(pages.continuation_token)
    second = list(next(rest))
    assert [(queue.name, queue.metadata) for queue in second] == [(name, {"key": name}) for name in names[3:]]
    assert not rest.continuation_token
    assert {queue.name for queue in service.list_queues()} >= set(names)


# Messages


def test_put_peek_get_delete(queue):
    sent = queue.send_message("message1")
    assert sent.id and sent.pop_receipt and sent.content == "message1"
    assert timedelta(days=7) - timedelta(seconds=5) < sent.expires_on - sent.inserted_on <= timedelta(days=7)
    peeked, = queue.peek_messages()
    assert (peeked.id, peeked.content, peeked.dequeue_count, peeked.pop_receipt) == (sent.id, "message1", 0, None)
    assert (peeked.inserted_on, peeked.expires_on) == (sent.inserted_on, sent.expires_on)
    assert queue.get_queue_properties().approximate_message_count == 1
    taken = queue.receive_message()
    assert (taken.id, taken.content, taken.dequeue_count) == (sent.id, "message1", 1)
    assert taken.next_visible_on > taken.inserted_on
    assert queue.receive_message() is None and queue.peek_messages() == []
    assert queue.get_queue_properties().approximate_message_count == 1, "hidden messages count"
    queue.delete_message(taken)
    assert queue.get_queue_properties().approximate_message_count == 0


def test_order_and_pages(queue):
    for index in range(12):
        queue.send_message(f"message{index}")
    assert [message.content for message in queue.peek_messages(max_messages=3)] == ["message0", "message1", "message2"]
    taken = list(queue.receive_messages(messages_per_page=3, max_messages=10))
    assert [message.content for message in taken] == [f"message{index}" for index in range(10)]
    assert [message.content for message in queue.receive_messages(messages_per_page=32)] == ["message10", "message11"]


def test_a_message_that_was_not_deleted_comes_again(queue):
    queue.send_message("again")
    first = queue.receive_message(visibility_timeout=1)
    assert queue.receive_message() is None
    second = until(lambda: queue.receive_message(visibility_timeout=60))
    assert (second.id, second.dequeue_count) == (first.id, 2)
    assert second.inserted_on == first.inserted_on and second.expires_on == first.expires_on
    with pytest.raises(HttpResponseError) as error:
        queue.delete_message(first)
    refusal(error, 400, "PopReceiptMismatch")
    queue.delete_message(second)


def test_a_receipt_counts_until_somebody_else_takes_the_message(queue):
    queue.send_message("mine")
    message = queue.receive_message(visibility_timeout=1)
    until(queue.peek_messages)
    queue.delete_message(message)
    assert queue.peek_messages() == []


def test_the_receipt_of_a_new_message_counts(queue):
    sent = queue.send_message("first")
    updated = queue.update_message(sent, content="second", visibility_timeout=0)
    assert updated.pop_receipt != sent.pop_receipt
    peeked, = queue.peek_messages()
    assert (peeked.content, peeked.dequeue_count) == ("second", 0)
    with pytest.raises(HttpResponseError) as error:
        queue.delete_message(sent.id, sent.pop_receipt)
    refusal(error, 400, "PopReceiptMismatch")
    queue.delete_message(sent.id, updated.pop_receipt)


def test_update(queue):
    queue.send_message("message1")
    message = queue.receive_message()
    updated = queue.update_message(message, visibility_timeout=0)
    assert updated.next_visible_on is not None
    again = queue.receive_message()
    assert (again.id, again.content, again.dequeue_count) == (message.id, "message1", 2)
    changed = queue.update_message(again, visibility_timeout=0, content="啊齄丂狛狜")
    assert changed.content == "啊齄丂狛狜"
    assert queue.peek_messages()[0].content == "啊齄丂狛狜"
    third = queue.receive_message()
    answer = signed(
        "PUT", f"{queue.url}/messages/{third.id}?visibilitytimeout=1&popreceipt={requests.utils.quote(third.pop_receipt, '')}",
        body=b"<QueueMessage><MessageText></MessageText></QueueMessage>")
    assert answer.status_code == 204 and answer.headers["x-ms-time-next-visible"]
    assert queue.receive_message() is None
    assert until(queue.receive_message).content == ""


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_messages_that_are_not_there(queue, verb):
    def attempt(message, receipt):
        if verb == "update":
            queue.update_message(message, receipt, visibility_timeout=0)
        else:
            queue.delete_message(message, receipt)
    sent = queue.send_message("here")
    with pytest.raises(ResourceNotFoundError) as error:
        attempt(str(uuid.uuid4()), sent.pop_receipt)
    refusal(error, 404, "MessageNotFound")
    for receipt in ["invalid", base64.b64encode(b"d:1 x").decode(), base64.b64encode(b"2:0-1 ]]'").decode()]:
        with pytest.raises(HttpResponseError) as error:
            attempt(sent.id, receipt)
        refusal(error, 400, "PopReceiptMismatch")


def test_hidden_at_first(queue):
    queue.send_message("later", visibility_timeout=1)
    assert queue.peek_messages() == []
    assert until(queue.peek_messages)[0].content == "later"


def test_time_to_live(queue):
    queue.send_message("short", time_to_live=1)
    assert queue.peek_messages()[0].content == "short"
    until(lambda: not queue.peek_messages())
    assert queue.receive_message() is None
    queue.send_message("long", time_to_live=1 << 30)
    message, = queue.peek_messages()
    assert message.expires_on - message.inserted_on >= timedelta(seconds=(1 << 30) - 3600)
    queue.clear_messages()
    queue.send_message("endless", time_to_live=-1)
    assert queue.peek_messages()[0].expires_on.year == 9999


def test_an_expired_message_is_not_found(queue):
    queue.send_message("short", time_to_live=1)
    message = queue.receive_message(visibility_timeout=60)

    def update():
        try:
            message.pop_receipt = queue.update_message(message, visibility_timeout=60).pop_receipt
        except ResourceNotFoundError as error:
            return error.error_code
    assert until(update) == "MessageNotFound"


def test_clear(queue):
    for _ in range(4):
        queue.send_message("x")
    queue.receive_message()
    queue.clear_messages()
    assert queue.peek_messages() == [] and queue.get_queue_properties().approximate_message_count == 0


def test_texts(queue):
    for text in ["", " two  spaces ", "  mess\t age1\n", "<a>&amp;\"'</a>", "漢字㒈保ᨍ揫^p[뷁)׷񬓔é", json.dumps({"jobId": "ü"}), "a" * 65536]:
        queue.send_message(text)
        message = queue.receive_message()
        assert message.content == text
        queue.delete_message(message)


def test_texts_in_base64(service, queue):
    client = service.get_queue_client(
        queue.queue_name, message_encode_policy=BinaryBase64EncodePolicy(),
        message_decode_policy=BinaryBase64DecodePolicy())
    client.send_message(bytes(range(256)))
    assert client.receive_message().content == bytes(range(256))


def test_too_large(queue):
    with pytest.raises(HttpResponseError) as error:
        queue.send_message("a" * 65537)
    refusal(error, 413, "RequestBodyTooLarge")
    sent = queue.send_message("small")
    with pytest.raises(HttpResponseError) as error:
        queue.update_message(sent, content="ä" * 32769, visibility_timeout=0)
    refusal(error, 413, "RequestBodyTooLarge")


@pytest.mark.parametrize("method, query, code", [
    ("GET", "numofmessages=33", "OutOfRangeQueryParameterValue"),
    ("GET", "numofmessages=0", "OutOfRangeQueryParameterValue"),
    ("GET", "numofmessages=x", "InvalidQueryParameterValue"),
    ("GET", "peekonly=true&numofmessages=33", "OutOfRangeQueryParameterValue"),
    ("GET", "visibilitytimeout=0", "OutOfRangeQueryParameterValue"),
    ("GET", "visibilitytimeout=604801", "OutOfRangeQueryParameterValue"),
    ("POST", "visibilitytimeout=-1", "OutOfRangeQueryParameterValue"),
    ("POST", "visibilitytimeout=604801", "OutOfRangeQueryParameterValue"),
    ("POST", "messagettl=0", "InvalidQueryParameterValue"),
    ("POST", "messagettl=-2", "InvalidQueryParameterValue"),
    ("POST", "messagettl=30&visibilitytimeout=30", "InvalidQueryParameterValue"),
    ("PATCH", "", "UnsupportedHttpVerb")])
def test_parameters_out_of_range(queue, method, query, code):
    body = b"<QueueMessage><MessageText>x</MessageText></QueueMessage>" if method == "POST" else b""
    answer = signed(method, f"{queue.url}/messages?{query}", body=body)
    assert answer.headers["x-ms-error-code"] == code, answer.text


@pytest.mark.parametrize("body", [b"", b"no XML", b"<Other/>", b"<QueueMessage/>",
    b"<QueueMessage><MessageText>\x01</MessageText></QueueMessage>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"])
def test_bodies_that_are_none(queue, body):
    answer = signed("POST", f"{queue.url}/messages", body=body)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, "InvalidXmlDocument")


def test_parameters_that_are_missing(queue):
    sent = queue.send_message("x")
    for method, query in [("DELETE", ""), ("PUT", "popreceipt=x"), ("PUT", "visibilitytimeout=0")]:
        answer = signed(method, f"{queue.url}/messages/{sent.id}?{query}")
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, "MissingRequiredQueryParameter")


def test_a_queue_that_is_not_there(service):
    client = service.get_queue_client("missing")
    for call in [client.get_queue_properties, client.get_queue_access_policy, client.clear_messages,
                 client.peek_messages, client.receive_message, lambda: client.send_message("x"),
                 lambda: client.set_queue_metadata({}), lambda: client.set_queue_access_policy({}),
                 lambda: client.delete_message("a", "b")]:
        with pytest.raises(ResourceNotFoundError) as error:
            call()
        refusal(error, 404, "QueueNotFound")


# Who may do what


def ago(**time):
    return datetime.now(timezone.utc) - timedelta(**time)


def ahead(**time):
    return datetime.now(timezone.utc) + timedelta(**time)


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


def test_a_queue_signature_is_for_its_queue(service, queue):
    client, token = queue_sas(queue, ["read"])
    other = service.create_queue("q-" + uuid.uuid4().hex)
    with pytest.raises(ClientAuthenticationError) as error:
        QueueClient.from_queue_url(other.url, credential=token, retry_total=0).peek_messages()
    refusal(error, 403, "AuthenticationFailed")
    with pytest.raises(HttpResponseError):
        list(QueueServiceClient(service.url, credential=token, retry_total=0).list_queues())


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


def test_account_signatures(service, queue, endpoint):
    def attempt(call, *options):
        try:
            call(QueueServiceClient(endpoint, credential=account_sas(*options), retry_total=0))
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


def test_user_delegation(service, queue):
    key = service.get_user_delegation_key(expiry=ahead(hours=1), start=ago(minutes=5))
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


def test_a_signature_for_one_user(service, queue):
    key = service.get_user_delegation_key(expiry=ahead(hours=1), start=ago(minutes=5), delegated_user_tid="tenant")
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


# The service


def test_properties(service):
    logging = QueueAnalyticsLogging(
        read=True, write=True, delete=True, retention_policy=RetentionPolicy(enabled=True, days=5))
    metrics = Metrics(enabled=True, include_apis=True, retention_policy=RetentionPolicy(enabled=True, days=4))
    service.set_service_properties(analytics_logging=logging, hour_metrics=metrics, minute_metrics=metrics)
    found = service.get_service_properties()
    assert found["analytics_logging"].write and found["analytics_logging"].retention_policy.days == 5
    assert found["hour_metrics"].include_apis and found["minute_metrics"].retention_policy.days == 4
    service.set_service_properties(QueueAnalyticsLogging(), Metrics(), Metrics(), [])
    found = service.get_service_properties()
    assert not found["analytics_logging"].read and not found["hour_metrics"].enabled and found["cors"] == []


def test_properties_that_are_none(service):
    too_long = Metrics(enabled=True, include_apis=True, retention_policy=RetentionPolicy(enabled=True, days=366))
    with pytest.raises(HttpResponseError) as error:
        service.set_service_properties(minute_metrics=too_long)
    refusal(error, 400, "InvalidXmlDocument")
    with pytest.raises(HttpResponseError) as error:
        service.set_service_properties(cors=[CorsRule(["www.xyz.com"], ["GET"])] * 6)
    refusal(error, 400, "InvalidXmlDocument")


def test_statistics_and_the_secondary(service, queue, endpoint):
    account = endpoint.replace(ACCOUNT, ACCOUNT + "-secondary")
    statistics = ET.fromstring(signed("GET", account + "/?restype=service&comp=stats").content)
    assert statistics.find("GeoReplication/Status").text == "live"
    secondary = account + "/" + queue.queue_name
    queue.send_message("read me there")
    answer = requests.get(secondary + "/messages?peekonly=true&" + queue_sas(queue, ["read"])[1], timeout=20)
    # The signature names the primary's address: it is the key that counts.
    assert answer.status_code == 200 and "read me there" in answer.text
    answer = requests.get(secondary + "/messages?" + queue_sas(queue, ["process"])[1], timeout=20)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "WriteOperationNotSupportedOnSecondary")


def test_cross_origin_requests(service, endpoint):
    url = endpoint + "/?restype=service&comp=properties"

    def preflight(origin, method=None, headers=None):
        names = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
        return requests.options(url, headers={name: value for name, value in names.items() if value}, timeout=20)
    service.set_service_properties(cors=[])
    assert preflight("http://test", "GET").status_code == 403
    assert "Vary" not in signed("GET", url, {"Origin": "http://test"}).headers
    service.set_service_properties(cors=[
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
    service.set_service_properties(cors=[CorsRule(["*"], ["GET"])])
    anybody = signed("GET", url, {"Origin": "http://whoever"})
    nobody = signed("GET", url)
    for answer in (anybody, nobody):
        assert answer.headers["Access-Control-Allow-Origin"] == "*" and "Vary" not in answer.headers
    assert "Access-Control-Allow-Origin" not in signed("HEAD", url).headers
    service.set_service_properties(cors=[])


def test_many_takers_share_what_there_is(queue, endpoint):
    for index in range(60):
        queue.send_message(str(index))
    taken, lock = [], threading.Lock()

    def work():
        client = QueueClient(endpoint, queue.queue_name, credential=ACCOUNT_KEY, retry_total=0)
        while messages := list(client.receive_messages(messages_per_page=3, max_messages=3)):
            for message in messages:
                client.delete_message(message)
                with lock:
                    taken.append(message.content)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=int) == [str(index) for index in range(60)]


def test_the_asynchronous_client_walks_a_scenario(endpoint):
    async def walk():
        async with AsyncQueueServiceClient(endpoint, credential=ACCOUNT_KEY, retry_total=0) as service:
            queue = await service.create_queue("q-" + uuid.uuid4().hex, metadata={"key": "value"})
            assert [found async for found in service.list_queues(name_starts_with=queue.queue_name)]
            sent = await queue.send_message("hello")
            assert (await queue.peek_messages())[0].id == sent.id
            message = await queue.receive_message(visibility_timeout=30)
            updated = await queue.update_message(message, content="changed", visibility_timeout=0)
            assert updated.content == "changed"
            async for message in queue.receive_messages():
                assert (message.content, message.dequeue_count) == ("changed", 2)
                await queue.delete_message(message)
            assert (await queue.get_queue_properties()).approximate_message_count == 0
            await queue.delete_queue()
            with pytest.raises(ResourceNotFoundError):
                await queue.get_queue_properties()
    asyncio.run(walk())


def test_everything_outlives_both_servers(tmp_path_factory):
    redis = RedisServer(tmp_path_factory.mktemp("redis"))
    folder = tmp_path_factory.mktemp("store")
    store = Store(folder, f"--redis=redis://127.0.0.1:{redis.port}")
    queue = QueueServiceClient(store.endpoints["queue"], credential=ACCOUNT_KEY).create_queue(
        "durable", metadata={"key": "value"})
    queue.set_queue_access_policy({"mine": AccessPolicy(permission="r")})
    queue.send_message("held")
    held = queue.receive_message(visibility_timeout=600)
    queue.send_message("kept")
    store.kill()
    redis.kill()
    redis.start()
    store = Store(folder, f"--redis=redis://127.0.0.1:{redis.port}")
    try:
        queue = QueueClient(store.endpoints["queue"], "durable", credential=ACCOUNT_KEY)
        assert queue.get_queue_properties().metadata == {"key": "value"}
        assert set(queue.get_queue_access_policy()) == {"mine"}
        assert [message.content for message in queue.receive_messages()] == ["kept"]
        queue.delete_message(held)
    finally:
        store.kill()
        redis.kill()


def test_what_functions_publish_is_there_to_see(redis, service):
    redis.command("XADD", "queue:{results}:normal", "*", "body", '{"jobId":"n"}', "id", "one", "enqueued", "1000", "attempt", "0")
    redis.command("XADD", "queue:{results}:high", "*", "body", '{"jobId":"h"}', "id", "two", "enqueued", "1000", "attempt", "2")
    queue = service.get_queue_client("results")
    assert queue.get_queue_properties().approximate_message_count == 2
    peeked = queue.peek_messages(max_messages=5)
    assert [(message.id, message.content, message.dequeue_count) for message in peeked] == [
        ("two", '{"jobId":"h"}', 2), ("one", '{"jobId":"n"}', 0)]
    assert peeked[0].expires_on.year == 9999
    taken = queue.receive_message()
    assert (taken.id, taken.dequeue_count) == ("two", 3)
    queue.delete_message(taken)
    # One that a function holds is nobody's else.
    redis.command("XGROUP", "CREATE", "queue:{results}:normal", "functions", "0")
    redis.command("XREADGROUP", "GROUP", "functions", "worker", "STREAMS", "queue:{results}:normal", ">")
    assert queue.peek_messages() == [] and queue.receive_message() is None
    assert queue.get_queue_properties().approximate_message_count == 1
    queue.delete_queue()
    with pytest.raises(ResourceNotFoundError):
        queue.get_queue_properties()


def test_without_redis_it_says_so(tmp_path_factory):
    redis = RedisServer(tmp_path_factory.mktemp("redis"))
    store = Store(tmp_path_factory.mktemp("store"), f"--redis=redis://127.0.0.1:{redis.port}")
    try:
        redis.kill()
        with pytest.raises(HttpResponseError) as error:
            QueueServiceClient(store.endpoints["queue"], credential=ACCOUNT_KEY, retry_total=0).create_queue("any")
        refusal(error, 503, "ServerBusy")
    finally:
        store.kill()


def test_the_xml_is_as_the_protocol_has_it(queue):
    queue.send_message("x")
    root = ET.fromstring(signed("GET", queue.url + "/messages").content)
    assert root.tag == "QueueMessagesList"
    assert [child.tag for child in root[0]] == [
        "MessageId", "InsertionTime", "ExpirationTime", "PopReceipt", "TimeNextVisible", "DequeueCount", "MessageText"]
