"""Who hears of objects: functions and webhooks outside, each in its own words, also after a crash."""

import json
import re
import socket
import time
import urllib.parse

import pytest
import requests
from azure.storage.blob import BlobServiceClient
from botocore.exceptions import ClientError

from object_store import ACCOUNT_KEY
from emulators import Receiver, SmallEmulator, run, until

pytestmark = pytest.mark.timeout(180)
BUCKET = "darkroom"


def arn(target):
    return f"arn:minio:sqs::{target}:webhook"


def notify(s3, target=None, events=("s3:ObjectCreated:*",), name="mine", **filters):
    rules = [{"Name": key, "Value": value} for key, value in filters.items()]
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [
        {"Id": name, "QueueArn": target or arn("PRIMARY"), "Events": list(events),
         "Filter": {"Key": {"FilterRules": rules}}}]})


@pytest.fixture(scope="module")
def receivers():
    made = {name: Receiver() for name in ("PRIMARY", "AWS", "GRID", "CLOUD")}
    yield made
    for receiver in made.values():
        receiver.close()


@pytest.fixture(scope="module")
def small(receivers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("emulator")
    (folder / "targets.json").write_text(json.dumps({"targets": [
        {"id": "AWS", "endpoint": receivers["AWS"].url, "shape": "aws"},
        {"id": "GRID", "endpoint": receivers["GRID"].url, "shape": "eventgrid", "token": "Custom secret",
         "subscribe": {"bucket": BUCKET, "prefix": "grid/", "suffix": ".png"}},
        {"id": "CLOUD", "endpoint": receivers["CLOUD"].url, "shape": "cloudevents",
         "subscribe": {"prefix": "grid/", "events": ["Microsoft.Storage.BlobCreated"]}}]}))
    emulator = SmallEmulator(folder, "--event-targets", folder / "targets.json", environment={
        "MINIO_NOTIFY_WEBHOOK_ENABLE_PRIMARY": "on",
        "MINIO_NOTIFY_WEBHOOK_ENDPOINT_PRIMARY": receivers["PRIMARY"].url,
        "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_PRIMARY": "secret",
        "MINIO_NOTIFY_WEBHOOK_ENABLE_OFF": "off"})
    yield emulator
    emulator.stop()


@pytest.fixture(autouse=True)
def nothing_yet(request):
    if "receivers" in request.fixturenames:
        if "small" in request.fixturenames:
            request.getfixturevalue("small").flush()
        for receiver in request.getfixturevalue("receivers").values():
            receiver.requests.clear()


def test_minio_s_webhook(small, receivers):
    s3 = small.s3()
    notify(s3, events=["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"], prefix="dir/", suffix=".png")
    tag = s3.put_object(Bucket=BUCKET, Key="dir/a b.png", Body=b"four", ContentType="image/png",
                        Metadata={"color": "red"})["ETag"].strip('"')
    s3.put_object(Bucket=BUCKET, Key="dir/a.txt", Body=b"x")
    s3.put_object(Bucket=BUCKET, Key="other/a.png", Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="dir/a b.png")
    small.flush()
    (_, headers, created), (_, _, removed) = receivers["PRIMARY"].requests
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers["authorization"] == "Bearer secret" and headers["content-type"].startswith("application/json")
    assert set(created) == {"EventName", "Key", "Records"}
    assert created["EventName"] == "s3:ObjectCreated:Put" and created["Key"] == f"{BUCKET}/dir/a b.png"
    record, = created["Records"]
    assert record["eventVersion"] == "2.0" and record["eventSource"] == "minio:s3" and record["awsRegion"] == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["eventTime"])
    assert record["eventName"] == "s3:ObjectCreated:Put"
    assert record["userIdentity"] == {"principalId": "minioadmin"}
    assert set(record["responseElements"]) == {
        "x-amz-id-2", "x-amz-request-id", "x-minio-deployment-id", "x-minio-origin-endpoint"}
    assert record["responseElements"]["x-minio-origin-endpoint"] == small.addresses["s3"]["endpoint"]
    assert record["s3"]["configurationId"] == "mine" and record["s3"]["s3SchemaVersion"] == "1.0"
    assert record["s3"]["bucket"]["name"] == BUCKET and record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{BUCKET}"
    thing = record["s3"]["object"]
    assert thing["key"] == "dir%2Fa+b.png" and thing["size"] == 4 and thing["eTag"] == tag
    assert thing["contentType"] == "image/png"
    assert thing["userMetadata"] == {"content-type": "image/png", "X-Amz-Meta-color": "red"}
    assert record["requestParameters"]["sourceIPAddress"] == "127.0.0.1"
    assert record["source"]["host"] == "127.0.0.1" and "Boto3" in record["source"]["userAgent"]
    gone = removed["Records"][0]["s3"]["object"]
    assert removed["EventName"] == "s3:ObjectRemoved:Delete" and set(gone) == {"key", "sequencer"}
    assert thing["sequencer"] < gone["sequencer"]


