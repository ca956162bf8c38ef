"""Replicate's official Python client against its stand-in."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import threading

import pytest
import replicate
import requests
from running import until
from replicate.exceptions import ModelError, ReplicateError

MODEL = "black-forest-labs/flux-schnell"
VERSION = "stability-ai/sdxl:" + "7" * 64
FAST = {"latency_ms": 30}


@pytest.fixture
def client(emulator):
    return replicate.Client(api_token="r8_test", base_url=emulator.replicate)


def picture(url):
    answer = requests.get(str(url), timeout=10)
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
    return answer.content


@contextlib.contextmanager
def receiver():
    """An address that takes webhooks, and what it took: headers and body of each."""
    received = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()


@pytest.mark.parametrize("model", [MODEL, VERSION])
def test_run_waits_for_the_pictures(client, model):
    output = client.run(model, input={"prompt": "a harbour", "num_outputs": 2, "seed": 3, "stand_in": FAST})
    first, second = [picture(url) for url in output]
    assert first != second
    again = client.run(model, input={"prompt": "a harbour", "num_outputs": 1, "seed": 3, "stand_in": FAST})
    assert picture(again[0]) == first


def test_a_prediction_is_created_reloaded_and_listed(client):
    prediction = client.models.predictions.create(MODEL, input={"prompt": "a", "stand_in": {"latency_ms": 300}})
    assert prediction.status in ("starting", "processing")
    prediction.wait()
    assert prediction.status == "succeeded" and prediction.metrics["predict_time"] > 0
    assert prediction.progress is None or prediction.progress.percentage == 1.0
    assert prediction.id in [listed.id for listed in client.predictions.list()]


def test_a_prediction_is_canceled(client):
    prediction = client.predictions.create(version=VERSION, input={"prompt": "a", "stand_in": {"latency_ms": 60000}})
    prediction.cancel()
    prediction.reload()
    assert prediction.status == "canceled"


def test_a_failure_reaches_the_client_with_its_reason(client):
    with pytest.raises(ModelError) as raised:
        client.run(MODEL, input={"prompt": "a", "stand_in": {"failure_rate": 1, "failure": "no paint", **FAST}})
    assert raised.value.prediction.error == "no paint"


def test_input_that_does_not_fit_is_refused(client):
    with pytest.raises(ReplicateError) as raised:
        client.run(MODEL, input={"prompt": "a", "width": 99999})
    assert raised.value.status == 422 and "input.width" in raised.value.detail


def test_a_file_is_uploaded_and_drawn_from(client, tmp_path):
    source = picture(client.run(MODEL, input={"prompt": "red", "stand_in": FAST})[0])
    path = tmp_path / "source.png"
    path.write_bytes(source)
    file = client.files.create(path)
    assert file.size == len(source) and file.checksums["sha256"] == hashlib.sha256(source).hexdigest()
    plain = picture(client.run(MODEL, input={"prompt": "a", "stand_in": FAST})[0])
    drawn = picture(client.run(MODEL, input={"prompt": "a", "image": file.urls["get"], "stand_in": FAST})[0])
    inline = "data:image/png;base64," + base64.b64encode(source).decode()
    assert drawn != plain
    assert picture(client.run(MODEL, input={"prompt": "a", "image": inline, "stand_in": FAST})[0]) == drawn
    client.files.delete(file.id)
    with pytest.raises(ReplicateError):
        client.files.get(file.id)


def test_a_wrong_token_is_refused(emulator):
    with pytest.raises(ReplicateError) as raised:
        list(replicate.Client(api_token="", base_url=emulator.replicate).predictions.list())
    assert raised.value.status == 401


def test_webhooks_are_signed_and_delivered_as_often_as_asked(client):
    with receiver() as (address, received):
        client.models.predictions.create(
            MODEL, input={"prompt": "a", "stand_in": {"webhook": {"copies": 2}, **FAST}},
            webhook=f"{address}/done?job=7", webhook_events_filter=["completed"])
        until(lambda: len(received) == 2, 10)
    key = base64.b64decode(client.webhooks.default.secret().key.removeprefix("whsec_"))
    for headers, body in received:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert json.loads(body)["status"] == "succeeded"


def test_a_cursor_beyond_every_prediction_leads_to_an_empty_page(client):
    page = client.predictions.list(cursor="/v1/predictions?cursor=9223372036854775807")
    assert page.results == [] and page.next is None


@pytest.mark.parametrize("call, reason", [
    ({"version": "nope/bad:zz", "input": {"prompt": "a"}}, "does not exist"),
    ({"version": VERSION, "input": {"prompt": "a", "aspect_ratio": "1e308:1e308"}}, "input.aspect_ratio"),
    ({"version": VERSION, "input": {"prompt": "a"}, "webhook": 5}, "webhook"),
])
def test_a_call_that_cannot_be_taken_is_refused_by_what_is_wrong(client, call, reason):
    with pytest.raises(ReplicateError) as raised:
        client.predictions.create(**call)
    assert raised.value.status == 422 and reason in raised.value.detail


def test_webhooks_without_a_filter_tell_start_logs_outputs_and_end(client):
    with receiver() as (address, received):
        client.predictions.create(
            version=VERSION, webhook=address,
            input={"prompt": "a", "num_outputs": 2, "stand_in": {"latency_ms": 1200, "steps": 12}})
        until(lambda: len(received) == 7, 10)
    told = [json.loads(body) for _, body in received]
    assert [prediction["status"] for prediction in told].count("succeeded") == 2
    assert {len(prediction["output"] or []) for prediction in told} == {0, 1, 2}
    assert len({prediction["logs"] for prediction in told}) >= 4


def test_a_stream_tells_each_picture_and_the_log(client):
    turned = {"latency_ms": 200, "steps": 4}
    prediction = client.predictions.create(
        version=VERSION, input={"prompt": "a", "num_outputs": 2, "stand_in": turned}, stream=True)
    events = list(prediction.stream())
    kinds = [event.event.value for event in events]
    assert kinds[-1] == "done" and kinds.count("output") == 2 and "logs" in kinds
    assert len({picture(event.data) for event in events if event.event.value == "output"}) == 2
    assert "100%" in "".join(event.data for event in events if event.event.value == "logs")
    started = list(client.stream(MODEL, input={"prompt": "a", "stand_in": FAST}))
    assert [event.event.value for event in started][-2:] == ["output", "done"]


def test_a_stream_of_a_failure_raises_it(client):
    with pytest.raises(RuntimeError, match="no paint"):
        list(client.stream(MODEL, input={"prompt": "a", "stand_in": {"failure_rate": 1, "failure": "no paint", **FAST}}))


def test_a_prediction_is_stopped_at_its_deadline(client, emulator):
    answer = requests.post(
        f"{emulator.replicate}/v1/models/{MODEL}/predictions", timeout=10,
        json={"input": {"prompt": "a", "stand_in": {"latency_ms": 30_000}}},
        headers={"authorization": "Bearer r8_test", "cancel-after": "5s"}).json()
    assert answer["deadline"] > answer["created_at"]
    prediction = client.predictions.get(answer["id"])
    prediction.wait()
    assert prediction.status == "canceled" and 5 <= prediction.metrics["total_time"] < 5.1


def test_a_deployment_draws(client):
    deployment = client.deployments.get("acme/hills")
    assert deployment.current_release.number == 1 and client.deployments.list().results
    prediction = deployment.predictions.create(input={"prompt": "a", "stand_in": FAST})
    prediction.wait()
    assert prediction.status == "succeeded" and prediction.model == "acme/hills"


def test_the_catalogue_is_read(client):
    assert [model.id for model in client.models.list()][0] == MODEL
    model = client.models.get("acme/painter")
    versions = model.versions.list()
    assert versions[0].id == model.latest_version.id == model.versions.get(versions[0].id).id
    assert client.accounts.current().type == "user"
    assert "cpu" in [hardware.sku for hardware in client.hardware.list()]
    slug = client.collections.list()[0].slug
    assert client.collections.get(slug).models[0].id == MODEL
