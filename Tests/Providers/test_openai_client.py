"""OpenAI's official Python client, sync and async, against its stand-in."""

import asyncio
import base64
import io
import json
import struct
import time

import openai
import pytest
from PIL import Image, ImageChops, ImageStat

FAST = {"latency_ms": 30}
SCHEMA = {
    "type": "object", "additionalProperties": False, "required": ["title", "tags", "mood", "stars", "author"],
    "properties": {
        "title": {"type": "string", "maxLength": 20}, "mood": {"enum": ["calm", "stormy"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 4},
        "stars": {"type": "integer", "minimum": 1, "maximum": 5},
        "author": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/person"}]}},
    "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"],
                         "additionalProperties": False}},
}


def knobs(**changes):
    return {"X-Stand-In": json.dumps({**FAST, **changes})}


@pytest.fixture
def base_url(emulator):
    emulator.forget_calls()
    return emulator.addresses["providers"]["openai"] + "/v1"


@pytest.fixture
def client(base_url):
    return openai.OpenAI(api_key="sk-test", base_url=base_url, max_retries=0)


@pytest.fixture
def ledger(emulator):
    return lambda: {name.removeprefix("openai."): count for name, count in emulator.calls()["counts"].items()
                    if name.startswith("openai.")}


def size(picture):
    data = base64.b64decode(picture)
    assert data.startswith(b"\x89PNG")
    return struct.unpack(">II", data[16:24])


def test_pictures_are_generated_in_the_size_and_number_asked_for(client, ledger):
    answer = client.images.generate(model="gpt-image-2", prompt="a harbour", n=2, size="256x128", quality="low",
                                    extra_headers=knobs())
    assert [size(picture.b64_json) for picture in answer.data] == [(256, 128), (256, 128)]
    assert answer.data[0].b64_json != answer.data[1].b64_json
    assert answer.size == "256x128" and answer.quality == "low" and answer.output_format == "png"
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    again = client.images.generate(model="gpt-image-2", prompt="a harbour", size="256x128", extra_headers=knobs())
    assert again.data[0].b64_json == answer.data[0].b64_json
    assert ledger() == {"submit": 2}


@pytest.mark.parametrize("wanted, made", [("jpeg", "JPEG"), ("webp", "PNG"), ("png", "PNG")])
def test_the_answer_says_which_format_the_picture_really_has(client, wanted, made):
    arguments = dict(model="gpt-image-2", prompt="a harbour", size="208x128", extra_headers=knobs())
    answer = client.images.generate(**arguments, output_format=wanted, output_compression=95)
    picture = Image.open(io.BytesIO(base64.b64decode(answer.data[0].b64_json)))
    assert picture.format == made and picture.size == (208, 128) and answer.output_format == made.lower()
    plain = client.images.generate(**arguments)
    exact = Image.open(io.BytesIO(base64.b64decode(plain.data[0].b64_json)))
    assert ImageStat.Stat(ImageChops.difference(picture.convert("RGB"), exact.convert("RGB"))).mean[0] < 3


def test_partial_pictures_come_before_the_whole_one(client):
    events = list(client.images.generate(model="gpt-image-2", prompt="a harbour", size="256x256", stream=True,
                                         partial_images=2, extra_headers=knobs()))
    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert [event.partial_image_index for event in events[:2]] == [0, 1]
    assert size(events[-1].b64_json) == (256, 256) and events[-1].usage.total_tokens > 0
    whole = client.images.generate(model="gpt-image-2", prompt="a harbour", size="256x256", extra_headers=knobs())
    assert whole.data[0].b64_json == events[-1].b64_json


@pytest.mark.parametrize("count", [1, 3])
def test_an_edit_draws_from_its_pictures(client, count):
    plain = client.images.generate(model="gpt-image-2", prompt="a harbour", size="64x64", extra_headers=knobs())
    source = base64.b64decode(plain.data[0].b64_json)
    files = [("source.png", io.BytesIO(source), "image/png") for _ in range(count)]
    arguments = dict(model="gpt-image-2", image=files[0] if count == 1 else files, prompt="a harbour", size="64x64",
                     extra_headers=knobs())
    edited = client.images.edit(**arguments)
    assert size(edited.data[0].b64_json) == (64, 64)
    assert edited.data[0].b64_json != plain.data[0].b64_json
    assert edited.usage.input_tokens_details.image_tokens > 0
    for file in files:
        file[1].seek(0)
    events = list(client.images.edit(**arguments, stream=True, partial_images=1))
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]


@pytest.mark.parametrize("wrong, param", [
    ({"size": "7x7"}, "size"), ({"n": 11}, "n"), ({"quality": "superb"}, "quality"), ({"prompt": ""}, "prompt"),
    ({"extra_body": {"seed": 7}}, "seed"), ({"background": "transparent", "output_format": "jpeg"}, "background")])
def test_a_wrong_parameter_is_named(client, ledger, wrong, param):
    with pytest.raises(openai.BadRequestError) as raised:
        client.images.generate(**{"model": "gpt-image-2", "prompt": "a", "extra_headers": knobs(), **wrong})
    assert raised.value.param == param and raised.value.code
    assert ledger() == {"refused": 1}


def test_an_edit_wants_pictures(client):
    with pytest.raises(openai.BadRequestError) as raised:
        client.images.edit(model="gpt-image-2", image=io.BytesIO(b"words"), prompt="a", extra_headers=knobs())
    assert raised.value.code == "invalid_image_file"


