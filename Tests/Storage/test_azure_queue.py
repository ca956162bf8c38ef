"""The Azure Queue service through azure-storage-queue, and where that is too polite, through plain requests."""

import asyncio
import base64
import json
import threading
import uuid
import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import (
    AccessPolicy, BinaryBase64DecodePolicy, BinaryBase64EncodePolicy, CorsRule, Metrics, QueueAnalyticsLogging,
    QueueClient, QueueServiceClient, RetentionPolicy)
from azure.storage.queue.aio import QueueServiceClient as AsyncQueueServiceClient

from azure_queue import RedisServer, refusal, signed, until
from object_store import ACCOUNT_KEY, Store

pytestmark = pytest.mark.timeout(120)


# Queues


def test_a_queue_is_made_once(queues):
    client = queues.get_queue_client("q-" + uuid.uuid4().hex)
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


def test_answers_carry_what_every_answer_of_azure_carries(queues, queue):
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
def test_names_that_are_none(queues, name, code):
    with pytest.raises(HttpResponseError) as error:
        queues.create_queue(name)
    refusal(error, 400, code)


def test_an_empty_name_is_none(queue_endpoint):
    answer = signed("PUT", queue_endpoint + "/")
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, "InvalidResourceName")


@pytest.mark.parametrize("name", ["abc", "a" * 63, "queue-123"])
def test_names_at_the_limits(queues, name):
    queues.create_queue(name)
    queues.delete_queue(name)


def test_listing(queues):
    prefix = "list" + uuid.uuid4().hex[:8]
    names = [f"{prefix}{index}" for index in range(5)]
    for name in names:
        queues.create_queue(name, metadata={"key": name})
    pages = queues.list_queues(name_starts_with=prefix, results_per_page=3).by_page()
    first = list(next(pages))
    assert [queue.name for queue in first] == names[:3] and first[0].metadata is None
    rest = queues.list_queues(name_starts_with=prefix, include_metadata=True).by_page(pages.continuation_token)
    second = list(next(rest))
    assert [(queue.name, queue.metadata) for queue in second] == [(name, {"key": name}) for name in names[3:]]
    assert not rest.continuation_token
    assert {queue.name for queue in queues.list_queues()} >= set(names)


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


def test_texts_in_base64(queues, queue):
    client = queues.get_queue_client(
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


def test_a_queue_that_is_not_there(queues):
    client = queues.get_queue_client("missing")
    for call in [client.get_queue_properties, client.get_queue_access_policy, client.clear_messages,
                 client.peek_messages, client.receive_message, lambda: client.send_message("x"),
                 lambda: client.set_queue_metadata({}), lambda: client.set_queue_access_policy({}),
                 lambda: client.delete_message("a", "b")]:
        with pytest.raises(ResourceNotFoundError) as error:
            call()
        refusal(error, 404, "QueueNotFound")


# The service


def test_properties(queues):
    logging = QueueAnalyticsLogging(
        read=True, write=True, delete=True, retention_policy=RetentionPolicy(enabled=True, days=5))
    metrics = Metrics(enabled=True, include_apis=True, retention_policy=RetentionPolicy(enabled=True, days=4))
    queues.set_service_properties(analytics_logging=logging, hour_metrics=metrics, minute_metrics=metrics)
    found = queues.get_service_properties()
    assert found["analytics_logging"].write and found["analytics_logging"].retention_policy.days == 5
    assert found["hour_metrics"].include_apis and found["minute_metrics"].retention_policy.days == 4
    queues.set_service_properties(QueueAnalyticsLogging(), Metrics(), Metrics(), [])
    found = queues.get_service_properties()
    assert not found["analytics_logging"].read and not found["hour_metrics"].enabled and found["cors"] == []


def test_properties_that_are_none(queues):
    too_long = Metrics(enabled=True, include_apis=True, retention_policy=RetentionPolicy(enabled=True, days=366))
    with pytest.raises(HttpResponseError) as error:
        queues.set_service_properties(minute_metrics=too_long)
    refusal(error, 400, "InvalidXmlDocument")
    with pytest.raises(HttpResponseError) as error:
        queues.set_service_properties(cors=[CorsRule(["www.xyz.com"], ["GET"])] * 6)
    refusal(error, 400, "InvalidXmlDocument")


def test_many_takers_share_what_there_is(queue, queue_endpoint):
    for index in range(60):
        queue.send_message(str(index))
    taken, lock = [], threading.Lock()

    def work():
        client = QueueClient(queue_endpoint, queue.queue_name, credential=ACCOUNT_KEY, retry_total=0)
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


def test_the_asynchronous_client_walks_a_scenario(queue_endpoint):
    async def walk():
        async with AsyncQueueServiceClient(queue_endpoint, credential=ACCOUNT_KEY, retry_total=0) as service:
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


def test_what_functions_publish_is_there_to_see(redis, queues):
    redis.command("XADD", "queue:{results}:normal", "*", "body", '{"jobId":"n"}', "id", "one", "enqueued", "1000", "attempt", "0")
    redis.command("XADD", "queue:{results}:high", "*", "body", '{"jobId":"h"}', "id", "two", "enqueued", "1000", "attempt", "2")
    queue = queues.get_queue_client("results")
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