def test_records_as_aws_writes_them(small, receivers):
    s3 = small.s3()
    notify(s3, target="arn:aws:sqs:eu-central-1:000000000000:AWS", name="to-aws")
    s3.put_object(Bucket=BUCKET, Key="dir/a+b c.png", Body=b"four")
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "dir/a+b c.png"})
    small.flush()
    test, first, second = receivers["AWS"].taken
    assert test["Event"] == "s3:TestEvent"
    assert set(first) == {"Records"}
    record, = first["Records"]
    assert record["eventSource"] == "aws:s3" and record["eventVersion"] == "2.1" and record["awsRegion"] == "us-east-1"
    assert record["eventName"] == "ObjectCreated:Put" and "source" not in record
    assert record["s3"]["configurationId"] == "to-aws" and record["s3"]["object"]["key"] == "dir/a%2Bb+c.png"
    assert second["Records"][0]["eventName"] == "ObjectCreated:Copy"
    assert receivers["PRIMARY"].requests == []


def test_event_grid_and_cloud_events(small, receivers):
    blobs = BlobServiceClient.from_connection_string(small.addresses["blob"]["connectionString"])
    blob = blobs.get_blob_client(BUCKET, "grid/a b.png")
    written = blob.upload_blob(b"four", overwrite=True)
    blob.delete_blob()
    small.s3().put_object(Bucket=BUCKET, Key="grid/not.txt", Body=b"x")
    small.flush()
    (_, headers, created), (_, _, deleted) = receivers["GRID"].requests
    headers = {name.lower(): value for name, value in headers.items()}
    assert headers["aeg-event-type"] == "Notification" and headers["authorization"] == "Custom secret"
    event, = created
    assert event["eventType"] == "Microsoft.Storage.BlobCreated"
    assert event["subject"] == f"/blobServices/default/containers/{BUCKET}/blobs/grid/a b.png"
    assert event["topic"].endswith("/providers/Microsoft.Storage/storageAccounts/devstoreaccount1")
    assert event["metadataVersion"] == "1" and event["dataVersion"] == ""
    assert set(event) == {
        "topic", "subject", "eventType", "id", "eventTime", "data", "dataVersion", "metadataVersion"}
    assert event["data"]["api"] == "PutBlob" and event["data"]["contentLength"] == 4
    assert event["data"]["blobType"] == "BlockBlob" and event["data"]["eTag"] == written["etag"].strip('"')
    assert event["data"]["clientRequestId"] == written["client_request_id"]
    assert event["data"]["url"] == f"{small.addresses['blob']['endpoint']}/{BUCKET}/grid/a%20b.png"
    assert deleted[0]["eventType"] == "Microsoft.Storage.BlobDeleted" and "contentLength" not in deleted[0]["data"]
    assert deleted[0]["id"] != event["id"] and event["data"]["sequencer"] < deleted[0]["data"]["sequencer"]
    first, second = receivers["CLOUD"].taken
    assert first["specversion"] == "1.0" and first["type"] == "Microsoft.Storage.BlobCreated"
    assert first["source"] == event["topic"] and first["id"] == event["id"] and first["data"] == event["data"]
    assert second["subject"].endswith("/grid/not.txt")
    assert receivers["CLOUD"].requests[0][1]["content-type"].startswith("application/cloudevents+json")


