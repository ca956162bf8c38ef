"""SIGKILL of the worker while a provider draws that answers once and keeps nothing: one more call for each crash."""

import os
import signal

import psycopg
import pytest
import requests
from running import Emulator, until
from test_kills import alive, processes

# The workflow and its parameters.
PROVIDERS = {
    "openai": ("openai-image", {}),
    "gemini": ("gemini-image", {}),
    "huggingface": ("huggingface-flux-schnell", {}),
    "automatic1111": ("automatic1111-text", {}),
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    running = Emulator(tmp_path_factory.mktemp("provider") / "data")
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture(scope="module")
def subject(provider, tmp_path_factory):
    base = provider.addresses["providers"]
    running = Emulator(tmp_path_factory.mktemp("synchronous") / "data", environment={
        "OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": f"{base['openai']}/v1", "GEMINI_API_KEY": "AIza-test",
        "GEMINI_BASE_URL": base["gemini"], "HF_TOKEN": "hf_test",
        "HF_INFERENCE_URL": f"{base['huggingface']}/hf-inference", "AUTOMATIC1111_URL": base["automatic1111"],
        "RESULT_ADDRESSES": "any"})
    with psycopg.connect(running.addresses["postgres"], autocommit=True) as database:
        database.execute("update workflows set fallbacks = '{}'")
    yield running
    assert running.stop() == 0, running.log_text()


def kill_workers(subject):
    killed = processes(subject, "GenerateImage")
    assert killed
    for worker in killed:
        os.kill(worker, signal.SIGKILL)
    until(lambda: not [worker for worker in killed if alive(worker)], 10)


def submits(provider, name):
    return provider.calls()["counts"].get(f"{name}.submit", 0)


def begin(subject, provider, name, latency):
    provider.forget_calls()
    provider.reset_knobs()
    provider.knobs(latency_ms=latency, steps=2)
    workflow, parameters = PROVIDERS[name]
    return subject.create_job(f"{name} answers nobody", workflowId=workflow, parameters=parameters)["id"]


@pytest.mark.parametrize("name", PROVIDERS)
def test_killed_while_the_provider_draws(subject, provider, name):
    job = begin(subject, provider, name, 4000)
    until(lambda: submits(provider, name), 20, subject.log_text)
    kill_workers(subject)
    ended = subject.wait_for(job, seconds=90)
    assert ended["status"] == "completed", ended
    assert requests.get(ended["results"][0]["url"], timeout=10).status_code == 200
    # One extra call for the one crash, and no more.
    assert submits(provider, name) == 2


def test_killed_after_a_preview(subject, provider):
    job = begin(subject, provider, "openai", 9000)
    preview = until(lambda: subject.job(job).get("preview"), 30, subject.log_text)
    kill_workers(subject)
    ended = subject.wait_for(job, seconds=120)
    assert ended["status"] == "completed" and "preview" not in ended and submits(provider, "openai") == 2
    until(lambda: requests.get(preview["url"], timeout=10).status_code == 404, 90, "the preview is still in storage")
    with psycopg.connect(subject.addresses["postgres"], autocommit=True) as database:
        until(lambda: database.execute("select count(*) from images where kind = 'preview'").fetchone() == (0,), 90)
