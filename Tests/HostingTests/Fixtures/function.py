#!/usr/bin/env python3
"""A function in Python that behaves as its environment variable BEHAVIOR and its request paths say."""
import json
import os
import signal
import sys
import threading
import time

lock = threading.Lock()
out = os.fdopen(os.dup(1), "wb", buffering=0)
source = os.fdopen(os.dup(0), "rb")
behavior = os.environ.get("BEHAVIOR", "")
name = os.environ.get("FUNCTION_NAME", "Echo")
canceled = {}
credit = {}
inputs = {}


def send(frame, payload=b""):
    with lock:
        out.write(json.dumps(frame).encode() + b"\n" + payload)


def receive():
    line = source.readline()
    if not line:
        return None, b""
    frame = json.loads(line)
    n = frame.get("bytes", 0) if frame["type"] != "credit" else 0
    return frame, source.read(n) if n else b""


def answer(id, status=200, body=b"", headers=None):
    head = {"status": status, "headers": headers or {"content-type": "text/plain"}}
    send({"type": "result", "id": id, "http": head, "bytes": len(body)}, body)


def stream(id, total, size, delay=0):
    send({"type": "head", "id": id, "http": {"status": 200, "headers": {"content-type": "text/plain"}}})
    sent = 0
    while sent < total and not canceled.get(id):
        n = min(size, total - sent)
        while credit[id] < n and not canceled.get(id):
            time.sleep(0.002)
        if canceled.get(id):
            break
        credit[id] -= n
        sent += n
        send({"type": "chunk", "id": id, "bytes": n}, b"x" * n)
        with open(os.environ["SENT"], "w") as f:
            f.write(str(sent))
        time.sleep(delay)
    if canceled.get(id):
        note("canceled " + canceled[id])
        send({"type": "error", "id": id, "code": "canceled", "message": "stopped", "retry": "never"})
    else:
        send({"type": "end", "id": id})


def note(text):
    if "NOTES" in os.environ:
        with open(os.environ["NOTES"], "a") as f:
            f.write(text + "\n")


