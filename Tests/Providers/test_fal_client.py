"""fal.ai's official Python client against its stand-in, over TLS: the client speaks nothing else."""

import http.server
import importlib
import io
import json
import ssl
import sys
import threading

import pytest
import requests
from PIL import Image
from running import until

MODEL = "fal-ai/flux/dev"
FAST = {"latency_ms": 40}


@pytest.fixture
def fal(emulator, monkeypatch):
    """The client, pointed at the stand-in: it reads where its hosts are when it is imported."""
    base = emulator.addresses["providers"]["fal"].removeprefix("https://")
    monkeypatch.setenv("FAL_KEY", "id:secret")
    monkeypatch.setenv("FAL_RUN_HOST", f"{base}/run")
    monkeypatch.setenv("FAL_QUEUE_RUN_HOST", f"{base}/queue")
    monkeypatch.setenv("SSL_CERT_FILE", emulator.addresses["providersCertificate"])
    forget()
    client = importlib.import_module("fal_client")
    client.client.REST_URL = f"https://{base}/rest"
    client.client.CDN_URL = f"https://{base}/cdn"
    yield client
    forget()


def forget():
    for name in [name for name in sys.modules if name.split(".")[0] == "fal_client"]:
        del sys.modules[name]


@pytest.fixture
def get(emulator):
    def get(url):
        answer = requests.get(url, timeout=10, verify=emulator.addresses["providersCertificate"])
        assert answer.status_code == 200
        return answer.content
    return get


def test_submit_status_with_logs_and_result(fal, get):
    handle = fal.submit(MODEL, {"prompt": "a harbour", "image_size": "square", "stand_in": {"latency_ms": 600}})
    seen = []
    for event in handle.iter_events(with_logs=True, interval=0.02):
        seen.append(event)
    kinds = [type(event).__name__ for event in seen]
    assert kinds[-1] == "Completed" and "InProgress" in kinds
    assert seen[-1].metrics["inference_time"] > 0
    assert "100%" in seen[-1].logs[-1]["message"]
    result = handle.get()
    assert get(result["images"][0]["url"]).startswith(b"\x89PNG")
    assert result["images"][0]["width"] == 512 and result["prompt"] == "a harbour"
    assert result["has_nsfw_concepts"] == [False]


def test_an_id_is_all_that_is_needed_later(fal):
    handle = fal.submit(MODEL, {"prompt": "a", "stand_in": FAST})
    until(lambda: type(fal.status(MODEL, handle.request_id)).__name__ == "Completed", 10)
    assert fal.result(MODEL, handle.request_id)["images"]


def test_subscribe_hears_of_the_queue(fal):
    updates, ids = [], []
    result = fal.subscribe(
        MODEL, {"prompt": "a", "num_images": 2, "stand_in": {"latency_ms": 300}}, with_logs=True,
        on_enqueue=ids.append, on_queue_update=updates.append)
    assert len(result["images"]) == 2 and len(ids) == 1
    assert type(updates[-1]).__name__ == "Completed"


def test_run_waits_for_the_result(fal):
    assert fal.run(MODEL, {"prompt": "a", "sync_mode": True, "stand_in": FAST})["images"][0]["url"].startswith(
        "data:image/png;base64,iVBORw0KGgo")


def test_a_jpeg_is_one(fal, get):
    image = fal.run(MODEL, {"prompt": "a harbour", "output_format": "jpeg", "stand_in": FAST})["images"][0]
    picture = Image.open(io.BytesIO(get(image["url"])))
    picture.load()
    assert image["content_type"] == "image/jpeg"
    assert picture.format == "JPEG" and picture.size == (image["width"], image["height"])


def test_a_request_that_begins_too_late_has_timed_out(fal):
    with pytest.raises(fal.FalClientHTTPError) as raised:
        fal.subscribe(MODEL, {"prompt": "a", "stand_in": {"latency_ms": 20_000}}, start_timeout=1.5)
    assert raised.value.status_code == 504 and raised.value.error_type == "request_timeout"


def test_stream_tells_the_steps(fal):
    events = list(fal.stream(MODEL, {"prompt": "a", "stand_in": {"latency_ms": 200, "steps": 4}}))
    assert [event["step"] for event in events[:-1]] == [1, 2, 3, 4]
    assert events[-1]["images"]


def test_the_status_stream_ends_with_the_request(fal, emulator):
    handle = fal.submit(MODEL, {"prompt": "a", "stand_in": {"latency_ms": 400, "steps": 4}})
    answer = requests.get(
        f"{handle.status_url}/stream?logs=1", stream=True, timeout=10, headers={"authorization": "Key id:secret"},
        verify=emulator.addresses["providersCertificate"])
    assert answer.headers["content-type"] == "text/event-stream"
    statuses = [json.loads(line[6:])["status"] for line in answer.iter_lines(decode_unicode=True) if line]
    assert statuses[0] == "IN_QUEUE" and statuses[-1] == "COMPLETED" and "IN_PROGRESS" in statuses


