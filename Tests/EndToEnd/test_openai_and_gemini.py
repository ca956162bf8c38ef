"""Jobs of workflows that are drawn by OpenAI and by Gemini, which answer once and keep nothing."""

import pytest
import requests
from running import until

DRAWN = {"openai": ("openai-image", "openai-edit"), "gemini": ("gemini-image", "gemini-edit")}


def submits(emulator, provider):
    return emulator.calls()["counts"].get(f"{provider}.submit", 0)


@pytest.fixture(params=DRAWN)
def provider(request, emulator):
    emulator.knobs(latency_ms=200)
    emulator.forget_calls()
    return request.param


def picture(job):
    answer = requests.get(job["results"][0]["url"], timeout=10)
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
    return answer.content


def test_a_job_is_drawn_from_words_and_from_a_picture(emulator, provider):
    plain, edit = DRAWN[provider]
    drawn = emulator.wait_for(emulator.create_job("a harbour", workflowId=plain)["id"], "completed", seconds=60)
    source = picture(drawn)
    upload = emulator.api("POST", "/uploads", 201, json={
        "filename": "harbour.png", "contentType": "image/png", "size": len(source)}).json()
    stored = requests.request(
        upload["upload"].get("method", "PUT"), upload["upload"]["url"], data=source, timeout=10,
        headers=upload["upload"].get("headers", {}))
    assert stored.status_code in (200, 201)
    edited = emulator.wait_for(
        emulator.create_job("a harbour", workflowId=edit, imageId=upload["imageId"])["id"], "completed", seconds=60)
    assert picture(edited) != source
    assert submits(emulator, provider) == 2


@pytest.mark.parametrize("knobs, code", [
    ({"block_rate": 1}, "content_refused"), ({"failure_rate": 1, "failure_kind": "unpaid"}, "provider_quota"),
    ({"failure_rate": 1, "failure_kind": "invalid"}, "invalid_input")])
def test_what_waiting_does_not_help_is_asked_for_once(emulator, provider, knobs, code):
    emulator.knobs(latency_ms=50, **knobs)
    job = emulator.wait_for(emulator.create_job("a", workflowId=DRAWN[provider][0])["id"], seconds=60)
    assert job["status"] == "failed" and job["errorCode"] == code
    counts = emulator.calls()["counts"]
    assert counts.get(f"{provider}.submit", 0) + counts.get(f"{provider}.refused", 0) == 1


def test_a_job_waits_as_it_is_told_and_is_drawn_then(emulator, provider):
    emulator.knobs(latency_ms=50, throttle_rate=1, retry_after=2)
    job = emulator.create_job("a", workflowId=DRAWN[provider][0])["id"]
    until(lambda: emulator.calls()["counts"].get(f"{provider}.refused"), 30)
    emulator.knobs(throttle_rate=0)
    done = emulator.wait_for(job, "completed", seconds=60)
    assert done["results"] and submits(emulator, provider) == 1


def test_an_answer_that_is_lost_is_asked_for_again(emulator, provider):
    emulator.knobs(latency_ms=50, truncated_rate=1)
    job = emulator.create_job("a", workflowId=DRAWN[provider][0])["id"]
    until(lambda: submits(emulator, provider), 30)
    emulator.knobs(truncated_rate=0)
    assert emulator.wait_for(job, "completed", seconds=90)["results"]