def test_aws_tries_a_queue_or_topic_before_it_names_it(small, receivers):
    s3 = small.s3()
    notify(s3, target="arn:aws:sns:eu-central-1:000000000000:AWS")
    test, = receivers["AWS"].taken
    assert set(test) == {"Service", "Event", "Time", "Bucket", "RequestId", "HostId"}
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", BUCKET)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", test["Time"]) and test["RequestId"]
    receivers["AWS"].statuses[:] = [500]
    with pytest.raises(ClientError) as error:
        notify(s3, target="arn:aws:sqs:eu-central-1:000000000000:AWS", prefix="refused/")
    assert error.value.response["Error"]["Code"] == "InvalidArgument"
    assert error.value.response["Error"]["Message"] == "Unable to validate the following destination configurations"
    kept, = s3.get_bucket_notification_configuration(Bucket=BUCKET)["QueueConfigurations"]
    assert "Filter" not in kept or "refused/" not in str(kept["Filter"])
    receivers["AWS"].requests.clear()
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, SkipDestinationValidation=True, NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": "arn:aws:sqs:eu-central-1:000000000000:AWS", "Events": ["s3:ObjectCreated:*"]}]})
    notify(s3)  # MinIO does not try its targets
    assert receivers["AWS"].requests == [] and receivers["PRIMARY"].requests == []


def header(headers, name):
    return {key.lower(): value for key, value in headers.items()}.get(name)


