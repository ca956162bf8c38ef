#!/usr/bin/env python3
"""A whole function in 45 lines: answers each request with its own body, one at a time (see PROTOCOL.md)."""
import json, os, sys

about = {"name": "plain.py", "protocol": 1, "build": str(os.stat(__file__).st_mtime_ns), "concurrency": 1, "streaming": False}
output = os.fdopen(os.dup(1), "wb", 0)
os.dup2(2, 1)  # from here on a print lands on standard error


def send(type, raw=b"", **members):
    output.write(json.dumps({"type": type, **members}).encode() + b"\n" + raw)


def serve():
    send("hello", **about)
    bodies = {}  # id -> the body of an invocation as far as it has come
    frame = {}
    while frame.get("type") != "drain" and (line := sys.stdin.buffer.readline(262_146)):
        if len(line) > 262_145 or not line.endswith(b"\n"):
            sys.exit(f"a line that is too long, or ends early: {line[:99]}")
        frame = json.loads(line)
        type, id = frame["type"], frame.get("id")
        raw = sys.stdin.buffer.read(frame.get("bytes", 0)) if type != "credit" else b""
        if type == "init":
            send("ready")
        elif type == "invoke":
            bodies[id] = raw or frame["http"].get("body", "").encode()
        elif type == "chunk" and id in bodies:
            bodies[id] += raw
            send("credit", id=id, bytes=len(raw))
        elif type == "cancel" and bodies.pop(id, None) is not None:
            send("error", id=id, code="canceled", message="canceled", retry="backoff")
        if (type == "end" or type == "invoke" and not frame.get("stream")) and id in bodies:
            body = bodies.pop(id)
            send("result", body, id=id, http={"status": 200, "headers": {}}, bytes=len(body))
    send("bye")


if "--describe" in sys.argv:
    triggers = [{"type": "http", "method": "POST", "path": "/echo"}]
    output.write(json.dumps({**about, "triggers": triggers}).encode())
elif os.environ.get("FUNCTION_PROTOCOL"):
    serve()
else:
    output.write(json.loads(sys.stdin.read() or sys.exit("standard input is no event"))["http"].get("body", "").encode())