def handle(frame, body):
    id = frame["id"]
    http = frame.get("http")
    if http is None:
        data = frame.get("queue", {}).get("data", {})
        if data.get("poison"):
            time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGSEGV)
            time.sleep(60)
        time.sleep(data.get("seconds", 0))
        note("stored " + frame["object"]["subject"] if "object" in frame else "done %s" % data.get("n"))
        return send({"type": "result", "id": id})
    path = http["path"]
    seconds = float(http["query"].get("seconds", "0"))
    if path == "/echo":
        answer(id, 200, body or http.get("body", "").encode(), {"content-type": http["headers"].get("content-type", "text/plain")})
    elif path == "/event":
        answer(id, 200, json.dumps(frame).encode(), {"content-type": "application/json"})
    elif path == "/pid":
        answer(id, 200, str(os.getpid()).encode())
    elif path == "/slow":
        note("started " + id)
        end = time.time() + seconds
        while time.time() < end and not canceled.get(id):
            time.sleep(0.005)
        if canceled.get(id):
            note("canceled " + canceled[id])
            return send({"type": "error", "id": id, "code": "canceled", "message": "stopped", "retry": "never"})
        answer(id, 200, b"late")
    elif path == "/stubborn":
        note("started " + id)
        time.sleep(seconds)
        answer(id, 200, b"too late")
    elif path == "/crash":
        sys.stderr.write("about to crash\nFatal error: on purpose\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGILL)
        time.sleep(60)
    elif path == "/exit":
        os._exit(7)
    elif path == "/garbage":
        out.write(b"hello from a stray print\n")
    elif path == "/half":
        out.write(b'{"type":"result","id":"')
        os._exit(0)
    elif path == "/closestdin":
        os.close(source.fileno())
        os.close(0)
        answer(id, 200, b"closed")
    elif path == "/error":
        send({"type": "error", "id": id, "code": "invalid", "message": "no", "retry": "never",
              "errors": [{"field": "prompt", "message": "is missing"}]})
    elif path == "/log":
        send({"type": "log", "id": id, "level": "info", "message": "a line", "fields": {"n": 1}})
        send({"type": "progress", "id": id, "value": 0.5, "message": "half"})
        answer(id)
    elif path == "/twice":
        answer(id, 200, b"first")
        answer(id, 200, b"second")
    elif path == "/stream":
        stream(id, int(http["query"]["total"]), int(http["query"].get("size", "16384")), seconds)
    elif path == "/greedy":
        send({"type": "head", "id": id, "http": {"status": 200, "headers": {}}})
        for _ in range(2):  # the credit is 1,048,576
            send({"type": "chunk", "id": id, "bytes": 600000}, b"x" * 600000)
    elif path == "/dieinstream":
        send({"type": "head", "id": id, "http": {"status": 200, "headers": {}}})
        send({"type": "chunk", "id": id, "bytes": 3}, b"abc")
        time.sleep(0.05)
        os._exit(1)
    elif path == "/injection":
        answer(id, 200, b"", {"x-bad": "a\r\nset-cookie: b=c"})
    elif path == "/upload":
        total = len(body)
        if frame.get("stream"):
            total = 0
            while True:
                piece = inputs[id].pop(0) if inputs[id] else None
                if piece is None:
                    time.sleep(0.002)
                    continue
                if piece == "end":
                    break
                time.sleep(seconds)
                total += len(piece)
                send({"type": "credit", "id": id, "bytes": len(piece)})
        answer(id, 200, str(total).encode())
    elif path == "/large":
        answer(id, 200, b"y" * int(http["query"]["total"]))
    else:
        send({"type": "error", "id": id, "code": "not_found", "message": path, "retry": "never"})


def serve():
    time.sleep(float(os.environ.get("START_SECONDS", "0")))
    if behavior == "silent":
        time.sleep(60)
    if behavior == "exit":
        sys.stderr.write("cannot open the thing\n")
        sys.exit(3)
    if behavior == "chatty":
        print("Hello, I am not a function", flush=True)
        time.sleep(60)
    send({"type": "hello", "protocol": int(os.environ.get("PROTOCOL", "1")), "name": name,
          "build": os.environ.get("BUILD", "b1"), "concurrency": int(os.environ.get("CONCURRENCY", "8")),
          "streaming": behavior != "whole"})
    receive()
    if behavior == "init_error":
        send({"type": "init_error", "message": "DATABASE_URL is missing", "errors": ["DATABASE_URL is missing"]})
        sys.exit(1)
    if behavior == "never_ready":
        time.sleep(60)
    send({"type": "ready"})
    while True:
        frame, body = receive()
        if frame is None or frame["type"] == "drain":
            break
        if frame["type"] == "invoke":
            credit[frame["id"]] = 1048576
            inputs[frame["id"]] = []
            if behavior == "inline":
                handle(frame, body)
                continue
            threading.Thread(target=handle, args=(frame, body), daemon=True).start()
        elif frame["type"] == "cancel":
            canceled[frame["id"]] = frame["reason"]
        elif frame["type"] == "credit":
            credit[frame["id"]] += frame["bytes"]
        elif frame["type"] == "chunk":
            inputs[frame["id"]].append(body)
        elif frame["type"] == "end":
            inputs[frame["id"]].append("end")
    if behavior == "ignores_drain":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    send({"type": "bye"})


if "--describe" in sys.argv:
    routes = ["/echo", "/event", "/pid", "/slow", "/stubborn", "/crash", "/exit", "/garbage", "/half", "/closestdin", "/error",
              "/log", "/twice", "/stream", "/greedy", "/dieinstream", "/injection", "/upload", "/large"]
    triggers = [{"type": "http", "method": m, "path": r} for r in routes for m in ("GET", "POST")]
    if behavior == "objects":
        triggers = [{"type": "object", "prefix": "uploads/", "suffix": "", "events": ["created"]}]
    needs = [{"name": key, "required": True, "secret": False, "summary": "a key of the test", "default": None}
             for key in os.environ.get("NEEDS", "").split(",") if key]
    if "NEEDS_WITH_STORE" in os.environ:
        needs += [{"name": "STORE", "required": False, "secret": False, "summary": "the store", "default": "s3"},
                  {"name": os.environ["NEEDS_WITH_STORE"], "required": False, "secret": True, "summary": "its key",
                   "default": None, "neededWith": {"name": "STORE", "value": "s3"}}]
    print(json.dumps({"name": name, "protocol": 1, "build": "b1", "concurrency": 8, "timeout": 10000, "memory": 64,
                      "summary": "", "triggers": triggers, "environment": needs, "input": {}, "output": {}}))
else:
    serve()
