#!/usr/bin/env python3
"""A function in Python: echo, stream and sleep, by path. It follows PROTOCOL.md and needs nothing but Python."""
import json, os, sys, threading

out, tell = os.dup(1), threading.Lock()
os.dup2(2, 1)
canceled, bodies, credit, changed = set(), {}, {}, threading.Condition()
info = {"name": "echo.py", "protocol": 1, "build": str(os.stat(__file__).st_mtime_ns), "concurrency": 8}

def send(frame, raw=b""):
    with tell:
        sys.stdout.flush(), os.fdopen(os.dup(out), "wb").write(json.dumps(frame).encode() + b"\n" + raw)

def wait(test):
    with changed: changed.wait_for(test)

def answer(f, send=send):
    i, http = f["id"], f.get("http", {})
    if f.get("stream"): wait(lambda: bodies[i][1] or i in canceled)
    body = bytes(bodies[i][0]) or http.get("body", "").encode()
    if http.get("path") == "/sleep": wait(lambda: i in canceled)
    if http.get("path") == "/stream":
        send({"type": "head", "id": i, "http": {"status": 200, "headers": {}}})
        for _ in range(2048):
            wait(lambda: credit[i] >= 1024 or i in canceled)
            if i in canceled: break
            credit[i] -= 1024
            send({"type": "chunk", "id": i, "bytes": 1024}, b"." * 1024)
    if i in canceled: send({"type": "error", "id": i, "code": "canceled", "message": "canceled", "retry": "backoff"})
    elif http.get("path") == "/stream": send({"type": "end", "id": i})
    else: send({"type": "result", "id": i, "http": {"status": 200, "headers": {}}, "bytes": len(body)}, body)
    with changed: bodies.pop(i), credit.pop(i)

def serve(pipe):
    send({"type": "hello", **info, "streaming": True})
    while line := pipe.readline(262146):
        if len(line) > 262145 or not line.endswith(b"\n"): sys.exit(f"the line is too long or ends early: {line[:99]}")
        f = json.loads(line)
        t, i, n = f["type"], f.get("id"), f.get("bytes", 0)
        raw = pipe.read(n) if t != "credit" else b""
        with changed:
            if t == "init": start, _ = f["limits"]["credit"], send({"type": "ready"})
            if t == "invoke":
                bodies[i], credit[i] = [bytearray(raw), False], start
                threading.Thread(target=answer, args=[f]).start()
            if t == "chunk" and i in bodies: bodies[i][0] += raw; send({"type": "credit", "id": i, "bytes": n})
            if t == "end" and i in bodies: bodies[i][1] = True
            if t == "credit" and i in credit: credit[i] += n
            if t == "cancel" and i in bodies: canceled.add(i)
            changed.notify_all()
        if t == "drain": break
    wait(lambda: not bodies)
    send({"type": "bye"})

