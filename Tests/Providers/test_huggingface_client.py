"""Hugging Face's official Python client against its stand-in."""

import importlib
import io
import json
import sys
import time

import pytest
from PIL import Image

FAST = {"latency_ms": 30}
MODEL = "acme/painter"


@pytest.fixture
def hub(emulator, monkeypatch):
    """The client, pointed at the stand-in: it reads where its hosts are when it is imported."""
    base = emulator.addresses["providers"]["huggingface"]
    monkeypatch.setenv("HF_ENDPOINT", base)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    forget()
    constants = importlib.import_module("huggingface_hub.constants")
    monkeypatch.setattr(constants, "INFERENCE_PROXY_TEMPLATE", base + "/{provider}")
    hub = importlib.import_module("huggingface_hub")
    for name in ("errors", "utils"):
        importlib.import_module(f"huggingface_hub.{name}")
    yield hub
    forget()


def forget():
    for name in [name for name in sys.modules if name.split(".")[0] == "huggingface_hub"]:
        del sys.modules[name]


@pytest.fixture
def client(hub):
    return hub.InferenceClient(provider="hf-inference", api_key="hf_test")


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def failing(hub, **knobs):
    return hub.InferenceClient(
        provider="hf-inference", api_key="hf_test", headers={"X-Stand-In": json.dumps({**FAST, **knobs})})


def test_a_text_becomes_a_picture(client):
    image = client.text_to_image(
        "a harbour", model=MODEL, width=96, height=64, seed=3, negative_prompt="rain", num_inference_steps=4,
        extra_body={"stand_in": FAST})
    assert isinstance(image, Image.Image) and image.size == (96, 64)
    again = client.text_to_image("a harbour", model=MODEL, width=96, height=64, seed=3, extra_body={"stand_in": FAST})
    other = client.text_to_image("a harbour", model=MODEL, width=96, height=64, seed=4, extra_body={"stand_in": FAST})
    assert png(again) == png(image) != png(other)


def test_a_model_may_be_an_address(hub, emulator):
    base = emulator.addresses["providers"]["huggingface"]
    client = hub.InferenceClient(api_key="hf_test")
    for path in ("hf-inference/models/acme/painter", "models/acme/painter"):
        assert client.text_to_image("a", model=f"{base}/{path}").size == (512, 512)


def test_a_picture_is_drawn_from(client):
    red = png(Image.new("RGB", (64, 64), "red"))
    edited = client.image_to_image(
        red, model="acme/painter-edit", prompt="a", target_size={"width": 64, "height": 64}, stand_in=FAST)
    plain = client.text_to_image("a", model=MODEL, width=64, height=64, extra_body={"stand_in": FAST})
    assert edited.size == (64, 64) and png(edited) != png(plain)


def test_a_picture_alone_travels_as_its_own_bytes(client):
    red, blue = (png(Image.new("RGB", (64, 64), color)) for color in ("red", "blue"))
    first = client.image_to_image(red, model="acme/painter-edit")
    assert png(first) != png(client.image_to_image(blue, model="acme/painter-edit"))


def test_a_model_is_for_its_task(client):
    with pytest.raises(ValueError, match="doesn't support task"):
        client.text_to_image("a", model="acme/painter-edit")


def test_a_cold_model_says_when_it_is_loaded(hub):
    model = f"acme/cold-{time.time_ns()}"
    client = failing(hub, loading_seconds=0.5)
    with pytest.raises(hub.errors.HfHubHTTPError) as raised:
        client.text_to_image("a", model=model)
    assert raised.value.response.status_code == 503
    told = raised.value.response.json()
    assert told["error"] == f"Model {model} is currently loading" and 0 < told["estimated_time"] <= 0.5
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            assert client.text_to_image("a", model=model).size == (512, 512)
            return
        except hub.errors.HfHubHTTPError as error:
            time.sleep(error.response.json()["estimated_time"])
    raise AssertionError("the model was never loaded")


def test_too_many_calls_are_told_their_wait_as_the_client_reads_it(hub):
    with pytest.raises(hub.errors.HfHubHTTPError) as raised:
        failing(hub, throttle_rate=1, retry_after=55).text_to_image("a", model=MODEL)
    assert raised.value.response.status_code == 429
    limit = hub.utils.parse_ratelimit_headers(raised.value.response.headers)
    assert limit.remaining == 0 and limit.reset_in_seconds == 55 and limit.limit == 500


@pytest.mark.parametrize("knobs, status", [
    ({"failure_rate": 1}, 500), ({"failure_rate": 1, "failure_kind": "invalid"}, 400),
    ({"failure_rate": 1, "failure_kind": "unauthorized"}, 401), ({"failure_rate": 1, "failure_kind": "unpaid"}, 402),
    ({"failure_rate": 1, "failure_kind": "unavailable"}, 503), ({"block_rate": 1}, 400),
])
def test_failures_reach_the_client(hub, knobs, status):
    with pytest.raises(hub.errors.HfHubHTTPError) as raised:
        failing(hub, **knobs).text_to_image("a", model=MODEL)
    assert raised.value.response.status_code == status and raised.value.response.json()["error"]


def test_a_width_that_does_not_fit_is_refused(client, hub):
    with pytest.raises(hub.errors.BadRequestError):
        client.text_to_image("a", model=MODEL, width=99999)
