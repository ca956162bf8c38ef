#!/usr/bin/env python3
"""A function in Python that follows PROTOCOL.md with nothing but the standard library: /echo, /stream and /sleep."""
import json, os, sys, threading

build = str(os.stat(__file__).st_mtime_ns)
about = {"name": "echo.py", "protocol": 1, "build": build, "concurrency": 8, "streaming": True}
output = os.fdopen(os.dup(1), "wb", 0)
os.dup2(2, 1)  # from here on a print lands on standard error
change = threading.Condition()  # guards calls: id -> what is known about an invocation in flight
calls, credit = {}, 0


def send(type, raw=b"", **members):
    with change:
        output.write(json.dumps({"type": type, **members}).encode() + b"\n" + raw)


def wait(call, condition):
    with change:
        change.wait_for(lambda: call["canceled"] or condition())
        return not call["canceled"]


def answer(id, http, call):
    going = wait(call, lambda: call["ended"])
    if going and http["path"] == "/sleep":
        going = wait(call, lambda: False)
    elif going and http["path"] == "/stream":
        send("head", id=id, http={"status": 200, "headers": {}})
        for _ in range(256):
            if not (going := wait(call, lambda: call["credit"] >= 4096)):
                break
            call["credit"] -= 4096
            send("chunk", b"." * 4096, id=id, bytes=4096)
    elif going:
        send("result", call["body"], id=id, http={"status": 200, "headers": {}}, bytes=len(call["body"]))
    if not going:
        send("error", id=id, code="canceled", message="canceled", retry="backoff")
    elif http["path"] == "/stream":
        send("end", id=id)
    with change:
        del calls[id]
        change.notify_all()


def handle(frame, raw):
    global credit
    type, id = frame["type"], frame.get("id")
    call = calls.get(id)
    if type == "init":
        credit = frame["limits"]["credit"]
        send("ready")
    elif type == "invoke":
        body = raw or frame["http"].get("body", "").encode()
        call = calls[id] = {"body": body, "ended": not frame.get("stream"), "credit": credit, "canceled": False}
        threading.Thread(target=answer, args=(id, frame["http"], call), daemon=True).start()
    elif call and type == "chunk":
        call["body"] += raw
        send("credit", id=id, bytes=len(raw))
    elif call and type == "end":
        call["ended"] = True
    elif call and type == "credit":
        call["credit"] += frame["bytes"]
    elif call and type == "cancel":
        call["canceled"] = True
    change.notify_all()


def serve():
    send("hello", **about)
    frame = {}
    while frame.get("type") != "drain" and (line := sys.stdin.buffer.readline(262_146)):
        if len(line) > 262_145 or not line.endswith(b"\n"):
            sys.exit(f"a line that is too long, or ends early: {line[:99]}")
        frame = json.loads(line)
        raw = sys.stdin.buffer.read(frame.get("bytes", 0)) if frame["type"] != "credit" else b""
        with change:
            handle(frame, raw)
    with change:
        change.wait_for(lambda: not calls)
    send("bye")


if "--describe" in sys.argv:
    paths = [("GET", "/echo"), ("POST", "/echo"), ("GET", "/stream"), ("GET", "/sleep")]
    triggers = [{"type": "http", "method": method, "path": path} for method, path in paths]
    output.write(json.dumps({**about, "triggers": triggers}).encode())
elif os.environ.get("FUNCTION_PROTOCOL"):
    serve()
else:
    event = json.loads(sys.stdin.read() or sys.exit("standard input is no event"))
    output.write(event["http"].get("body", "").encode())
