"""Jobs at a provider that takes 200 ms, limited as providers are: how near the service comes to what the limits allow.

The peer is the limit itself: as many calls as it lets through, one after another without a gap. What a job costs beside it is the time
from the provider's taking the call to the recorded completion, less the 200 ms: noticing the end, fetching, checking and storing the
picture, and the commit."""

import http.client
import json
import queue
import threading
import time
import urllib.parse

import psycopg
from measuring import Effort, RELEASE, ROOT, percentile, table, temporary_folder

from running import Emulator

LATENCY = 0.2
# Drawn quickly: what is measured is not the stand-in's drawing.
SMALL = {"workflowId": "sdxl", "parameters": {"width": 64, "height": 64}}


def post(gateway, count):
    """So many jobs over 32 connections."""
    work = queue.SimpleQueue()
    for number in range(count):
        work.put(number)
    address = urllib.parse.urlsplit(gateway)

    def send():
        connection = http.client.HTTPConnection(address.hostname, address.port)
        while True:
            try:
                number = work.get_nowait()
            except queue.Empty:
                return
            body = json.dumps({"prompt": f"a harbour at dawn, number {number}", **SMALL})
            connection.request("POST", "/api/v1/jobs", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202, answer.status
    threads = [threading.Thread(target=send) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure(limits, count, seconds):
    """Jobs a second from the first call to the last completion, and the added milliseconds of each job."""
    count = int(count * Effort.share)
    with temporary_folder() as folder:
        emulator = Emulator(folder / "data", "--functions", str(RELEASE), "--migrations", str(ROOT / "infra/migrations"),
                            environment={"PROVIDER_LIMITS": f"replicate: {limits}"})
        try:
            emulator.knobs(latency_ms=int(LATENCY * 1000), steps=0)
            with psycopg.connect(emulator.addresses["postgres"], autocommit=True) as database:
                database.execute("update workflows set fallbacks = '{}'")
                # The first job starts the processes.
                emulator.wait_for(emulator.create_job("the first", **SMALL)["id"])
                database.execute("delete from jobs")
                post(emulator.gateway, count)
                end = time.monotonic() + seconds
                while database.execute("select count(*) from jobs where completed_at is null").fetchone()[0]:
                    if time.monotonic() > end:
                        raise SystemExit(f"not all of {count} jobs are completed after {seconds} s")
                    time.sleep(0.2)
                rows = database.execute("""
                    select extract(epoch from submitted_at)::float8, extract(epoch from jobs.completed_at)::float8
                    from provider_calls join jobs on jobs.id = job_id where jobs.status = 'completed' and state = 'succeeded'
                """).fetchall()
            assert len(rows) == count, f"{len(rows)} of {count} jobs are completed"
            added = [(completed - submitted - LATENCY) * 1000 for submitted, completed in rows]
            rate = count / (max(row[1] for row in rows) - min(row[0] for row in rows) + LATENCY / 2)
            return rate, percentile(added, 0.5), percentile(added, 0.95)
        finally:
            emulator.stop()


def run():
    # Ten at once for 200 ms each are 50 a second; five a second are five a second, once the first second is over.
    at_once, standard, many = measure("1000/s 60000/min 10", 100, 60), measure("5/s 1000/min 10", 100, 90), measure(
        "1000/s 60000/min 10", 2000, 240)
    table("Jobs at a provider of 200 ms", "the provider's limit", [
        ("100 jobs, 10 at once", "1/s", at_once[0], 10 / LATENCY, ">= 0.8"),
        ("  added to each, p50", "ms", at_once[1], 0, ""),
        ("  added to each, p95", "ms", at_once[2], 0, "< 50 ms"),
        ("100 jobs, 5 a second", "1/s", standard[0], 100 / (19 + LATENCY), ">= 0.95"),
        ("  added to each, p95", "ms", standard[2], 0, "< 50 ms"),
        ("2,000 jobs, 10 at once", "1/s", many[0], 10 / LATENCY, ">= 0.8"),
        ("  added to each, p50", "ms", many[1], 0, ""),
        ("  added to each, p95", "ms", many[2], 0, "< 50 ms"),
    ])
