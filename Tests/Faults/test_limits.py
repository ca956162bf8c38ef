"""Three workers at once, in hosts of their own, before one provider: together they keep to its limits and stop when it breaks.

The stand-in runs in another emulator; what the workers agreed on is read from their Redis."""

import contextlib
import os
import pathlib
import signal
import subprocess
import time

import psycopg
import pytest
import redis
import requests
from running import Emulator, until

LIMITS = "replicate: 8/s 600/min 6"
# Drawn quickly.
SMALL = {"workflowId": "sdxl", "parameters": {"width": 64, "height": 64}}
KEYS = "provider:{replicate}:"


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    running = Emulator(tmp_path_factory.mktemp("provider") / "data")
    yield running
    assert running.stop() == 0, running.log_text()


@contextlib.contextmanager
def worker_of(subject, log):
    """A host that works on the same queue, as a second machine would."""
    described = requests.get(f"{subject.addresses['dashboard']}/api/functions", timeout=10).json()
    worker = pathlib.Path(next(entry["path"] for entry in described if entry["name"] == "GenerateImage"))
    environment = {**os.environ, **subject.function_environment(), "TRIGGERS": "queue", "FUNCTIONS": str(worker),
                   "MIN_INSTANCES": "1", "MAX_INSTANCES": "1", "PORT": "0", "HOST": "127.0.0.1"}
    with open(log, "w") as output:
        host = subprocess.Popen([worker.parent / "host"], env=environment, stdout=output, stderr=output)
    try:
        yield host
    finally:
        host.send_signal(signal.SIGTERM)
        assert host.wait(timeout=40) == 0, pathlib.Path(log).read_text()[-3000:]


@pytest.fixture
def subject(provider, tmp_path):
    running = Emulator(tmp_path / "data", environment={
        "REPLICATE_BASE_URL": provider.replicate, "REPLICATE_API_TOKEN": "r8_test", "RESULT_ADDRESSES": "any",
        "PROVIDER_LIMITS": LIMITS})
    with psycopg.connect(running.addresses["postgres"], autocommit=True) as database:
        database.execute("update workflows set fallbacks = '{}'")
    try:
        with worker_of(running, tmp_path / "one.log"), worker_of(running, tmp_path / "two.log"):
            yield running
    finally:
        assert running.stop() == 0, running.log_text()


def state(subject):
    return subject.api("GET", "/health").json().get("providers", {}).get("replicate")


def test_three_workers_keep_to_the_limits_together(subject, provider):
    provider.knobs(latency_ms=1000, steps=1, failure_rate=0, throttle_rate=0)
    provider.forget_calls()
    server = redis.Redis.from_url(subject.addresses["redis"], decode_responses=True)
    jobs = [subject.create_job(f"limited {number}", **SMALL)["id"] for number in range(60)]
    most = 0
    while any(subject.job(job)["status"] != "completed" for job in jobs[-3:]):
        most = max(most, server.zcard(KEYS + "calls"))
        time.sleep(0.02)
    for job in jobs:
        assert subject.wait_for(job, seconds=60)["status"] == "completed"
    # They were used to the full, and not beyond.
    assert most == 6
    starts = sorted(int(start) for start in server.lrange(KEYS + "starts", 0, -1))
    assert len(starts) == 60
    assert all(later - earlier >= 1_000_000 for earlier, later in zip(starts, starts[8:]))
    assert server.zcard(KEYS + "workers") >= 3
    assert provider.calls()["counts"]["replicate.submit"] == 60


def test_three_workers_leave_a_broken_provider_alone_and_come_back(subject, provider):
    provider.knobs(latency_ms=100, steps=1, failure_rate=1, failure_kind="unavailable", throttle_rate=0)
    provider.forget_calls()
    server = redis.Redis.from_url(subject.addresses["redis"], decode_responses=True)
    jobs = [subject.create_job(f"broken {number}", **SMALL)["id"] for number in range(40)]
    opened = until(lambda: (now := state(subject)) and now["breaker"] == "open" and now, 30, subject.log_text)
    assert opened["opensForMs"] > 0
    tried = len(server.lrange(KEYS + "starts", 0, -1))
    # Those that were under way when it opened, and no more.
    assert tried <= 5 + 6
    # A probe that fails keeps it open.
    until(lambda: len(server.lrange(KEYS + "starts", 0, -1)) > tried, 30, subject.log_text)
    assert len(server.lrange(KEYS + "starts", 0, -1)) == tried + 1
    until(lambda: state(subject)["breaker"] == "open", 10, subject.log_text)
    provider.knobs(failure_rate=0)
    for job in jobs:
        assert subject.wait_for(job, seconds=90)["status"] == "completed"
    assert state(subject)["breaker"] == "closed"


def test_an_operator_pauses_a_provider_on_the_dashboard(subject, provider):
    provider.knobs(latency_ms=100, steps=1, failure_rate=0, throttle_rate=0)
    provider.forget_calls()
    dashboard = f"{subject.addresses['dashboard']}/api/providers"

    def shown():
        return {entry["name"]: entry for entry in requests.get(dashboard, timeout=10).json()}["replicate"]
    assert shown()["breaker"] == "closed"
    assert requests.post(f"{dashboard}/replicate/pause", data="{}", timeout=10).status_code == 200
    assert shown()["breaker"] == state(subject)["breaker"] == "paused"
    jobs = [subject.create_job(f"paused {number}", **SMALL)["id"] for number in range(5)]
    # A wake-up that was dealt with is in the queue again, for later.
    server = redis.Redis.from_url(subject.addresses["redis"])
    until(lambda: server.zcard("queue:{generate}:delayed") == len(jobs), 10, subject.log_text)
    assert "replicate.submit" not in provider.calls()["counts"]
    assert requests.post(f"{dashboard}/replicate/resume", data="{}", timeout=10).status_code == 200
    for job in jobs:
        assert subject.wait_for(job, seconds=60)["status"] == "completed"
    assert requests.post(f"{dashboard}/nobody/pause", data="{}", timeout=10).status_code == 400
