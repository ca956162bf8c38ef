"""The job pipeline with a provider that does nothing, against FastAPI + SQLAlchemy + Celery on the same two cores.

Both have Postgres and Redis of their own kind from the same emulator, one POST for each job, and two commits a job."""

import contextlib
import http.client
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse

import psycopg
from measuring import (Effort, RELEASE, ROOT, family, free_port, in_turns, percentile, program, resident, running, table,
                       temporary_folder, wait_for_port, wrk)

from running import Emulator

BODY = json.dumps({"prompt": "a harbour at dawn"})
JSON = (("content-type", "application/json"),)
PEERS = pathlib.Path(__file__).parent / "Peers"
JOBS = 2000


class Service:
    """One of the two: where to POST, and the rows that tell when things happened."""

    def __init__(self, url, database, rows, pids):
        self.url, self.rows, self.pids = url, rows, pids
        self.database = psycopg.connect(database, autocommit=True)

    def one(self, query):
        return self.database.execute(query.format(jobs=self.rows)).fetchone()[0]

    def wait_until_done(self, seconds=180):
        end = time.monotonic() + seconds
        while (left := self.one("select count(*) from {jobs} where status <> 'completed'")) > 0:
            if time.monotonic() > end:
                raise SystemExit(f"{left} jobs of {self.rows} are not completed after {seconds} s")
            time.sleep(0.05)

    def clear(self):
        self.wait_until_done()
        self.database.execute(f"truncate {self.rows} cascade")

    def throughput(self):
        """JOBS jobs posted over 32 connections; from the first row to the last completion."""
        self.clear()
        work = queue.SimpleQueue()
        count = int(JOBS * Effort.share)
        for _ in range(count):
            work.put(None)
        address = urllib.parse.urlsplit(self.url)

        def post():
            connection = http.client.HTTPConnection(address.hostname, address.port)
            with contextlib.suppress(queue.Empty):
                while True:
                    work.get_nowait()
                    connection.request("POST", address.path, BODY, dict(JSON))
                    answer = connection.getresponse()
                    answer.read()
                    assert answer.status == 202, answer.status
        threads = [threading.Thread(target=post) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.wait_until_done()
        return {"rate": count / self.one("select extract(epoch from max(completed_at) - min(created_at))::float8 from {jobs}")}

    def pick_up(self):
        """Milliseconds from creation to start, on an idle service."""
        self.clear()
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port)
        for _ in range(60):
            connection.request("POST", address.path, BODY, dict(JSON))
            connection.getresponse().read()
            time.sleep(0.05)  # The idle time between two jobs.
        self.wait_until_done()
        waits = [row[0] for row in self.database.execute(
            f"select extract(epoch from started_at - created_at)::float8 * 1000 from {self.rows}")]
        return {"p50": percentile(waits, 0.5), "p95": percentile(waits, 0.95)}

    def post(self):
        result = wrk(self.url, 32, body=BODY, method="POST", headers=JSON)
        self.clear()
        return result

    def memory(self):
        return resident(self.pids())


@contextlib.contextmanager
def fastapi_and_celery(emulator):
    # A database of its own in the same server, and the second of Redis' databases.
    database = emulator.addresses["postgres"]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create database peer")
    own = urllib.parse.urlsplit(database)._replace(path="/peer").geturl()
    environment = {**os.environ, "DATABASE_URL": own, "PYTHONPATH": str(PEERS),
                   "REDIS_URL": emulator.addresses["redis"].rstrip("/").rsplit("/0", 1)[0] + "/1"}
    subprocess.run([sys.executable, PEERS / "job_service.py"], env=environment, check=True)
    port = free_port()
    quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with (running(sys.executable, "-m", "uvicorn", "job_service:app", "--port", port, "--workers", 2,
                  "--log-level", "warning", **quiet) as web,
          running(sys.executable, "-m", "celery", "-A", "job_service:celery", "worker", "--concurrency", 2,
                  "--loglevel", "error", **quiet) as worker):
        wait_for_port(port)
        yield Service(f"http://127.0.0.1:{port}/jobs", own, "peer_jobs", lambda: family(web.pid) + family(worker.pid))


def run():
    with temporary_folder() as folder:
        # The service without GenerateImage, whose place the worker that draws nothing takes.
        functions = folder / "functions"
        functions.mkdir()
        for name in ("CreateJob", "GetJob", "RelayOutbox", "ReapJobs", "GenerateNothing"):
            shutil.copy2(RELEASE / name, functions)
        emulator = Emulator(folder / "data", "--functions", str(functions), "--migrations", str(ROOT / "infra/migrations"))
        try:
            servers = ("postgres", "redis-server")
            ours = Service(f"{emulator.gateway}/api/v1/jobs", emulator.addresses["postgres"], "jobs",
                           lambda: [pid for pid in family(emulator.process.pid) if program(pid) not in servers])
            with fastapi_and_celery(emulator) as peer:
                post = in_turns(ours.post, peer.post)
                rate = in_turns(ours.throughput, peer.throughput)
                wait = in_turns(ours.pick_up, peer.pick_up, rounds=1)
                table("Job pipeline, a provider that does nothing", "FastAPI + SQLAlchemy + Celery", [
                    ("POST, 32 connections", "1/s", post[0]["rate"], post[1]["rate"], ">= 4 x"),
                    ("POST, 32 connections, p99", "ms", post[0]["p99"], post[1]["p99"], "<= 1/3"),
                    (f"{int(JOBS * Effort.share)} jobs end to end", "1/s", rate[0]["rate"], rate[1]["rate"], ">= 1,000"),
                    ("idle pick-up, p50", "ms", wait[0]["p50"], wait[1]["p50"], ""),
                    ("idle pick-up, p95", "ms", wait[0]["p95"], wait[1]["p95"], "<= 5 ms"),
                    ("resident, all processes", "MiB", ours.memory(), peer.memory(), ""),
                ])
        finally:
            emulator.stop()
