"""Google's official Gemini client, sync and async, against its stand-in."""

import asyncio
import json
import struct

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

FAST = {"latency_ms": 30}
IMAGE = "gemini-3.1-flash-lite-image"
TEXT = "gemini-3.1-flash-lite"


def drawing(changes=None, **config):
    return types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"], http_options=types.HttpOptions(headers=knobs(**(changes or {}))),
        **config)


def writing(**config):
    return types.GenerateContentConfig(http_options=types.HttpOptions(headers=knobs()), **config)


def knobs(**changes):
    return {"X-Stand-In": json.dumps({**FAST, **changes})}


@pytest.fixture
def client(emulator):
    emulator.forget_calls()
    return genai.Client(
        api_key="AIza-test", http_options=types.HttpOptions(base_url=emulator.addresses["providers"]["gemini"]))


@pytest.fixture
def ledger(emulator):
    return lambda: {name.removeprefix("gemini."): count for name, count in emulator.calls()["counts"].items()
                    if name.startswith("gemini.")}


def pictures(answer):
    return [part.inline_data.data for part in answer.candidates[0].content.parts if part.inline_data]


def size(picture):
    assert picture.startswith(b"\x89PNG")
    return struct.unpack(">II", picture[16:24])


def test_a_picture_comes_with_words_in_the_shape_asked_for(client, ledger):
    config = drawing(image_config=types.ImageConfig(aspect_ratio="16:9", image_size="512"), seed=3)
    answer = client.models.generate_content(model=IMAGE, contents="a harbour at dawn", config=config)
    assert size(pictures(answer)[0]) == (688, 384) and "Harbour at Dawn" in answer.text
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    assert answer.usage_metadata.total_token_count > 0 and answer.model_version == IMAGE and answer.response_id
    again = client.models.generate_content(model=IMAGE, contents="a harbour at dawn", config=config)
    assert pictures(again) == pictures(answer)
    assert ledger() == {"submit": 2}


def test_a_model_that_draws_does_so_unless_it_is_told_otherwise(client):
    answer = client.models.generate_content(model=IMAGE, contents=["a banana"], config=writing())
    assert size(pictures(answer)[0]) == (1024, 1024) and "Banana" in answer.text
    words = client.models.generate_content(
        model=IMAGE, contents=["a banana"], config=writing(response_modalities=["TEXT"]))
    assert not pictures(words) and "anana" in words.text
    for wrong in (types.ImageConfig(aspect_ratio="17:3"), types.ImageConfig(image_size="9K")):
        with pytest.raises(errors.ClientError) as raised:
            client.models.generate_content(model=IMAGE, contents="a", config=writing(image_config=wrong))
        assert raised.value.code == 400 and raised.value.status == "INVALID_ARGUMENT"


def test_as_many_candidates_as_asked_for(client):
    config = drawing(candidate_count=2, image_config=types.ImageConfig(image_size="512"))
    answer = client.models.generate_content(model=IMAGE, contents="a harbour", config=config)
    drawn = [[part.inline_data.data for part in one.content.parts if part.inline_data] for one in answer.candidates]
    assert [len(one) for one in drawn] == [1, 1] and drawn[0] != drawn[1]
    assert [one.index or 0 for one in answer.candidates] == [0, 1]
    chunks = list(client.models.generate_content_stream(
        model=TEXT, contents="a harbour", config=writing(candidate_count=2)))
    ends = [one.index or 0 for chunk in chunks for one in chunk.candidates if one.finish_reason]
    assert ends == [0, 1]


def test_a_picture_is_drawn_from_another(client):
    config = drawing(image_config=types.ImageConfig(image_size="512"))
    plain = pictures(client.models.generate_content(model=IMAGE, contents="a harbour", config=config))[0]
    drawn = client.models.generate_content(
        model=IMAGE, contents=["a harbour", types.Part.from_bytes(data=plain, mime_type="image/png")], config=config)
    assert size(pictures(drawn)[0]) == (512, 512) and pictures(drawn)[0] != plain
    with pytest.raises(errors.ClientError):
        client.models.generate_content(
            model=IMAGE, contents=["a", types.Part.from_bytes(data=b"x", mime_type="text/plain")], config=config)


def test_content_is_streamed(client):
    config = drawing(image_config=types.ImageConfig(image_size="512"))
    chunks = list(client.models.generate_content_stream(model=IMAGE, contents="a harbour at dawn", config=config))
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    assert len(chunks) > 2 and size(parts[-1].inline_data.data) == (512, 512)
    assert "".join(part.text or "" for part in parts) == "Here is Harbour at Dawn:"
    assert [bool(chunk.candidates[0].finish_reason) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]


def test_a_blocked_prompt_is_a_success_without_candidates(client):
    answer = client.models.generate_content(model=IMAGE, contents="a", config=drawing({"block_rate": 1}))
    assert not answer.candidates
    assert answer.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT


