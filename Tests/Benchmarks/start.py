"""From starting the process to its first reply, without and with a database; from a new build to its first answer; and how soon
a stand-in has drawn."""

import os
import shutil
import subprocess
import sys
import time

import requests
from measuring import (Effort, RELEASE, free_port, percentile, running, table, temporary_folder, wait_for_port)

from running import Emulator

ROUNDS = 40
# The peer of the switch: the server of a Python developer, which looks for changed sources.
APPLICATION = """
from fastapi import FastAPI
from fastapi.responses import Response
app = FastAPI()
@app.get("/echo")
def echo():
    return Response(headers={"x-function-build": "BUILD"})
"""


def first_reply(command, event, environment):
    begin = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=environment)
    process.stdin.write(event)
    process.stdin.close()
    answer = process.stdout.read(1)
    elapsed = time.perf_counter() - begin
    process.stdout.read()
    process.wait()
    if not answer:
        raise SystemExit(f"{command} answered nothing")
    return elapsed * 1000


def switch(url, put, rounds):
    """Milliseconds from a finished build to the first answer that is the new one's: the median."""
    session, waits = requests.Session(), []

    def build():
        try:
            return session.get(url, timeout=10).headers["x-function-build"]
        except requests.ConnectionError:
            return before  # A server that restarts refuses meanwhile.
    for number in range(rounds):
        before = None
        before = build()
        time.sleep(0.3)
        put(number)
        begin = time.perf_counter()
        while build() == before:
            if time.perf_counter() - begin > 20:
                raise SystemExit(f"{url} never answered with the new build")
        waits.append((time.perf_counter() - begin) * 1000)
    return percentile(waits, 0.5)


def switches(folder):
    """The emulator's, and uvicorn's with --reload."""
    rounds = max(2, int(10 * Effort.share))
    function = folder / "switched" / "EchoFunction"
    function.parent.mkdir()
    shutil.copy2(RELEASE / "EchoFunction", function)

    def link(number):
        shutil.copy(RELEASE / "EchoFunction", folder / "linked")
        (folder / "linked").chmod(0o755)
        os.replace(folder / "linked", function)
    emulator = Emulator(folder / "switching", "--function", str(function), reload=True)
    try:
        ours = switch(f"{emulator.gateway}/echo", link, rounds)
    finally:
        emulator.stop()
    source, port = folder / "switched" / "application.py", free_port()
    source.write_text(APPLICATION)
    with running(sys.executable, "-m", "uvicorn", "application:app", "--port", port, "--reload", "--log-level", "error",
                 cwd=source.parent):
        wait_for_port(port)
        theirs = switch(f"http://127.0.0.1:{port}/echo",
                        lambda number: source.write_text(APPLICATION.replace("BUILD", str(number))), rounds)
    return ours, theirs


def drawing(emulator):
    """Milliseconds from asking Replicate's stand-in to its finished picture of 1024 by 1024."""
    base = emulator.addresses["providers"]["replicate"]
    emulator.knobs(latency_ms=0, steps=0)
    session, waits = requests.Session(), []
    for number in range(max(2, int(20 * Effort.share))):
        begin = time.perf_counter()
        call = session.post(
            f"{base}/v1/models/black-forest-labs/flux-schnell/predictions", timeout=30,
            headers={"authorization": "Bearer r8_benchmark", "prefer": "wait"},
            json={"input": {"prompt": f"a harbour at dawn {number}", "width": 1024, "height": 1024}}).json()
        output = call["output"]
        picture = session.get(output[0] if isinstance(output, list) else output, timeout=30).content
        waits.append((time.perf_counter() - begin) * 1000)
        assert picture.startswith(b"\x89PNG"), call
    return percentile(waits, 0.5)


def run():
    with temporary_folder() as folder:
        emulator = Emulator(folder / "data")
        try:
            environment = emulator.function_environment()
            page = b'{"http":{"method":"GET","path":"/"}}'
            jobs = b'{"http":{"method":"GET","path":"/api/v1/jobs"}}'
            python = b"x"
            peers = {"plain": [sys.executable, "-c", "import sys, json; sys.stdin.read(); print('{}')"],
                     "database": [sys.executable, "-c", "import sys, json, psycopg; sys.stdin.read(); "
                                  f"print(psycopg.connect('{emulator.addresses['postgres']}').execute('select 1').fetchone())"]}
            results = {key: [] for key in ("page", "jobs", "plain", "database")}
            for _ in range(max(2, int(ROUNDS * Effort.share))):
                results["page"].append(first_reply([RELEASE / "Page"], page, environment))
                results["plain"].append(first_reply(peers["plain"], python, environment))
                results["jobs"].append(first_reply([RELEASE / "ListJobs"], jobs, environment))
                results["database"].append(first_reply(peers["database"], python, environment))
            middle = {key: percentile(values, 0.5) for key, values in results.items()}
            table("Start to first reply", "the same in Python", [
                ("without a database, p50", "ms", middle["page"], middle["plain"], "<= 5 ms"),
                ("with one, p50", "ms", middle["jobs"], middle["database"], "<= 15 ms"),
            ])
            table("A stand-in's picture", "none: a provider takes seconds", [
                ("1024 x 1024, p50", "ms", drawing(emulator), 0, "<= 100 ms"),
            ])
        finally:
            emulator.stop()
        ours, theirs = switches(folder)
        table("From a new build to its first answer", "uvicorn --reload", [("p50", "ms", ours, theirs, "<= 50 ms")])
