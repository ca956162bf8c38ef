"""The object store, its signatures verified, beside moto's server (which verifies none) and beside nginx with WebDAV, which shows
what the file system gives. All three run at once and are loaded in turn; the client walks through URLs signed in advance."""

import contextlib
import datetime
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
import urllib.parse

import requests
from measuring import (Effort, RELEASE, free_port, in_turns, percentile, resident, running, table, temporary_folder,
                       wait_for_port, wrk_with)

BUCKET = "benchmark"
KEYS = 1_000  # that are read
WRITTEN = 20_000  # that are written, over and over
LARGE = 8  # of 8 MiB
MANY = 1_000_000  # among which a page of 1,000 is listed
LISTED_BY_PEER = 2_000

# Each line of the file is a method and a target.
SCRIPT = """
local body = string.rep("a", %(size)d)
local lines, requests, index = {}, {}, 0
local function make(line)
    local method, target = line:match("^(%%S+) (%%S+)$")
    return wrk.format(method, target, nil, method == "PUT" and body or nil)
end
function init()
    for line in io.lines("%(file)s") do lines[#lines + 1] = line end
    -- Few and large ones are made in advance.
    if #lines <= %(large)d then for at, line in ipairs(lines) do requests[at] = make(line) end end
end
function request()
    index = index + 1
    if index > #lines then index = 1 end
    return requests[index] or make(lines[index])
end
"""


class Signer:
    """Presigned URLs of Signature Version 4, faster than a vendor's client makes them: there are a million."""

    def __init__(self, endpoint):
        self.host = endpoint.removeprefix("http://")
        now = datetime.datetime.now(datetime.timezone.utc)
        self.stamp, self.scope = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d") + "/us-east-1/s3/aws4_request"
        self.key = b"AWS4minioadmin"
        for part in self.scope.split("/"):
            self.key = hmac.digest(self.key, part.encode(), "sha256")

    def __call__(self, method, key="", **query):
        query = {**query, "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"minioadmin/{self.scope}",
                 "X-Amz-Date": self.stamp, "X-Amz-Expires": "86400", "X-Amz-SignedHeaders": "host"}
        words = "&".join(f"{name}={urllib.parse.quote(query[name], safe='')}" for name in sorted(query))
        path = f"/{BUCKET}/{key}" if key else f"/{BUCKET}"
        canonical = f"{method}\n{path}\n{words}\nhost:{self.host}\n\nhost\nUNSIGNED-PAYLOAD"
        text = f"AWS4-HMAC-SHA256\n{self.stamp}\n{self.scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        return f"{path}?{words}&X-Amz-Signature={hmac.digest(self.key, text.encode(), 'sha256').hex()}"


