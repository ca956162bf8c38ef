"""From starting the process to its first reply, without and with a database."""

import os
import subprocess
import sys
import time

from measuring import RELEASE, percentile, table, temporary_folder

from conftest import Emulator

ROUNDS = 40


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
            for _ in range(ROUNDS):
                results["page"].append(first_reply([RELEASE / "Page"], page, environment))
                results["plain"].append(first_reply(peers["plain"], python, environment))
                results["jobs"].append(first_reply([RELEASE / "ListJobs"], jobs, environment))
                results["database"].append(first_reply(peers["database"], python, environment))
            middle = {key: percentile(values, 0.5) for key, values in results.items()}
            table("Start to first reply", "the same in Python", [
                ("without a database, p50", "ms", middle["page"], middle["plain"], "<= 5 ms"),
                ("with one, p50", "ms", middle["jobs"], middle["database"], "<= 15 ms"),
            ])
        finally:
            emulator.stop()