def test_event_grid_asks_before_it_sends(small, receivers):
    method, headers, body = receivers["GRID"].questions[0]
    assert method == "POST" and header(headers, "aeg-event-type") == "SubscriptionValidation"
    assert header(headers, "authorization") == "Custom secret"
    event, = body
    assert set(event) == {"id", "topic", "subject", "data", "eventType", "eventTime", "metadataVersion", "dataVersion"}
    assert event["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent" and event["subject"] == ""
    assert event["topic"].endswith("/storageAccounts/devstoreaccount1")
    assert set(event["data"]) == {"validationCode", "validationUrl"}
    method, headers, _ = receivers["CLOUD"].questions[0]
    assert method == "OPTIONS" and header(headers, "webhook-request-origin") == "eventgrid.azure.net"
    assert header(headers, "webhook-request-callback").startswith(small.addresses["dashboard"])
    assert len(receivers["GRID"].questions) == len(receivers["CLOUD"].questions) == 1
    small.s3().put_object(Bucket=BUCKET, Key="grid/a.png", Body=b"x")
    small.flush()
    assert header(receivers["CLOUD"].requests[0][1], "origin") == "eventgrid.azure.net"


@pytest.fixture
def asking(tmp_path):
    """Starts an emulator with one target; stops both."""
    made = []

    def start(shape, consents, **settings):
        receiver = Receiver(consents=consents)
        made.append(receiver.close)
        (tmp_path / "targets.json").write_text(json.dumps({"targets": [
            {"id": "T", "endpoint": settings.pop("endpoint", receiver.url), "shape": shape,
             "subscribe": {"bucket": BUCKET}, **settings}]}))
        emulator = SmallEmulator(tmp_path, "--event-targets", tmp_path / "targets.json")
        made.append(emulator.kill)
        return emulator, receiver

    yield start
    for end in reversed(made):
        end()


def code_of(question):
    return question[2][0]["data"]["validationCode"]


@pytest.mark.parametrize("shape, refusal, consent", [
    ("eventgrid", lambda: (202, {}, b""), None), ("eventgrid", lambda: (500, {}, b"no"), None),
    ("cloudevents", lambda: (405, {}, b""), {"WebHook-Allowed-Origin": "eventgrid.azure.net"})])
def test_a_target_that_says_no_is_asked_again_and_sent_nothing_before(asking, shape, refusal, consent):
    receiver = None

    def consents(number):
        if number < 3:
            return refusal()
        return 200, consent or {}, b"" if consent else json.dumps(
            {"validationResponse": code_of(receiver.questions[-1])}).encode()

    emulator, receiver = asking(shape, consents)
    emulator.s3().put_object(Bucket=BUCKET, Key="a", Body=b"x")
    emulator.flush()
    assert len(receiver.questions) == 3 and len(receiver.taken) == 1
    assert "T does not say that it wants events" in emulator.log_text()
    if shape == "eventgrid":
        assert len({code_of(question) for question in receiver.questions}) == 3


@pytest.mark.parametrize("shape, answer", [
    ("eventgrid", (200, {}, b'{"validationResponse": "another"}')), ("eventgrid", (200, {}, b"")),
    ("cloudevents", (200, {}, b"")), ("cloudevents", (200, {"WebHook-Allowed-Origin": "elsewhere.example"}, b""))])
def test_a_target_may_say_yes_later_by_opening_a_url(asking, shape, answer):
    emulator, receiver = asking(shape, lambda _: answer)
    emulator.s3().put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert emulator.control("flush", timeout=1).status_code == 504 and receiver.requests == []
    _, headers, body = receiver.questions[0]
    url = body[0]["data"]["validationUrl"] if body else header(headers, "webhook-request-callback")
    wrong = requests.get(url[:-4] + "0000", timeout=10)
    assert wrong.status_code == 400 and receiver.requests == []
    assert requests.get(url, timeout=10).status_code == 200
    emulator.flush()
    assert len(receiver.taken) == len(receiver.questions) == 1
    assert requests.get(url, timeout=10).status_code == 400, "it holds once"


def test_a_target_that_is_not_to_be_asked_is_not(asking):
    emulator, receiver = asking("eventgrid", None, handshake=False)
    emulator.s3().put_object(Bucket=BUCKET, Key="a", Body=b"x")
    emulator.flush()
    assert receiver.questions == [] and len(receiver.taken) == 1


@pytest.mark.parametrize("shape", ["eventgrid", "cloudevents", "aws", "minio"])
def test_our_own_webhook_says_yes_and_takes_the_events(asking, tmp_path_factory, shape):
    other = SmallEmulator(tmp_path_factory.mktemp("other"))
    try:
        path = "minio" if shape in ("aws", "minio") else "eventgrid"
        emulator, _ = asking(shape, None, endpoint=f"{other.addresses['gateway']}/_emulator/events/{path}")
        notify(emulator.s3(), target="arn:aws:sqs:eu-central-1:000000000000:T", prefix="none/")
        emulator.s3().put_object(Bucket=BUCKET, Key="uploads/a", Body=b"x")
        emulator.flush()
        assert other.count("object") == 1
        other.stop()
    finally:
        other.kill()


def test_a_target_that_is_not_there_is_refused(small):
    with pytest.raises(ClientError) as error:
        notify(small.s3(), target=arn("NOBODY"))
    assert error.value.response["Error"]["Code"] == "InvalidArgument"
    with pytest.raises(ClientError):
        notify(small.s3(), target=arn("OFF"))


def test_a_key_s_events_stay_in_order_while_the_target_is_in_trouble(small, receivers):
    s3 = small.s3()
    notify(s3, prefix="order/", events=["s3:ObjectCreated:*", "s3:ObjectRemoved:*"])
    receivers["PRIMARY"].statuses[:] = [500, 503, 404, 429]
    for number in range(4):
        for key in "ab":
            s3.put_object(Bucket=BUCKET, Key=f"order/{key}", Body=b"x" * number)
    s3.delete_object(Bucket=BUCKET, Key="order/a")
    small.flush()
    records = [body["Records"][0] for body in receivers["PRIMARY"].taken]
    for key, length in (("order%2Fa", 5), ("order%2Fb", 4)):
        own = [record["s3"]["object"] for record in records if record["s3"]["object"]["key"] == key]
        assert [thing.get("size") for thing in own] == [0, 1, 2, 3, None][:length]
        assert [thing["sequencer"] for thing in own] == sorted(thing["sequencer"] for thing in own)
    assert len(receivers["PRIMARY"].requests) == len(records) + 4


def test_flush_waits_for_functions_and_gives_up_in_time(small, receivers):
    before = small.count("object")
    small.s3().put_object(Bucket=BUCKET, Key="uploads/a", Body=b"x")
    small.flush()
    assert small.count("object") == before + 1
    notify(small.s3(), prefix="stuck/")
    receivers["PRIMARY"].statuses[:] = [500] * 1000
    small.s3().put_object(Bucket=BUCKET, Key="stuck/a", Body=b"x")
    answer = small.control("flush", timeout=0.3)
    assert answer.status_code == 504 and "1 object events are still on their way" in answer.json()["detail"]
    assert "still on their way" in small.storage("flush", "--timeout", "0.2", status=1)
    receivers["PRIMARY"].statuses.clear()
    small.storage("flush")
    assert receivers["PRIMARY"].taken
    assert small.control("flush", timeout="soon").status_code == 400


def test_events_outlive_a_kill_and_an_absent_target(tmp_path):
    receiver = Receiver()
    environment = {
        "MINIO_NOTIFY_WEBHOOK_ENABLE": "true", "MINIO_NOTIFY_WEBHOOK_ENDPOINT": receiver.url}
    receiver.close()
    emulator = SmallEmulator(tmp_path, environment=environment)
    notify(emulator.s3(), target=arn("_"), prefix="kept/", events=["s3:ObjectCreated:*"])
    for number in range(3):
        for key in "abc":
            emulator.s3().put_object(Bucket=BUCKET, Key=f"kept/{key}", Body=b"x" * number)
    emulator.kill()
    receiver = Receiver(receiver.port)
    emulator = SmallEmulator(tmp_path, environment=environment)
    try:
        emulator.flush()
        own = {}
        for body in receiver.taken:
            own.setdefault(body["Key"], []).append(body["Records"][0]["s3"]["object"]["size"])
        assert own == {f"{BUCKET}/kept/{key}": [0, 1, 2] for key in "abc"}
        emulator.stop()
        receiver.requests.clear()
        emulator = SmallEmulator(tmp_path, environment=environment)
        emulator.flush()
        assert receiver.requests == [], "what was taken is not sent again"
        # Without its target nobody keeps events for it.
        emulator.s3().put_object(Bucket=BUCKET, Key="kept/late", Body=b"x")
        emulator.stop()
        emulator = SmallEmulator(tmp_path)
        emulator.flush()
        assert "is not configured any more" in emulator.log_text()
    finally:
        emulator.kill()
        receiver.close()


@pytest.mark.parametrize("text, problem", [
    ("{", "is not JSON"), ("{}", '"targets" has to be a list'),
    ('{"targets": [{"id": "a", "endpoint": "ftp://x"}]}', "targets[0]: \"endpoint\" is no http or https address"),
    ('{"targets": [{"id": "a b", "endpoint": "http://x/"}]}', "targets[0]: \"id\" has to be a word"),
    ('{"targets": [{"id": "a", "endpoint": "http://x/", "shape": "kafka"}]}', "\"shape\" is one of minio, aws"),
    ('{"targets": [{"id": "a", "endpoint": "http://x/", "subscribe": {"events": ["s3:Nothing"]}}]}', "there is no event"),
    ('{"targets": [{"id": "a", "endpoint": "http://x/", "prefix": "x"}]}', "there is no \"prefix\""),
    ('{"targets": [{"id": "a", "endpoint": "http://x/", "handshake": 1}]}', "\"handshake\" is true or false"),
    ('{"targets": [{"id": "a", "endpoint": "http://x/"}, {"id": "a", "endpoint": "http://y/"}]}', "two event targets"),
])
def test_a_file_of_targets_that_is_none(tmp_path, text, problem):
    file = tmp_path / "targets.json"
    file.write_text(text)
    assert problem in run("storage", "targets", file, status=1)


def test_targets_are_shown(tmp_path):
    environment = {"MINIO_NOTIFY_WEBHOOK_ENABLE_A": "on", "MINIO_NOTIFY_WEBHOOK_ENDPOINT_A": "http://127.0.0.1:1/",
                   "MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_A": "secret"}
    text = run("storage", "targets", "--json", environment=environment)
    assert json.loads(text) == [{"id": "A", "endpoint": "http://127.0.0.1:1/", "shape": "minio", "arn": arn("A"),
                                 "subscribes": False, "token": True}]
    assert "MINIO_NOTIFY_WEBHOOK_ENDPOINT_A does not say" in run(
        "storage", "targets", status=1, environment={"MINIO_NOTIFY_WEBHOOK_ENABLE_A": "on"})


def test_a_configuration_that_cannot_be_read_asks_for_nothing(small, receivers, tmp_path):
    (tmp_path / "in" / "broken").mkdir(parents=True)
    (tmp_path / "in" / "broken.jsonl").write_text(json.dumps(
        {"bucket": "broken", "owner": "minioadmin", "fields": [["doc:notification", "<NotificationConfiguration>"]]}) + "\n")
    small.storage("import", tmp_path / "in")
    small.s3().put_object(Bucket="broken", Key="a", Body=b"x")
    small.flush()
    assert "the notification configuration of broken cannot be read" in small.log_text()
    assert receivers["PRIMARY"].requests == []


def test_no_page_of_another_origin_empties_the_store(small):
    small.s3().put_object(Bucket=BUCKET, Key="stays", Body=b"x")
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        answer = requests.post(f"{small.addresses['dashboard']}/api/storage/reset", headers=headers, timeout=10)
        assert answer.status_code in (403, 421)
    assert small.s3().head_object(Bucket=BUCKET, Key="stays")
    assert requests.get(f"{small.addresses['dashboard']}/api/storage/reset", timeout=10).status_code == 404


def test_reset_empties_everything(small, receivers):
    s3 = small.s3()
    s3.create_bucket(Bucket="another")
    s3.put_object(Bucket=BUCKET, Key="x", Body=b"x")
    notify(s3, prefix="stuck/")
    receivers["PRIMARY"].statuses[:] = [500] * 1000
    s3.put_object(Bucket=BUCKET, Key="stuck/a", Body=b"x")
    assert small.control("reset").json() == {"reset": True}
    small.flush()
    receivers["PRIMARY"].statuses.clear()
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    assert not s3.get_bucket_notification_configuration(Bucket=BUCKET).get("QueueConfigurations")


def test_messages_of_clients_are_on_disk_when_they_are_acknowledged(small, tmp_path):
    from azure.storage.queue import QueueServiceClient

    def policy(emulator, sends):
        service = QueueServiceClient.from_connection_string(emulator.addresses["queue"]["connectionString"])
        if sends:
            service.create_queue(f"queue-{time.time_ns()}").send_message("x")
        address = urllib.parse.urlsplit(emulator.addresses["redis"])
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            connection.sendall(b"CONFIG GET appendfsync\r\n")
            return connection.recv(1000).split()[-1]

    assert policy(small, True) == b"always"
    emulator = SmallEmulator(tmp_path)
    try:
        assert policy(emulator, False) == b"everysec", "jobs need no more: they are in the database"
        emulator.stop()
        emulator = SmallEmulator(tmp_path, "--fast")
        assert policy(emulator, True) == b"everysec"
        emulator.stop()
    finally:
        emulator.kill()


def test_reset_empties_the_queues_that_clients_made(small):
    from azure.storage.queue import QueueServiceClient

    service = QueueServiceClient.from_connection_string(small.addresses["queue"]["connectionString"])
    mine = service.create_queue("mine", metadata={"a": "b"})
    mine.send_message("one")
    served = service.get_queue_client("clock")
    served.set_queue_metadata({"a": "b"})
    served.send_message('{"number": 1}', visibility_timeout=3600)
    small.control("reset")
    assert [queue.name for queue in service.list_queues()] == ["clock"]
    assert served.get_queue_properties().metadata == {}
    assert served.get_queue_properties().approximate_message_count == 1, "what functions wait for stays"
    served.clear_messages()
    service.create_queue("mine")
    assert mine.get_queue_properties().metadata == {} and list(mine.receive_messages()) == []


def test_reset_forgets_what_services_were_told(small):
    from azure.storage.blob import CorsRule

    service = BlobServiceClient.from_connection_string(small.addresses["blob"]["connectionString"])
    before = service.get_service_properties()
    service.set_service_properties(cors=[CorsRule(["https://mine.example"], ["GET"])])
    assert service.get_service_properties()["cors"][0].allowed_origins == "https://mine.example"
    small.control("reset")
    assert [rule.allowed_origins for rule in service.get_service_properties()["cors"]] == [
        rule.allowed_origins for rule in before["cors"]]


def test_reset_of_an_idle_store_empties_the_queues_too(tmp_path):
    from azure.storage.queue import QueueServiceClient

    emulator = SmallEmulator(tmp_path)
    service = QueueServiceClient.from_connection_string(emulator.addresses["queue"]["connectionString"])
    service.create_queue("mine").send_message("one")
    emulator.stop()
    emulator.storage("reset")
    emulator = SmallEmulator(tmp_path)
    try:
        service = QueueServiceClient.from_connection_string(emulator.addresses["queue"]["connectionString"])
        assert [queue.name for queue in service.list_queues()] == ["clock"]
        service.create_queue("later")
        emulator.stop()
        emulator = SmallEmulator(tmp_path)
        service = QueueServiceClient.from_connection_string(emulator.addresses["queue"]["connectionString"])
        assert [queue.name for queue in service.list_queues()] == ["clock", "later"], "once"
        emulator.stop()
    finally:
        emulator.kill()


# Seeds


def test_seeds_wake_nobody_unless_asked(tmp_path):
    seed = tmp_path / "seed"
    (seed / BUCKET / "uploads").mkdir(parents=True)
    (seed / BUCKET / "uploads" / "a.png").write_bytes(b"picture")
    (seed / "others" / "deep").mkdir(parents=True)
    (seed / "others" / "deep" / "ä ö.json").write_bytes(b"{}")
    (seed / "a file beside").write_bytes(b"x")
    emulator = SmallEmulator(tmp_path, "--seed", seed)
    try:
        s3 = emulator.s3()
        found = s3.get_object(Bucket=BUCKET, Key="uploads/a.png")
        assert found["Body"].read() == b"picture" and found["ContentType"] == "image/png"
        assert s3.head_object(Bucket="others", Key="deep/ä ö.json")["ContentType"] == "application/json"
        emulator.flush()
        assert emulator.count("object") == 0
        s3.put_object(Bucket=BUCKET, Key="uploads/a.png", Body=b"changed")
        emulator.flush()
        assert emulator.count("object") == 1
        emulator.stop()
        (seed / BUCKET / "uploads" / "b.png").write_bytes(b"second")
        emulator = SmallEmulator(tmp_path, "--seed", seed, "--seed-events")
        emulator.flush()
        assert emulator.count("object") == 2, "only what is new"
        assert emulator.s3().get_object(Bucket=BUCKET, Key="uploads/a.png")["Body"].read() == b"changed"
        emulator.stop()
    finally:
        emulator.kill()


def test_a_seed_that_is_none(tmp_path):
    assert "is no folder" in run("start", "--json", "--data", tmp_path / "data", "--seed", tmp_path / "x", status=1)


# Everybody


def test_without_signatures(tmp_path):
    emulator = SmallEmulator(tmp_path, "--no-auth", "--fast")
    try:
        assert "--no-auth: whoever reaches the object store may do everything with it" in emulator.log_text()
        assert "--fast: a power failure may lose objects" in emulator.log_text()
        stranger = emulator.s3("nobody", "nothing")
        stranger.put_object(Bucket=BUCKET, Key="a", Body=b"hello")
        assert stranger.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"hello"
        assert requests.get(f"{emulator.addresses['s3']['endpoint']}/{BUCKET}/a", timeout=10).content == b"hello"
        key = "AAAA" + ACCOUNT_KEY[4:]
        blobs = BlobServiceClient(emulator.addresses["blob"]["endpoint"], credential=key)
        assert blobs.get_blob_client(BUCKET, "a").download_blob().readall() == b"hello"
        url = emulator.addresses["queue"]["endpoint"] + "/anybody"
        assert requests.put(url, timeout=10).status_code == 201
        emulator.stop()
    finally:
        emulator.kill()


def test_users(small, tmp_path):
    users = small.addresses["s3"]["users"]
    assert [user["id"] for user in users] == ["minioadmin", "alice", "bob"]
    assert all(set(user) == {"id", "name", "email", "access", "secret"} for user in users)
    alice, bob = (small.s3(user["access"], user["secret"]) for user in users[1:])
    alice.create_bucket(Bucket="alices")
    assert alice.get_bucket_acl(Bucket="alices")["Owner"]["ID"] == "alice"
    for who, bucket in ((bob, "alices"), (alice, BUCKET)):
        with pytest.raises(ClientError) as error:
            who.put_object(Bucket=bucket, Key="x", Body=b"x")
        assert error.value.response["Error"]["Code"] == "AccessDenied"
    alice.delete_bucket(Bucket="alices")


@pytest.mark.parametrize("text, problem", [
    ("{}", "has to be a list"), ('[{"id": "a", "access": "a"}]', 'user 1: "secret" is missing'),
    ('[{"id": "a", "access": "minioadmin", "secret": "s"}]', "somebody else has the same")])
def test_users_that_are_none(tmp_path, text, problem):
    (tmp_path / "users.json").write_text(text)
    assert problem in run("start", "--json", "--port", "0", "--data", tmp_path / "data", "--s3-users", tmp_path / "users.json", status=1)


def test_users_of_a_file(tmp_path):
    (tmp_path / "users.json").write_text(json.dumps(
        [{"id": name, "name": name.upper(), "access": "AK" + name, "secret": "S" + name} for name in ("x", "y", "z")]))
    emulator = SmallEmulator(tmp_path, "--s3-users", tmp_path / "users.json")
    try:
        users = emulator.addresses["s3"]["users"]
        assert [user["name"] for user in users] == ["minioadmin", "X", "Y", "Z"] and users[1]["email"] == "x@localhost"
        assert emulator.s3("AKz", "Sz").list_buckets()["Owner"]["ID"] == "z"
        emulator.stop()
    finally:
        emulator.kill()


# Queues


def test_a_message_of_azure_s_client_wakes_the_function(small):
    import base64
    from azure.storage.queue import QueueServiceClient

    service = QueueServiceClient.from_connection_string(small.addresses["queue"]["connectionString"])
    assert "clock" in [queue.name for queue in service.list_queues()]
    queue = service.get_queue_client("clock")
    before = small.count("queue")
    queue.send_message(json.dumps({"number": 1}))
    until(lambda: small.count("queue") == before + 1)
    queue.send_message(base64.b64encode(b'{"number": 2}').decode())
    until(lambda: small.count("queue") == before + 2)
    queue.send_message(json.dumps({"number": 3}), visibility_timeout=1)
    assert small.count("queue") == before + 2
    until(lambda: small.count("queue") == before + 3)
    until(lambda: queue.get_queue_properties().approximate_message_count == 0)
    queue.send_message("no JSON")
    dead = until(lambda: requests.get(
        f"{small.addresses['dashboard']}/api/queues/clock/dead", timeout=10).json())
    assert "the body is not JSON" in dead[0]["reason"]