def test_a_model_that_makes_nothing_is_a_success_with_a_reason(client):
    answer = client.models.generate_content(model=IMAGE, contents="a", config=drawing({"failure_rate": 1}))
    assert answer.candidates[0].finish_reason == types.FinishReason.IMAGE_OTHER
    assert not answer.candidates[0].content.parts


def details(error, kind):
    return [one for one in error.details["error"]["details"] if one["@type"].endswith(kind)]


def test_a_throttled_call_is_told_its_wait_among_the_details(client, ledger):
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(
            model=IMAGE, contents="a", config=drawing({"throttle_rate": 1, "retry_after": 22}))
    assert raised.value.code == 429 and raised.value.status == "RESOURCE_EXHAUSTED"
    assert details(raised.value, "RetryInfo")[0]["retryDelay"] == "22s"
    assert "PerMinute" in details(raised.value, "QuotaFailure")[0]["violations"][0]["quotaId"]
    assert ledger() == {"refused": 1}


def test_a_days_quota_that_is_spent_says_so(client):
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(
            model=IMAGE, contents="a", config=drawing({"failure_rate": 1, "failure_kind": "unpaid"}))
    assert raised.value.code == 429
    assert "PerDay" in details(raised.value, "QuotaFailure")[0]["violations"][0]["quotaId"]


@pytest.mark.parametrize("kind, error, code, status", [
    ("unauthorized", errors.ClientError, 400, "INVALID_ARGUMENT"),
    ("invalid", errors.ClientError, 400, "INVALID_ARGUMENT"), ("error", errors.ServerError, 500, "INTERNAL"),
    ("unavailable", errors.ServerError, 503, "UNAVAILABLE")])
def test_failures_have_googles_own_codes(client, kind, error, code, status):
    for stream in (False, True):
        with pytest.raises(error) as raised:
            ask = client.models.generate_content_stream if stream else client.models.generate_content
            list(ask(model=IMAGE, contents="a", config=drawing({"failure_rate": 1, "failure_kind": kind})))
        assert raised.value.code == code and raised.value.status == status


def test_wrong_settings_are_refused(client):
    for wrong in (types.ImageConfig(aspect_ratio="7:5"), types.ImageConfig(image_size="9K")):
        with pytest.raises(errors.ClientError) as raised:
            client.models.generate_content(model=IMAGE, contents="a", config=drawing(image_config=wrong))
        assert raised.value.code == 400


class Person(BaseModel):
    name: str


class Listing(BaseModel):
    title: str
    tags: list[str]
    stars: int
    author: Person | None


def test_a_text_is_written_from_the_words_given(client):
    config = writing(system_instruction="Write a title for the picture.")
    answer = client.models.generate_content(model=TEXT, contents="the old harbour at dawn, in oil", config=config)
    assert answer.text == "Old Harbour at Dawn in Oil"
    chunks = client.models.generate_content_stream(
        model=TEXT, contents="the old harbour at dawn, in oil", config=config)
    assert "".join(chunk.text for chunk in chunks) == answer.text


@pytest.mark.parametrize("schema", ["response_schema", "response_json_schema"])
def test_a_text_obeys_its_schema(client, schema):
    answer = client.models.generate_content(
        model=TEXT, contents="A calm lake below snowy mountains", config=writing(
            response_mime_type="application/json",
            **{schema: Listing if schema == "response_schema" else Listing.model_json_schema()}))
    listing = Listing.model_validate_json(answer.text)
    assert "Lake" in listing.title and "lake" in listing.tags


def test_an_enumeration_is_chosen_from(client):
    answer = client.models.generate_content(model=TEXT, contents="A stormy sea", config=writing(
        response_mime_type="text/x.enum", response_schema={"type": "STRING", "enum": ["calm", "stormy"]}))
    assert answer.text == "stormy"


def test_tokens_are_counted_and_models_listed(client):
    assert client.models.count_tokens(model=TEXT, contents="a harbour at dawn").total_tokens > 0
    models = [model.name for model in client.models.list()]
    assert f"models/{IMAGE}" in models and client.models.get(model=IMAGE).name == f"models/{IMAGE}"


def test_the_async_client_is_served_as_well(client):
    async def run():
        config = drawing(image_config=types.ImageConfig(image_size="512"))
        answer = await client.aio.models.generate_content(model=IMAGE, contents="a harbour", config=config)
        stream = await client.aio.models.generate_content_stream(model=IMAGE, contents="a harbour", config=config)
        parts = [part async for chunk in stream for part in chunk.candidates[0].content.parts]
        assert parts[-1].inline_data.data == pictures(answer)[0]
        with pytest.raises(errors.ClientError):
            await client.aio.models.generate_content(model=IMAGE, contents="a", config=drawing({"throttle_rate": 1}))

    asyncio.run(run())
