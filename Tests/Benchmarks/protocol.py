"""The bare protocol: one multiplexed function on two pipes, against the pipes alone (cat) and a Python function."""

import json
import os
import select
import subprocess
import sys
import time

from measuring import Effort, RELEASE, ROOT, percentile, table

WINDOW = 64  # invocations in flight; what EchoFunction declares at least


def start(*command):
    return subprocess.Popen(
        [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        bufsize=0, env={**os.environ, "FUNCTION_PROTOCOL": "1"})


def handshake(process):
    hello = json.loads(read_line(process))
    assert hello["type"] == "hello", hello
    process.stdin.write(b'{"type":"init","instance":"benchmark","limits":{"line":262144,"chunk":1048576,"credit":262144}}\n')
    while (frame := json.loads(read_line(process)))["type"] == "log":
        pass
    assert frame["type"] == "ready", frame


def read_line(process):
    line = b""
    while not line.endswith(b"\n"):
        line += process.stdout.read(1)
    return line


def frame(number):
    return (f'{{"type":"invoke","id":"{number}","trigger":"http","remaining":60000,"attempt":1,"http":{{"method":"POST",'
            '"path":"/echo","route":"/echo","params":{},"query":{},"headers":{"content-type":"application/json"},'
            '"client":"127.0.0.1","body":"{\\"prompt\\":\\"a harbour\\"}"}}\n').encode()


def exchanges(process, count, window):
    """Seconds for `count` round trips with `window` in flight: a line out for each line in."""
    frames = [frame(number) for number in range(count)]
    sent = answered = 0
    source, sink = process.stdout.fileno(), process.stdin.fileno()
    os.set_blocking(sink, True)
    begin = time.perf_counter()
    while answered < count:
        if sent < count and sent - answered <= window // 2:
            upto = min(count, answered + window)
            os.write(sink, b"".join(frames[sent:upto]))
            sent = upto
        select.select([source], [], [])
        answered += os.read(source, 1 << 20).count(b"\n")
    return time.perf_counter() - begin


def latency(process, count=2000):
    return percentile([exchanges(process, 1, 1) for _ in range(count)], 0.5) * 1e6


def run():
    swift, python, pipe = (start(RELEASE / "EchoFunction"),
                           start(sys.executable, ROOT / "Tests/Conformance/echo.py"), start("cat"))
    try:
        handshake(swift)
        handshake(python)
        for process in (swift, python, pipe):
            exchanges(process, 2000, WINDOW)
        count = int(40_000 * Effort.share)
        rates = {name: [] for name in ("swift", "python", "pipe")}
        for _ in range(Effort.rounds):
            for name, process in (("swift", swift), ("python", python), ("pipe", pipe)):
                rates[name].append(count / exchanges(process, count, WINDOW))
        ours, theirs, limit = (percentile(rates[name], 0.5) for name in ("swift", "python", "pipe"))
        table("Bare protocol, Swift function", "a Python function, echo.py", [
            ("64 in flight", "1/s", ours, theirs, ">= 20,000"),
            ("one at a time, p50", "µs", latency(swift), latency(python), ""),
        ])
        table("Bare protocol, Swift function", "the pipe itself: cat", [("64 in flight", "1/s", ours, limit, "")])
    finally:
        for process in (swift, python, pipe):
            process.stdin.close()
            process.wait(timeout=10)
