"""A warm invocation through the emulator, small and with 1 MiB of body, and what the idle emulator weighs."""

import contextlib
import os
import subprocess
import sys
import time

from measuring import (RELEASE, ROOT, family, fastcgi, free_port, in_turns, program, resident, running, table,
                       temporary_folder, wait_for_port, wrk)

from running import Emulator

BODY = '{"prompt":"a harbour at dawn","parameters":{"seed":7}}'
JSON = (("content-type", "application/json"),)


@contextlib.contextmanager
def python_peers(folder):
    """A server and a function in Python, idle: their processes."""
    (folder / "application.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n")
    port = free_port()
    with (running(sys.executable, "-m", "uvicorn", "application:app", "--port", port, "--log-level", "error", cwd=folder) as web,
          running(sys.executable, ROOT / "Tests/Conformance/echo.py", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                  env={**os.environ, "FUNCTION_PROTOCOL": "1"}) as function):
        wait_for_port(port)
        time.sleep(1)
        yield family(web.pid), family(function.pid)


def run():
    with temporary_folder() as folder, fastcgi() as peer:
        emulator = Emulator(folder / "data", "--function", str(RELEASE / "EchoFunction"))
        try:
            # The service's own timers go on; they are part of the emulator a developer runs.
            ours = emulator.gateway + "/echo"
            one = in_turns(lambda: wrk(ours, 1, body=BODY, method="POST", headers=JSON),
                           lambda: wrk(peer, 1, body=BODY, method="POST", headers=JSON))
            many = in_turns(lambda: wrk(ours, 32, body=BODY, method="POST", headers=JSON),
                            lambda: wrk(peer, 32, body=BODY, method="POST", headers=JSON))
            large = in_turns(lambda: wrk(ours, 1, body=1 << 20, method="POST"),
                             lambda: wrk(peer, 1, body=1 << 20, method="POST"))
            table("Warm invocation through the emulator", "nginx + FastCGI in C", [
                ("1 connection, p50", "ms", one[0]["p50"], one[1]["p50"], "adds <= 0.15 ms"),
                ("1 connection, p99", "ms", one[0]["p99"], one[1]["p99"], ""),
                ("32 connections", "1/s", many[0]["rate"], many[1]["rate"], ""),
                ("32 connections, p99", "ms", many[0]["p99"], many[1]["p99"], ""),
                ("1 MiB in and out, p50", "ms", large[0]["p50"], large[1]["p50"], "<= 2 ms"),
            ])
            time.sleep(3)
            pids = family(emulator.process.pid)
            echo = [pid for pid in pids if program(pid) == "EchoFunction"]
            with python_peers(folder) as (web, function):
                table("Resident memory (PSS), idle", "uvicorn + FastAPI; a Python function, echo.py", [
                    ("emulator", "MiB", resident([emulator.process.pid]), resident(web), "<= 60"),
                    ("one function", "MiB", resident(echo[:1]), resident(function), "<= 15"),
                ])
        finally:
            emulator.stop()