class Server:
    """One of those that are compared: its address, and how it wants its requests."""

    def __init__(self, folder, name, endpoint, process, ready=0, signs=True):
        self.folder, self.name, self.endpoint, self.process, self.ready = folder, name, endpoint, process, ready
        self.target = Signer(endpoint) if signs else lambda method, key="": f"/{BUCKET}/{key}"

    def load(self, lines, connections=16, size=4096):
        """Walks through methods and targets, over and over."""
        file = self.folder / f"{self.name}.txt"
        file.write_text("\n".join(lines))
        return wrk_with(SCRIPT % {"file": file, "size": size, "large": LARGE}, self.endpoint, connections)

    def fill(self, prefix, count, size, width=32):
        """Stores `count` objects once each: over every connection one, then the answers to all of these."""
        host, port = self.endpoint.removeprefix("http://").split(":")
        head, body = f" HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {size}\r\n\r\n", b"a" * size
        connections = [None] * width
        for first in range(0, count, width):
            numbers = range(first, min(first + width, count))
            for place, number in enumerate(numbers):
                if not connections[place]:
                    connections[place] = socket.create_connection((host, int(port)))
                target = self.target("PUT", f"{prefix}{number:07}")
                connections[place].sendall(f"PUT {target}{head}".encode() + body)
            for place, _ in enumerate(numbers):
                answer = b""
                while b"\r\n\r\n" not in answer:
                    received = connections[place].recv(65536)
                    assert received, f"{self.name} closed the connection after {answer!r}"
                    answer += received
                assert answer.split(b" ", 2)[1] in (b"200", b"201", b"204"), answer
                if answer.startswith(b"HTTP/1.0") or b"connection: close" in answer.lower():
                    connections[place].close()
                    connections[place] = None
        for connection in filter(None, connections):
            connection.close()

    def make_bucket(self):
        answer = requests.put(self.endpoint + self.target("PUT"), timeout=30)
        assert answer.ok, answer.text

    def put(self):
        return self.load([f"PUT {self.target('PUT', f'written/{number}')}" for number in range(WRITTEN)])

    def get(self):
        return self.load([f"GET {self.target('GET', f'read/{number:07}')}" for number in range(KEYS)])

    def mixed(self):
        """Seven reads and three writes, over and over. (wrk would wait for the body of an answer to HEAD.)"""
        methods = ("GET", "GET", "PUT", "GET", "GET", "PUT", "GET", "GET", "PUT", "GET")
        return self.load([f"{method} {self.target(method, f'read/{number * 7 % KEYS:07}')}"
                          for number, method in enumerate(methods * (KEYS // 2))])

    def put_large(self):
        return self.load([f"PUT {self.target('PUT', f'large/{number:07}')}" for number in range(LARGE)], 4, 8 << 20)

    def get_large(self):
        return self.load([f"GET {self.target('GET', f'large/{number:07}')}" for number in range(LARGE)], 4)

    def list(self, prefix, count):
        """Pages of 1,000 that begin anywhere."""
        starts = [f"{prefix}{number * (count - 1_000) // 50:07}" for number in range(50)]
        query = {"list-type": "2", "max-keys": "1000", "prefix": prefix}
        page = requests.get(self.endpoint + self.target("GET", **query, **{"start-after": starts[-1]}), timeout=60).text
        assert page.count("<Key>") >= min(900, count - 1), page[:500]
        return self.load([f"GET {self.target('GET', **query, **{'start-after': start})}" for start in starts], 4)

    @property
    def memory(self):
        return resident([self.process.pid])


@contextlib.contextmanager
def store(folder, name, *options):
    """Our own, on a folder of its own, or on the one it had."""
    begin = time.perf_counter()
    with running(RELEASE / "StoreHarness", folder / name, *options, stdout=subprocess.PIPE) as process:
        endpoint = json.loads(process.stdout.readline())["s3"]
        yield Server(folder, name, endpoint, process, (time.perf_counter() - begin) * 1000)


@contextlib.contextmanager
def moto(folder):
    port, begin = free_port(), time.perf_counter()
    with running(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port, stdout=subprocess.DEVNULL,
                 stderr=subprocess.DEVNULL) as process:
        wait_for_port(port)
        yield Server(folder, "moto", f"http://127.0.0.1:{port}", process, (time.perf_counter() - begin) * 1000)


@contextlib.contextmanager
def nginx(folder):
    port, root = free_port(), folder / "nginx"
    for below in ("root", "incoming"):
        (root / below).mkdir(parents=True)
    user = "user root;" if os.geteuid() == 0 else ""
    (root / "nginx.conf").write_text(f"""
        {user} daemon off; worker_processes auto; pid {root}/pid; error_log {root}/error.log;
        events {{ worker_connections 256; }}
        http {{
            access_log off; sendfile on; tcp_nodelay on; keepalive_requests 10000000; client_max_body_size 0;
            client_body_temp_path {root}/incoming; proxy_temp_path {root}/b; fastcgi_temp_path {root}/c;
            uwsgi_temp_path {root}/d; scgi_temp_path {root}/e;
            server {{
                listen 127.0.0.1:{port};
                location / {{ root {root}/root; dav_methods PUT DELETE; create_full_put_path on; }}
            }}
        }}""")
    with running("nginx", "-c", root / "nginx.conf", stderr=subprocess.DEVNULL) as process:
        wait_for_port(port)
        yield Server(folder, "nginx", f"http://127.0.0.1:{port}", process, signs=False)


def loads(rows, goals):
    """The table's rows for each load's figures of ours and the peer's; of large objects the throughput too."""
    result = []
    for name, (ours, theirs) in rows.items():
        goal = goals.get(name, "-")
        if "8 MiB" in name:
            result.append((name, "MiB/s", ours["rate"] * 8, theirs["rate"] * 8, goal))
        else:
            result.append((name, "1/s", ours["rate"], theirs["rate"], goal))
        result += [(f"  {key}", "ms", ours[key], theirs[key], "-") for key in ("p50", "p99")]
    return result


def against_moto(synced, fast, peer):
    rows = {
        "put 4 KiB, synced": in_turns(synced.put, peer.put),
        "put 4 KiB, --fast": in_turns(fast.put, peer.put),
        "get 4 KiB": in_turns(synced.get, peer.get),
        "mixed load, synced": in_turns(synced.mixed, peer.mixed),
        "mixed load, --fast": in_turns(fast.mixed, peer.mixed),
        "put 8 MiB, synced": in_turns(synced.put_large, peer.put_large),
        "get 8 MiB": in_turns(synced.get_large, peer.get_large),
    }
    table("The object store's loads", "moto", loads(rows, {
        "put 4 KiB, synced": ">= 20x", "put 4 KiB, --fast": ">= 20x, >= 5,000/s", "get 4 KiB": ">= 20x, >= 10,000/s"}))


def against_nginx(fast, peer):
    rows = {
        "put 4 KiB, --fast": in_turns(fast.put, peer.put),
        "get 4 KiB": in_turns(fast.get, peer.get),
        "mixed load, --fast": in_turns(fast.mixed, peer.mixed),
        "put 8 MiB, --fast": in_turns(fast.put_large, peer.put_large),
        "get 8 MiB": in_turns(fast.get_large, peer.get_large),
    }
    table("The same loads against the file system's limit", "nginx WebDAV, no signatures, no fsync", loads(
        rows, {"put 8 MiB, --fast": ">= 70 %", "get 8 MiB": ">= 70 %"}))


def listing(fast, peer):
    """A page among few keys and among many, in one bucket; then the same store started again."""
    many = int(MANY * Effort.share)
    fast.fill("few/", LISTED_BY_PEER, 16)
    peer.fill("few/", LISTED_BY_PEER, 16)
    few, theirs = in_turns(lambda: fast.list("few/", LISTED_BY_PEER), lambda: peer.list("few/", LISTED_BY_PEER))
    begin = time.perf_counter()
    fast.fill("many/", many, 16)
    filled = many / (time.perf_counter() - begin)
    among, _ = in_turns(lambda: fast.list("many/", many), lambda: few)
    table("A page of 1,000 keys", f"moto among {LISTED_BY_PEER:,} keys", [
        (f"among {LISTED_BY_PEER:,}, p50", "ms", few["p50"], theirs["p50"], "-"),
        (f"among {many:,}, p50", "ms", among["p50"], theirs["p50"], f"that among {LISTED_BY_PEER:,}"),
        (f"among {many:,}, p99", "ms", among["p99"], theirs["p99"], "-"),
    ])
    table(f"A store of {many:,} objects", "none", [
        ("filling it", "1/s", filled, 0, "-"), ("memory after that", "MiB", fast.memory, 0, "<= 100 MB of 1,000,000"),
    ])
    return many


def restarts(folder, many):
    """How soon an empty store is ready, and the one that has many objects; what both take when idle."""
    empty, full, rounds = [], [], max(3, int(20 * Effort.share))
    for number in range(rounds):
        with store(folder, f"empty-{number}") as server:
            empty.append((server.ready, server.memory))
        with store(folder, "fast") as server:
            full.append((server.ready, server.memory))
    with moto(folder) as peer:
        ready, idle = peer.ready, peer.memory

    def middle(results, index):
        return percentile([result[index] for result in results], 0.5)
    table("Started", "moto", [
        ("ready, empty", "ms", middle(empty, 0), ready, "< 100 ms"),
        (f"ready, {many:,} objects", "ms", middle(full, 0), ready, "< 100 ms"),
        ("idle, the whole process", "MiB", middle(empty, 1), idle, "<= 30 MB"),
        (f"idle, {many:,} objects", "MiB", middle(full, 1), idle, "<= 100 MB of 1,000,000"),
    ])


def run():
    with temporary_folder() as folder:
        with contextlib.ExitStack() as stack:
            synced = stack.enter_context(store(folder, "synced"))
            fast = stack.enter_context(store(folder, "fast", "--fast"))
            python, files = stack.enter_context(moto(folder)), stack.enter_context(nginx(folder))
            for server in (synced, fast, python):
                server.make_bucket()
            for server in (synced, fast, python, files):
                server.fill("read/", KEYS, 4096)
                server.fill("large/", LARGE, 8 << 20)
            against_moto(synced, fast, python)
            against_nginx(fast, files)
            table("Memory after these loads", "moto", [("resident", "MiB", fast.memory, python.memory, "-")])
            many = listing(fast, python)
        restarts(folder, many)
