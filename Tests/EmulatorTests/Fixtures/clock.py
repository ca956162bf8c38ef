#!/usr/bin/env python3
"""A function in thirty lines: answers GET /clock with VERSION and what it has seen of its queue, timer and objects."""
import json, os, sys

VERSION = "one"
TRIGGERS = [
    {"type": "http", "method": "GET", "path": "/clock"},
    {"type": "queue", "queue": "clock", "attempts": 3, "lease": 5000},
    {"type": "object", "prefix": "uploads/", "suffix": "", "events": ["created"]},
    {"type": "timer", "schedule": "every 200ms"},
]
ABOUT = {"name": "clock", "protocol": 1, "build": VERSION, "concurrency": 8, "timeout": 5000, "memory": 64,
         "triggers": TRIGGERS, "environment": [], "summary": "Counts what it is called with."}


def send(type, **members):
    sys.stdout.write(json.dumps({"type": type, **members}) + "\n")
    sys.stdout.flush()


def path(kind):
    return os.path.join(os.environ["CLOCK_FOLDER"], kind)


def size(kind):
    return os.path.getsize(path(kind)) if os.path.exists(path(kind)) else 0


if "--describe" in sys.argv:
    print(json.dumps(ABOUT))
    sys.exit()
send("hello", name="clock", protocol=1, build=VERSION, concurrency=8, streaming=False)
for line in sys.stdin.buffer:
    frame = json.loads(line)
    if frame["type"] == "init":
        send("ready")
    elif frame["type"] == "drain":
        break
    elif frame["type"] == "invoke":
        if frame["trigger"] == "http":
            answer = {"version": VERSION, "counts": {kind: size(kind) for kind in ("queue", "object", "timer")}}
            send("result", id=frame["id"], http={"status": 200, "headers": {"content-type": "application/json"},
                                                 "body": json.dumps(answer)})
        else:
            with open(path(frame["trigger"]), "a") as file:
                file.write("x")
            send("result", id=frame["id"])
send("bye")
