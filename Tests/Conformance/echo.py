#!/usr/bin/env python3
"""A whole function without a library: /echo, /stream and /sleep, many calls at once in one thread (see PROTOCOL.md)."""
import json, os, sys

about = {"name": "echo", "protocol": 1, "build": str(os.stat(__file__).st_mtime_ns), "concurrency": 8, "streaming": True}
routes = [("GET", "/echo"), ("POST", "/echo"), ("GET", "/stream"), ("GET", "/sleep")]
output, ok = os.fdopen(os.dup(1), "wb", 0), {"status": 200, "headers": {}}
os.dup2(2, 1)  # from here on a print lands on standard error


def send(type, raw=b"", **members):
    output.write(json.dumps({"type": type, **members}).encode() + b"\n" + raw)


def answer(id, call):  # begins when the request is whole, and yields where it has to wait for credit
    if call["path"] == "/echo":
        return send("result", call["body"], id=id, http=ok, bytes=len(call["body"]))
    send("head", id=id, http=ok)
    for _ in range(256):
        while call["credit"] < 4096:
            yield
        call["credit"] -= 4096
        send("chunk", b"." * 4096, id=id, bytes=4096)
    send("end", id=id)


def serve(type="hello", calls={}):
    send(type, **about)
    while (calls or type != "drain") and (line := sys.stdin.buffer.readline(262_146)):
        type, id, size = (frame := json.loads(line))["type"], frame.get("id"), frame.get("bytes", 0)
        raw = sys.stdin.buffer.read(size if type != "credit" else 0)
        if type == "init":
            credit = frame["limits"]["credit"]
            send("ready")
        elif type == "invoke":
            calls[id] = call = {"body": "", **frame["http"], "open": "stream" in frame, "credit": credit}
            call.update(body=call["body"].encode(), steps=answer(id, call))
        elif type == "cancel" and calls.pop(id, None):
            send("error", id=id, code="canceled", message="canceled", retry="backoff")
        elif type == "chunk" and id in calls:
            send("credit", id=id, bytes=size)
        if call := calls.get(id):
            call.update(body=call["body"] + raw, open=call["open"] and type != "end")
            call["credit"] += size if type == "credit" else 0
            if not call["open"] and call["path"] != "/sleep" and next(call["steps"], "done"):
                del calls[id]
    send("bye")


if "--describe" in sys.argv:
    about["triggers"] = [{"type": "http", "method": method, "path": path} for method, path in routes]
    output.write(json.dumps(about).encode())
elif "FUNCTION_PROTOCOL" in os.environ:
    serve()
else:
    output.write(json.load(sys.stdin)["http"].get("body", "").encode())
