"""A warm invocation through the emulator, small and with 1 MiB of body, and what the idle emulator weighs."""

import time

from measuring import RELEASE, family, fastcgi, in_turns, program, resident, table, temporary_folder, wrk

from conftest import Emulator

BODY = '{"prompt":"a harbour at dawn","parameters":{"seed":7}}'
JSON = (("content-type", "application/json"),)


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
            table("Resident memory (PSS), idle after the load", "none", [
                ("emulator", "MiB", resident([emulator.process.pid]), 0, "<= 60"),
                ("one function", "MiB", resident(echo[:1]), 0, "<= 15"),
                ("all functions", "MiB", resident(
                    [pid for pid in pids if program(pid) not in ("postgres", "redis-server", "emulator")]), 0, ""),
            ])
        finally:
            emulator.stop()
