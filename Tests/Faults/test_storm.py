"""Many jobs at a provider that fails, refuses and is slow, while workers die: nothing is lost, and no call is made twice. A job
that kills its workers is found among those beside it.

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
from running import Emulator, until
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


def deaths(running, count):
    """What the sweeps for dead workers have counted."""
    with psycopg.connect(running.addresses["postgres"], autocommit=True) as database:
        return database.execute(f"select coalesce({count}, 0) from jobs").fetchone()[0]


def test_a_thousand_jobs_survive_failures_refusals_and_kills(provider, tmp_path):
    provider.knobs(latency_ms=300, steps=1, failure_rate=0.1, failure_kind="interrupted", throttle_rate=0.1, retry_after=1)
    provider.forget_calls()
    subject = subject_of(provider, tmp_path, "replicate: 500/s 30000/min 48")
    try:
        dice, kills, stop = random.Random(7), [], threading.Event()

        def kill():
            while not stop.wait(dice.uniform(2, 5)) and len(kills) < 6:
                # Whoever kills the worker of one job, and of no other, for the third time makes a poisonous job of it.
                if deaths(subject, "max(worker_deaths)") >= 2:
                    continue
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
        # The workers had several jobs when they died, which says nothing about any one of them.
        assert deaths(subject, "sum(shared_deaths)") > 0
        assert [job for job in ended if job["status"] != "completed"] == []
        assert all(len(job["results"]) == 1 for job in ended)
        # This provider lets lost calls be looked up, so that no crash costs another.
        made = submissions(provider)
        assert [call for call, count in made.items() if count > 1] == []
        # A call beyond one for each job is one that the provider failed.
        assert len({job for job, _ in made}) == len(ids)
        assert len(made) <= len(ids) * 1.25
    finally:
        assert subject.stop() == 0


def test_the_job_that_kills_its_workers_is_found_and_those_beside_it_complete(provider, tmp_path):
    # Longer than all that follows: it is still being drawn whenever a worker resumes it.
    provider.knobs(latency_ms=170_000, steps=1, failure_rate=0, throttle_rate=0)
    provider.forget_calls()
    subject = subject_of(provider, tmp_path, "replicate: 500/s 30000/min 48")
    try:
        poison = subject.create_job("poison", **SMALL)["id"]
        until(lambda: provider.calls()["counts"].get("replicate.submit"), 20, subject.log_text)
        # For a while the poison has company.
        provider.knobs(latency_ms=25_000)
        innocent = [subject.create_job(f"innocent {number}", **SMALL)["id"] for number in range(5)]
        until(lambda: provider.calls()["counts"]["replicate.submit"] == 6, 20, subject.log_text)
        with psycopg.connect(subject.addresses["postgres"], autocommit=True) as database:
            killed, end = set(), time.monotonic() + 150
            while True:
                status, attempt, shared, alone, reason = database.execute(
                    "select status, attempts, shared_deaths, worker_deaths, error_code from jobs where id = %s",
                    [poison]).fetchone()
                assert time.monotonic() < end and status not in ("completed", "canceled"), (status, shared, alone)
                if status == "failed":
                    break
                if status == "processing" and attempt not in killed:
                    killed.add(attempt)
                    for worker in processes(subject, "GenerateImage"):
                        os.kill(worker, signal.SIGKILL)
                time.sleep(0.05)
        # Those in company did not count; three alone were enough.
        assert (reason, alone) == ("poisonous", 3) and shared == len(killed) - 3 >= 1, (reason, shared, alone, killed)
        for job in innocent:
            assert subject.wait_for(job, seconds=60)["status"] == "completed"
        assert provider.calls()["counts"]["replicate.submit"] == 6
    finally:
        assert subject.stop() == 0