@pytest.mark.parametrize("changes, error, status, code", [
    ({"block_rate": 1}, openai.BadRequestError, 400, "moderation_blocked"),
    ({"failure_rate": 1, "failure_kind": "unauthorized"}, openai.AuthenticationError, 401, "invalid_api_key"),
    ({"failure_rate": 1, "failure_kind": "unpaid"}, openai.RateLimitError, 429, "insufficient_quota"),
    ({"failure_rate": 1, "failure_kind": "invalid"}, openai.BadRequestError, 400, "invalid_value"),
    ({"failure_rate": 1, "failure_kind": "failed"}, openai.InternalServerError, 500, "server_error"),
    ({"failure_rate": 1, "failure_kind": "unavailable"}, openai.InternalServerError, 503, None)])
def test_failures_have_the_clients_own_classes(client, changes, error, status, code):
    with pytest.raises(error) as raised:
        client.images.generate(model="gpt-image-2", prompt="a", extra_headers=knobs(**changes))
    assert raised.value.status_code == status and raised.value.code == code
    assert raised.value.request_id.startswith("req_")


def test_a_failure_in_the_middle_of_a_stream_reaches_the_client(client):
    with pytest.raises(openai.APIError) as raised:
        for _ in client.images.generate(model="gpt-image-2", prompt="a", size="64x64", stream=True, partial_images=1,
                                        extra_headers=knobs(failure_rate=1, failure="no paint")):
            pass
    assert "no paint" in str(raised.value)


def test_the_client_waits_as_it_is_told(base_url, ledger):
    patient = openai.OpenAI(api_key="sk-test", base_url=base_url, max_retries=1)
    with pytest.raises(openai.RateLimitError) as raised:
        started = time.monotonic()
        patient.images.generate(model="gpt-image-2", prompt="a", size="64x64",
                                extra_headers=knobs(throttle_rate=1, retry_after=1))
    assert time.monotonic() - started >= 1 and ledger() == {"refused": 2}
    headers = raised.value.response.headers
    assert headers["retry-after"] == "1" and headers["retry-after-ms"] == "1000"
    assert headers["x-ratelimit-remaining-requests"] == "0" and headers["x-ratelimit-reset-requests"] == "1s"
    assert raised.value.code == "rate_limit_exceeded"


def test_without_a_key_nothing_is_drawn(base_url):
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(api_key="x", base_url=base_url, max_retries=0).with_options(
            default_headers={"Authorization": ""}).images.generate(model="m", prompt="a")


def test_a_title_is_written_from_the_words_given(client, ledger):
    arguments = dict(
        model="gpt-5.4-mini", extra_headers=knobs(),
        messages=[{"role": "developer", "content": "Write a title for the picture."},
                  {"role": "user", "content": [{"type": "text", "text": "the old harbour at dawn, in oil"}]}])
    answer = client.chat.completions.create(**arguments)
    assert answer.choices[0].message.content == "Old Harbour at Dawn in Oil"
    assert answer.choices[0].finish_reason == "stop" and answer.usage.total_tokens > 0
    assert ledger() == {"text": 1}
    chunks = list(client.chat.completions.create(**arguments, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == answer.choices[0].message.content
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens == answer.usage.total_tokens
    assert chunks[-2].choices[0].finish_reason == "stop"


def test_as_many_choices_as_asked_for(client):
    arguments = dict(model="m", messages=[{"role": "user", "content": "a"}], n=2, extra_headers=knobs())
    assert [choice.index for choice in client.chat.completions.create(**arguments).choices] == [0, 1]
    ends = [choice.index for chunk in client.chat.completions.create(**arguments, stream=True)
            for choice in chunk.choices if choice.finish_reason]
    assert ends == [0, 1]


def test_a_text_obeys_its_schema(client):
    def ask(schema, **format_):
        return client.chat.completions.create(
            model="gpt-5.4-mini", messages=[{"role": "user", "content": "A calm lake below snowy mountains"}],
            response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **format_}},
            extra_headers=knobs()).choices[0].message.content

    answer = json.loads(ask(SCHEMA, strict=True))
    assert set(answer) == set(SCHEMA["required"])
    assert answer["mood"] == "calm" and "Lake" in answer["title"] and len(answer["title"]) <= 20
    assert 2 <= len(answer["tags"]) <= 4 and "lake" in answer["tags"] and 1 <= answer["stars"] <= 5
    assert set(answer["author"]) == {"name"}
    assert json.loads(ask(SCHEMA)) == answer
    with pytest.raises(openai.BadRequestError) as raised:
        ask({"type": "object", "properties": {}}, strict=True)
    assert raised.value.param == "response_format"


def test_a_text_that_is_not_written_is_a_refusal_in_words(client):
    arguments = dict(model="m", messages=[{"role": "user", "content": "a"}], extra_headers=knobs(block_rate=1))
    message = client.chat.completions.create(**arguments).choices[0].message
    assert message.content is None and "can't help" in message.refusal
    chunks = list(client.chat.completions.create(**arguments, stream=True))
    assert "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks) == message.refusal


def test_models_are_listed(client):
    models = [model.id for model in client.models.list()]
    assert "gpt-image-2" in models and client.models.retrieve(models[0]).id == models[0]
    with pytest.raises(openai.NotFoundError):
        client.files.list()


def test_the_async_client_is_served_as_well(base_url):
    async def run():
        async with openai.AsyncOpenAI(api_key="sk-test", base_url=base_url, max_retries=0) as client:
            arguments = dict(model="gpt-image-2", prompt="a harbour", size="64x64", extra_headers=knobs())
            plain, stream, chat = await asyncio.gather(
                client.images.generate(**arguments),
                client.images.generate(**arguments, stream=True, partial_images=1),
                client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "a harbour"}], stream=True))
            events = [event async for event in stream]
            assert events[-1].b64_json == plain.data[0].b64_json and len(events) == 2
            return "".join([chunk.choices[0].delta.content or "" async for chunk in chat])

    assert "harbour" in asyncio.run(run())
