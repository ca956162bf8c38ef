"""SIGKILL of the worker at each step of a call, for providers that differ in what they let one find again. The ledger of their
stand-ins, which run in another emulator, tells how often each was really called."""

import os
import signal

import psycopg
import pytest
import requests
from running import Emulator, until
from test_kills import alive, processes

# The workflow, and how many calls of one job may have been made after one crash while its submission was under way.
PROVIDERS = {
    # It has a list of its calls.
    "replicate": ("flux-schnell", {"megapixels": "0.25"}, 1),
    # It has none, but calls back at an address that names job and call.
    "fal": ("fal-flux-schnell", {}, 1),
    # It takes our own id of a call.
    "comfyui": ("comfyui-text", {"width": 64, "height": 64}, 1),
    # It has no list, and its ids are its own: one more may be made.
    "sdcpp": ("sdcpp-text", {"width": 64, "height": 64}, 2),
}
# Those that tell in the ledger how they are looked at and what is fetched from them.
FOUND = [name for name, (_, _, most) in PROVIDERS.items() if most == 1]


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    running = Emulator(tmp_path_factory.mktemp("provider") / "data")
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture(scope="module")
def subject(provider, tmp_path_factory):
    # Over plain HTTP: fal's own address is the one with TLS, whose authority functions do not know.
    plain = provider.replicate.rsplit("/", 1)[0]
    base = {name: f"{plain}/{name}" for name in PROVIDERS}
    running = Emulator(tmp_path_factory.mktemp("steps") / "data", environment={
        "REPLICATE_BASE_URL": base["replicate"], "REPLICATE_API_TOKEN": "r8_test", "RESULT_ADDRESSES": "any",
        "FAL_KEY": "id:secret", "FAL_QUEUE_URL": f"{base['fal']}/queue", "FAL_REST_URL": f"{base['fal']}/rest",
        "COMFYUI_URL": base["comfyui"], "SDCPP_URL": base["sdcpp"]})
    with psycopg.connect(running.addresses["postgres"], autocommit=True) as database:
        database.execute("update workflows set fallbacks = '{}'")
    yield running
    assert running.stop() == 0, running.log_text()


def knobs(provider, **values):
    base = provider.replicate.rsplit("/", 1)[0]
    assert requests.put(f"{base}/_stand-in/knobs", json=values, timeout=10).status_code == 200


def begin(subject, provider, name, step):
    workflow, parameters, _ = PROVIDERS[name]
    provider.forget_calls()
    job = subject.create_job(f"{name} dies at {step}", workflowId=workflow, parameters=parameters)
    return job["id"]


def kill_when(subject, provider, name, action):
    """Kills the workers as soon as the ledger has an entry of that kind."""
    until(lambda: provider.calls()["counts"].get(f"{name}.{action}"), 20, subject.log_text)
    killed = processes(subject, "GenerateImage")
    assert killed
    for worker in killed:
        os.kill(worker, signal.SIGKILL)
    until(lambda: not [worker for worker in killed if alive(worker)], 10)


def completes(subject, provider, name, job, most):
    ended = subject.wait_for(job, seconds=60)
    assert ended["status"] == "completed", ended
    assert requests.get(ended["results"][0]["url"], timeout=10).status_code == 200
    calls = [call for call in provider.calls()["calls"] if call["action"] == "submit" and call["provider"] == name]
    assert len(calls) <= most, calls


@pytest.mark.parametrize("name", PROVIDERS)
def test_killed_while_the_submission_is_under_way(subject, provider, name):
    # Each answer takes a while: the provider has the call, and nobody here knows its id.
    knobs(provider, latency_ms=500, steps=1, slow_body_ms=3000)
    job = begin(subject, provider, name, "submission")
    kill_when(subject, provider, name, "submit")
    knobs(provider, slow_body_ms=0)
    completes(subject, provider, name, job, PROVIDERS[name][2])


@pytest.mark.parametrize("name", FOUND)
def test_killed_while_the_provider_draws(subject, provider, name):
    knobs(provider, latency_ms=4000, steps=4, slow_body_ms=0)
    job = begin(subject, provider, name, "drawing")
    subject.wait_for(job, "processing")
    kill_when(subject, provider, name, "submit" if name == "comfyui" else "get")
    completes(subject, provider, name, job, 1)


@pytest.mark.parametrize("name", FOUND)
def test_killed_while_the_result_is_fetched(subject, provider, name):
    knobs(provider, latency_ms=300, steps=1, slow_body_ms=0)
    job = begin(subject, provider, name, "fetching")
    until(lambda: provider.calls()["counts"].get(f"{name}.submit"), 20, subject.log_text)
    knobs(provider, slow_body_ms=3000)
    kill_when(subject, provider, name, "output")
    knobs(provider, slow_body_ms=0)
    completes(subject, provider, name, job, 1)
