"""What the suites of the Azure Queue service share."""

import base64
import hashlib
import hmac
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone

import requests

from object_store import ACCOUNT, ACCOUNT_KEY


class RedisServer:
    """A Redis as the emulator runs it."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--appendonly",
             "yes", "--appendfsync", "everysec", "--save", ""], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                assert self.command("PING") == b"+PONG"
                return
            except (OSError, AssertionError):
                assert time.monotonic() < end and self.process.poll() is None, "Redis did not start"

    def command(self, *words):
        """The first line of the reply."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            parts = [word.encode() for word in words]
            connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
            return connection.makefile("rb").readline().rstrip()

    def kill(self):
        self.process.kill()
        self.process.wait()


def until(condition, seconds=15):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return found


def refusal(error, status, code):
    assert (error.value.status_code, error.value.error_code) == (status, code), error.value
    assert error.value.response.headers["x-ms-error-code"] == code


def signed(method, url, headers=None, body=b"", scheme="SharedKey", key=ACCOUNT_KEY, **options):
    """A request signed by hand, for what the client library does not send."""
    request = requests.Request(method, url, headers=headers or {}, data=body).prepare()
    request.headers["x-ms-date"] = datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
    request.headers.setdefault("x-ms-version", "2021-12-02")
    h = {name.lower(): value for name, value in request.headers.items()}
    canonical = "".join(f"{name}:{h[name]}\n" for name in sorted(h) if name.startswith("x-ms-"))
    path, _, query = request.path_url.partition("?")
    fields = sorted(field.partition("=")[::2] for field in query.split("&") if field)
    if scheme == "SharedKey":
        length = h.get("content-length", "")
        text = "\n".join([
            method, "", "", "" if length == "0" else length, "", h.get("content-type", ""), "", "", "", "", "", ""]) + "\n"
        text += canonical + f"/{ACCOUNT}{path}" + "".join(
            f"\n{name.lower()}:{requests.utils.unquote(value)}" for name, value in fields)
    else:
        comp = "".join(f"?comp={value}" for name, value in fields if name == "comp")
        text = "\n".join([method, "", h.get("content-type", ""), ""]) + "\n" + canonical + f"/{ACCOUNT}{path}{comp}"
    mac = base64.b64encode(hmac.digest(base64.b64decode(key), text.encode(), hashlib.sha256)).decode()
    request.headers["Authorization"] = f"{scheme} {ACCOUNT}:{mac}"
    return requests.Session().send(request, timeout=20, **options)


def ago(**time):
    return datetime.now(timezone.utc) - timedelta(**time)


def ahead(**time):
    return datetime.now(timezone.utc) + timedelta(**time)
