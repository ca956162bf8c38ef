"""The emulator's own executable with one small function, for what the store alone cannot show."""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

import boto3
import requests
from botocore.config import Config

ROOT = pathlib.Path(__file__).parents[2]
BUILDS = [ROOT / ".build" / kind / "emulator" for kind in ("release", "debug")]
PROGRAM = os.environ.get("DARKROOM_EMULATOR") or str(next((path for path in BUILDS if path.exists()), BUILDS[1]))


def until(condition, seconds=20, otherwise="it did not happen"):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, otherwise() if callable(otherwise) else otherwise
        time.sleep(0.05)
    return found


def run(*arguments, status=0, environment=None):
    """The emulator with a verb; its standard output."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60, cwd="/",
        env={**os.environ, **(environment or {})})
    assert done.returncode == status, done.stderr + done.stdout
    return done.stdout if status == 0 else done.stderr + done.stdout


class SmallEmulator:
    """An emulator that serves the function `clock`, which counts its calls by kind."""

    def __init__(self, folder, *arguments, environment=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        function = self.folder / "clock"
        if not function.exists():
            shutil.copy(ROOT / "Tests" / "EmulatorTests" / "Fixtures" / "clock.py", function)
            function.chmod(0o755)
        self.log = open(self.folder / "log", "a+")
        self.process = subprocess.Popen(
            [PROGRAM, "start", "--json", "--port", "0", "--no-reload", "--data", str(self.data), "--function",
             str(function), *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=folder, start_new_session=True,
            env={**os.environ, "CLOCK_FOLDER": str(folder), **(environment or {})})
        line = self.process.stdout.readline()
        assert line, f"the emulator ended with {self.process.wait()}: {self.log_text()}"
        self.addresses = json.loads(line)

    def log_text(self):
        return pathlib.Path(self.log.name).read_text()[-10_000:]

    def s3(self, user=None, secret=None):
        s3 = self.addresses["s3"]
        return boto3.client(
            "s3", endpoint_url=s3["endpoint"], aws_access_key_id=user or s3["accessKey"],
            aws_secret_access_key=secret or s3["secretKey"], region_name="us-east-1",
            config=Config(retries={"max_attempts": 0}))

    def control(self, verb, **parameters):
        """A call of the dashboard's API for the store."""
        return requests.post(
            f"{self.addresses['dashboard']}/api/storage/{verb}", params=parameters, timeout=60)

    def flush(self):
        answer = self.control("flush", timeout=30)
        assert answer.status_code == 200, answer.text

    def count(self, kind):
        path = self.folder / kind
        return path.stat().st_size if path.exists() else 0

    def storage(self, *arguments, **options):
        return run("storage", *arguments, "--data", self.data, **options)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(timeout=40) == 0, self.log_text()

    def kill(self):
        """What it started ends by itself."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Receiver:
    """A server of somebody else that is told of objects."""

    def __init__(self, port=0, consents=None):
        self.requests = []
        # What the next ones are answered with; 200 when there is nothing.
        self.statuses = []
        # Whether it wants events: what it was asked, and what it answers, given the question.
        self.questions = []
        self.consents = consents
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_OPTIONS(self):
                self.consent("OPTIONS", None, lambda: (200, {"WebHook-Allowed-Origin": "*"}, b""))

            def consent(self, method, body, usual):
                receiver.questions.append((method, dict(self.headers), body))
                status, headers, answer = receiver.consents(len(receiver.questions)) if receiver.consents else usual()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.headers.get("aeg-event-type") == "SubscriptionValidation":
                    code = body[0]["data"]["validationCode"]
                    return self.consent("POST", body, lambda: (200, {}, json.dumps({"validationResponse": code}).encode()))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                receiver.requests.append((status, dict(self.headers), body))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def taken(self):
        return [body for status, _, body in self.requests if status < 300]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