def test_a_request_is_cancelled(fal):
    handle = fal.submit(MODEL, {"prompt": "a", "stand_in": {"latency_ms": 60_000}})
    handle.cancel()
    with pytest.raises(fal.FalClientHTTPError) as raised:
        handle.get()
    assert raised.value.status_code == 499 and raised.value.error_type == "client_cancelled"
    with pytest.raises(fal.FalClientHTTPError) as raised:
        handle.cancel()
    assert raised.value.status_code == 400


@pytest.mark.parametrize("knobs, status, error", [
    ({"failure_rate": 1, "failure": "no paint"}, 500, None),
    ({"failure_rate": 1, "failure_kind": "interrupted"}, 503, "runner_disconnected"),
    ({"block_rate": 1}, 422, None),
])
def test_failures_reach_the_client_in_fals_words(fal, knobs, status, error):
    handle = fal.submit(MODEL, {"prompt": "a", "stand_in": {**FAST, **knobs}})
    until(lambda: type(handle.status()).__name__ == "Completed", 10)
    assert handle.status().error_type == error
    # The client itself tries again what may be tried again.
    answer = handle.client.get(handle.response_url)
    assert answer.status_code == status
    detail = answer.json()["detail"]
    assert isinstance(detail, str) if error else detail[0]["loc"][0] == "body"


def test_input_that_does_not_fit_is_refused_in_the_result(fal):
    with pytest.raises(fal.FalClientHTTPError) as raised:
        fal.subscribe(MODEL, {"prompt": "a", "image_size": {"width": 99999}, "stand_in": FAST})
    assert raised.value.status_code == 422


@pytest.mark.parametrize("model", ["fal-ai/flux/dev/image-to-image", "fal-ai/flux-pro/kontext"])
def test_a_model_that_draws_from_a_picture_wants_one(fal, model):
    with pytest.raises(fal.FalClientHTTPError) as raised:
        fal.subscribe(model, {"prompt": "a", "stand_in": FAST})
    (error,) = raised.value.response.json()["detail"]
    assert raised.value.status_code == 422 and error["loc"] == ["body", "image_url"]
    assert error["msg"] == "Field required" and error["type"] == "missing"


def test_a_key_is_needed(emulator):
    base = emulator.addresses["providers"]["fal"]
    answer = requests.post(
        f"{base}/queue/{MODEL}", json={"prompt": "a"}, timeout=10, verify=emulator.addresses["providersCertificate"])
    assert answer.status_code == 401


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
def test_a_file_is_uploaded_and_drawn_from(fal, get, repository):
    picture = get(fal.run(MODEL, {"prompt": "red", "stand_in": FAST})["images"][0]["url"])
    url = fal.upload(picture, "image/png", "in.png", repository=repository, fallback_repository=[])
    assert get(url) == picture
    plain = get(fal.run(MODEL, {"prompt": "a", "stand_in": FAST})["images"][0]["url"])
    drawn = get(fal.run(MODEL, {"prompt": "a", "image_url": url, "stand_in": FAST})["images"][0]["url"])
    inline = fal.encode(picture, "image/png")
    assert drawn != plain
    assert get(fal.run(MODEL, {"prompt": "a", "image_url": inline, "stand_in": FAST})["images"][0]["url"]) == drawn


def test_a_large_file_is_uploaded_in_parts(fal, get, monkeypatch):
    monkeypatch.setattr(fal.client, "MULTIPART_THRESHOLD", 100_000)
    monkeypatch.setattr(fal.client, "MULTIPART_CHUNK_SIZE", 100_000)
    content = bytes(range(256)) * 1200
    assert get(fal.upload(content, "application/octet-stream", "large.bin")) == content


def test_webhooks_are_signed_with_a_key_of_the_published_set(fal, emulator):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    import base64
    import hashlib
    received = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        handle = fal.submit(
            MODEL, {"prompt": "a", "stand_in": {**FAST, "webhook": {"copies": 2}}},
            webhook_url=f"http://127.0.0.1:{server.server_port}/done?job=7&x=ä")
        until(lambda: len(received) == 2, 10)
    finally:
        server.shutdown()
    base = emulator.addresses["providers"]["fal"]
    keys = requests.get(
        f"{base}/rest/.well-known/jwks.json", timeout=10, verify=emulator.addresses["providersCertificate"]).json()
    raw = keys["keys"][0]["x"]
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    for headers, body in received:
        headers = {name.lower(): value for name, value in headers.items()}
        message = "\n".join([
            headers["x-fal-webhook-request-id"], headers["x-fal-webhook-user-id"], headers["x-fal-webhook-timestamp"],
            hashlib.sha256(body).hexdigest()])
        key.verify(bytes.fromhex(headers["x-fal-webhook-signature"]), message.encode())
        told = json.loads(body)
        assert told["status"] == "OK" and told["request_id"] == handle.request_id
        assert told["payload"]["images"]


def test_a_client_that_does_not_know_the_authority_refuses(emulator):
    host, port = emulator.addresses["providers"]["fal"].removeprefix("https://").split("/")[0].split(":")
    import socket
    with socket.create_connection((host, int(port)), timeout=10) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=host)
