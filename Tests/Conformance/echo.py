#!/usr/bin/env python3
"""A whole function without a library: /echo, /stream and /sleep, many calls at once in one thread (see PROTOCOL.md)."""
import json, os, sys

routes = [{"type": "http", "method": method, "path": path} for method, path in
          [("GET", "/echo"), ("POST", "/echo"), ("GET", "/stream"), ("GET", "/sleep")]]
about = {"name": "echo.py", "protocol": 1, "build": str(os.stat(__file__).st_mtime_ns), "concurrency": 8, "streaming": True}
output, ok = os.fdopen(os.dup(1), "wb", 0), {"status": 200, "headers": {}}
os.dup2(2, 1)  # from here on a print lands on standard error


def send(type, raw=b"", **members):
    output.write(json.dumps({"type": type, **members}).encode() + b"\n" + raw)


def answer(id, path, call):  # yields wherever it has to wait for another frame
    while not call["ended"] or path == "/sleep":
        yield
    if path == "/echo":
        return send("result", call["body"], id=id, http=ok, bytes=len(call["body"]))
    send("head", id=id, http=ok)
    for _ in range(256):
        while call["credit"] < 4096:
            yield
        call["credit"] -= 4096
        send("chunk", b"." * 4096, id=id, bytes=4096)
    send("end", id=id)


def serve(frame={}, calls={}):  # calls: id -> what is known of an invocation, and its answer as far as it has come
    send("hello", **about)
    while (calls or frame.get("type") != "drain") and (line := sys.stdin.buffer.readline(262_146)):
        assert len(line) <= 262_145 and line.endswith(b"\n"), f"a line that is too long, or ends early: {line[:99]}"
        frame = json.loads(line)
        type, id = frame["type"], frame.get("id")
        raw = sys.stdin.buffer.read(frame.get("bytes", 0)) if type != "credit" else b""
        if type == "init":
            credit = frame["limits"]["credit"]
            send("ready")
        elif type == "invoke":
            call = {"body": raw or frame["http"].get("body", "").encode(), "ended": not frame.get("stream"), "credit": credit}
            calls[id] = call, answer(id, frame["http"]["path"], call)
        elif type == "cancel" and calls.pop(id, None):
            send("error", id=id, code="canceled", message="canceled", retry="backoff")
        if id in calls:
            call, steps = calls[id]
            if type == "chunk":
                call["body"] += raw
                send("credit", id=id, bytes=len(raw))
            call["ended"] |= type == "end"
            call["credit"] += frame["bytes"] if type == "credit" else 0
            if next(steps, "done"):
                del calls[id]
    send("bye")


if "--describe" in sys.argv:
    output.write(json.dumps({**about, "triggers": routes}).encode())
elif "FUNCTION_PROTOCOL" in os.environ:
    serve()
else:
    output.write(json.loads(sys.stdin.read() or sys.exit("standard input is no event"))["http"].get("body", "").encode())
