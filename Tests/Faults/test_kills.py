"""SIGKILL of whatever a job needs, in the middle of the job: it completes, with at most one extra call of the provider.

The provider's stand-in runs in another emulator, so that its ledger survives whatever is killed here."""

import os
import pathlib
import signal
import time

import boto3
import pytest
import redis
import requests
from running import PNG, Emulator, until


def descendants(pid):
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        for child in children.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def command(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def processes(emulator, name):
    """The emulator's own processes whose program has that name."""
    return [pid for pid in descendants(emulator.process.pid)
            if os.path.basename(command(pid).split(" ")[0]).rstrip(":") == name]


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture(scope="module")
def provider(emulator):
    return emulator


def start(provider, data):
    return Emulator(data, environment={
        "REPLICATE_BASE_URL": provider.replicate, "REPLICATE_API_TOKEN": "r8_test", "RESULT_ADDRESSES": "any"})


@pytest.fixture(scope="module")
def subject(provider, tmp_path_factory):
    running = start(provider, tmp_path_factory.mktemp("faults") / "data")
    yield running
    assert running.stop() == 0, running.log_text()


def in_mid_job(subject, provider, prompt, seconds=4):
    """A job that the provider is working on right now."""
    provider.knobs(latency_ms=seconds * 1000, steps=8)
    provider.forget_calls()
    created = subject.create_job(prompt)
    until(lambda: provider.calls()["counts"].get("replicate.submit"), 15, subject.log_text)
    subject.wait_for(created["id"], "processing")
    return created["id"]


def completes_with_at_most_one_extra_call(subject, provider, job):
    ended = subject.wait_for(job, seconds=60)
    assert ended["status"] == "completed", ended
    assert provider.calls()["counts"]["replicate.submit"] <= 2
    assert requests.get(ended["results"][0]["url"], timeout=10).status_code == 200


def test_a_killed_worker_is_replaced_and_resumes_the_call(subject, provider):
    job = in_mid_job(subject, provider, "worker dies", seconds=40)
    for worker in processes(subject, "GenerateImage"):
        os.kill(worker, signal.SIGKILL)
    until(lambda: not [worker for worker in processes(subject, "GenerateImage") if alive(worker)]
          or provider.calls()["counts"].get("replicate.get"), 5)
    looks = provider.calls()["counts"].get("replicate.get", 0)
    # The promise: after a SIGKILL of its worker a job is running again within 15 s.
    until(lambda: provider.calls()["counts"].get("replicate.get", 0) > looks, 15, subject.log_text)
    # Its request id was on record, so it is watched again and nothing is submitted again.
    assert provider.calls()["counts"]["replicate.submit"] == 1
    assert subject.api("POST", f"/jobs/{job}/cancel").status_code == 200


def test_redis_dies_in_mid_job(subject, provider):
    job = in_mid_job(subject, provider, "redis dies")
    for server in processes(subject, "redis-server"):
        os.kill(server, signal.SIGKILL)
    completes_with_at_most_one_extra_call(subject, provider, job)


def test_a_job_is_accepted_while_redis_is_down_and_runs_when_it_is_back(subject, provider):
    provider.knobs(latency_ms=100)
    for server in processes(subject, "redis-server"):
        os.kill(server, signal.SIGKILL)
    job = subject.create_job("accepted without redis")["id"]
    assert subject.wait_for(job, seconds=60)["status"] == "completed"


def test_losing_every_byte_of_redis_loses_no_job(subject, provider):
    provider.knobs(latency_ms=1500)
    jobs = [subject.create_job(f"flushed {number}")["id"] for number in range(20)]
    redis.Redis.from_url(subject.addresses["redis"]).flushall()
    for job in jobs:
        assert subject.wait_for(job, seconds=90)["status"] == "completed"


def test_postgres_dies_in_mid_job(subject, provider):
    job = in_mid_job(subject, provider, "postgres dies")
    postmasters = [pid for pid in processes(subject, "postgres") if " -D " in command(pid)]
    assert postmasters, [command(pid) for pid in descendants(subject.process.pid)]
    for server in postmasters:
        os.kill(server, signal.SIGKILL)

    def answers():
        try:
            return subject.api("GET", f"/jobs/{job}").status_code == 200
        except requests.RequestException:
            return False
    until(answers, 60, subject.log_text)
    completes_with_at_most_one_extra_call(subject, provider, job)


def test_the_host_dies_in_mid_job_and_nothing_is_left_behind(provider, tmp_path):
    first = start(provider, tmp_path / "data")
    try:
        job = in_mid_job(first, provider, "host dies")
        family = descendants(first.process.pid)
        assert len(family) > 5
    finally:
        first.kill()
    until(lambda: not [pid for pid in family if alive(pid)], 20,
          lambda: f"still running: {[command(pid) for pid in family if alive(pid)]}")
    second = start(provider, tmp_path / "data")
    try:
        completes_with_at_most_one_extra_call(second, provider, job)
    finally:
        assert second.stop() == 0


def upload_with_prompt(running, prompt):
    """What `aws s3 cp --metadata prompt=…` does."""
    s3 = running.addresses["s3"]
    client = boto3.client("s3", endpoint_url=s3["endpoint"], aws_access_key_id=s3["accessKey"],
                          aws_secret_access_key=s3["secretKey"], region_name="us-east-1")
    client.put_object(Bucket="darkroom", Key=f"uploads/{prompt.replace(' ', '-')}.png", Body=PNG,
                      Metadata={"prompt": prompt}, ContentType="image/png")


def job_of(running, prompt):
    def find():
        try:
            jobs = running.api("GET", "/jobs?limit=50", 200).json()["items"]
        except (AssertionError, requests.RequestException):
            return None
        return next((job for job in jobs if job["prompt"] == prompt), None)
    return until(find, 60, running.log_text)


def test_an_acknowledged_upload_becomes_a_job_though_the_emulator_dies_at_once(provider, tmp_path):
    provider.knobs(latency_ms=100)
    first = start(provider, tmp_path / "data")
    try:
        upload_with_prompt(first, "uploaded before the kill")
    finally:
        first.kill()
    second = start(provider, tmp_path / "data")
    try:
        job = job_of(second, "uploaded before the kill")
        assert second.wait_for(job["id"], seconds=60)["status"] == "completed"
    finally:
        assert second.stop() == 0


def test_an_upload_becomes_a_job_though_postgres_is_down_when_it_comes(subject, provider):
    provider.knobs(latency_ms=100)
    for round in range(3):
        for server in [pid for pid in processes(subject, "postgres") if " -D " in command(pid)]:
            os.kill(server, signal.SIGKILL)
        if round == 0:
            upload_with_prompt(subject, "uploaded without a database")
        time.sleep(1)  # The rhythm of a database that does not come to rest.
    job = job_of(subject, "uploaded without a database")
    assert subject.wait_for(job["id"], seconds=60)["status"] == "completed"


def test_many_jobs_survive_random_kills(subject, provider):
    provider.knobs(latency_ms=300, failure_rate=0, throttle_rate=0.1, retry_after=1)
    provider.forget_calls()
    jobs = [subject.create_job(f"storm {number}", workflowId="sdxl", parameters={"width": 64, "height": 64})["id"]
            for number in range(60)]
    kills = 0
    for _ in range(4):
        time.sleep(0.7)  # The storm's rhythm, not a wait for a state.
        for worker in processes(subject, "GenerateImage")[:1]:
            os.kill(worker, signal.SIGKILL)
            kills += 1
    ended = [subject.wait_for(job, seconds=120) for job in jobs]
    assert all(job["status"] == "completed" for job in ended), [job for job in ended if job["status"] != "completed"]
    in_flight_per_kill = 10
    assert provider.calls()["counts"]["replicate.submit"] <= len(jobs) + kills * in_flight_per_kill
