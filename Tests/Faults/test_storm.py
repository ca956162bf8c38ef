"""Many jobs at a provider that fails, refuses and is slow, while workers die: nothing is lost, and no call is made twice.

The provider's stand-in runs in another emulator, so that its ledger survives whatever is killed here. Each call-back address names
the job and the call, so the ledger tells whose call each one was."""

import collections
import os
import random
import signal
import threading
import time
import urllib.parse

import psycopg
import pytest
import requests
from running import Emulator
from test_kills import processes

# Drawn quickly.
SMALL = {"workflowId": "sdxl", "parameters": {"width": 64, "height": 64}}


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    running = Emulator(tmp_path_factory.mktemp("provider") / "data")
    yield running
    assert running.stop() == 0, running.log_text()


def subject_of(provider, folder, limits):
    """An emulator whose jobs are drawn there and nowhere else."""
    subject = Emulator(folder / "data", environment={
        "REPLICATE_BASE_URL": provider.replicate, "REPLICATE_API_TOKEN": "r8_test", "RESULT_ADDRESSES": "any",
        "PROVIDER_LIMITS": limits})
    with psycopg.connect(subject.addresses["postgres"], autocommit=True) as database:
        database.execute("update workflows set fallbacks = '{}'")
    return subject


def create(running, count, name):
    """So many jobs, over eight connections; their ids."""
    ids, lock = [], threading.Lock()

    def post(numbers):
        with requests.Session() as session:
            for number in numbers:
                answer = session.post(f"{running.gateway}/api/v1/jobs", timeout=60,
                                      json={"prompt": f"{name} {number}", **SMALL})
                assert answer.status_code == 202, answer.text
                with lock:
                    ids.append(answer.json()["id"])
    threads = [threading.Thread(target=post, args=(range(start, count, 8),)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == count
    return ids


def everything(running):
    """Every job's view by its id."""
    jobs, cursor = {}, None
    while True:
        page = running.api("GET", "/jobs?limit=100" + (f"&cursor={cursor}" if cursor else ""), 200).json()
        jobs.update((job["id"], job) for job in page["items"])
        cursor = page.get("nextCursor")
        if not cursor:
            return jobs


def wait_until_ended(running, ids, seconds):
    end = time.monotonic() + seconds
    while True:
        jobs = everything(running)
        left = [job for job in ids if jobs[job]["status"] not in ("completed", "failed", "canceled")]
        if not left:
            return [jobs[job] for job in ids]
        assert time.monotonic() < end, (
            f"{len(left)} jobs have not ended after {seconds} s, such as {jobs[left[0]]}\n{running.log_text()[-3000:]}")
        time.sleep(0.5)


def submissions(provider):
    """How often each call was made: those that the provider took."""
    counts = collections.Counter()
    for call in provider.calls()["calls"]:
        if call["action"] == "submit":
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(call["reference"]).query)
            counts[query["job"][0], query["call"][0]] += 1
    return counts


def test_a_thousand_jobs_survive_failures_refusals_and_kills(provider, tmp_path):
    provider.knobs(latency_ms=300, steps=1, failure_rate=0.1, failure_kind="interrupted", throttle_rate=0.1, retry_after=1)
    provider.forget_calls()
    subject = subject_of(provider, tmp_path, "replicate: 500/s 30000/min 48")
    try:
        dice, kills, stop = random.Random(7), [], threading.Event()

        def kill():
            while not stop.wait(dice.uniform(2, 5)) and len(kills) < 6:
                if workers := processes(subject, "GenerateImage"):
                    kills.append(dice.choice(workers))
                    os.kill(kills[-1], signal.SIGKILL)
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            ids = create(subject, 1000, "storm")
            ended = wait_until_ended(subject, ids, 150)
        finally:
            stop.set()
            killer.join()
        assert kills
        # A job whose worker was killed three times over is given up as poisonous, as promised; no other fails.
        others = [job for job in ended if job["status"] != "completed"]
        assert {job["errorCode"] for job in others} <= {"poisonous"}, others
        assert len(others) <= 10
        assert all(len(job["results"]) == 1 for job in ended if job["status"] == "completed")
        # This provider lets lost calls be looked up, so that no crash costs another.
        made = submissions(provider)
        assert [call for call, count in made.items() if count > 1] == []
        # A call beyond one for each job is one that the provider failed.
        assert len({job for job, _ in made}) == len(ids)
        assert len(made) <= len(ids) * 1.25
    finally:
        assert subject.stop() == 0
