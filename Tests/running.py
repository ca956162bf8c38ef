"""The emulator as its user has it: started by the README's command on free ports with a data folder of its own."""

import json
import os
import pathlib
import signal
import subprocess
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The README's command, unless a built emulator is named.
COMMAND = [os.environ["DARKROOM_EMULATOR"], "start"] if "DARKROOM_EMULATOR" in os.environ else [ROOT / "infra/up"]
# The smallest picture there is.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d4944415478da63fcffff3f0300050001"
    "ff5d1c0a5c0000000049454e44ae426082")
TERMINAL = {"completed", "failed", "canceled"}


class Emulator:
    """The emulator as its user sees it: one line of addresses, and a service behind them."""

    def __init__(self, data, *arguments, environment=None, reload=False):
        self.data = pathlib.Path(data)
        self.log = open(self.data.parent / f"{self.data.name}.log", "w+")
        self.process = subprocess.Popen(
            [*COMMAND, "--json", *([] if reload else ["--no-reload"]), "--data", str(data), *FREE_PORTS, *arguments],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env={**os.environ, **(environment or {})},
            start_new_session=True, cwd=ROOT)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the emulator ended with {self.process.wait()}:\n{self.log_text()}")
        self.addresses = json.loads(line)
        self.gateway = self.addresses["gateway"]
        self.replicate = self.addresses["providers"]["replicate"]

    def log_text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text()[-20_000:]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=40)
        finally:
            self.kill()

    def kill(self):
        """SIGKILL to the emulator itself, and to nothing else: what it started has to notice."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # The service

    def api(self, method, path, expect=None, **options):
        answer = requests.request(method, f"{self.gateway}/api/v1{path}", timeout=30, **options)
        if expect is not None:
            assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def create_job(self, prompt="a harbour at dawn", expect=202, headers=None, **body):
        return self.api("POST", "/jobs", expect, json={"prompt": prompt, **body}, headers=headers).json()

    def job(self, identifier):
        return self.api("GET", f"/jobs/{identifier}", 200).json()

    def wait_for(self, identifier, *states, seconds=30):
        """The job, once it is in one of the states (any that ends a job, unless said otherwise)."""
        wanted = set(states) or TERMINAL
        return until(lambda: (job := self.job(identifier))["status"] in wanted and job, seconds,
                     lambda: f"job {identifier} is {self.job(identifier)}")

    def function_environment(self):
        """What the emulator gives its functions, as one of them has it."""
        self.api("GET", "/health")
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                program = (entry / "cmdline").read_bytes().split(b"\0")[0]
                if parent == self.process.pid and program.endswith(b"/Health"):
                    variables = (entry / "environ").read_bytes().split(b"\0")
                    return dict(variable.decode().split("=", 1) for variable in variables if b"=" in variable)
            except (FileNotFoundError, ProcessLookupError):
                continue
        raise AssertionError("the emulator runs no Health function")

    # The stand-ins' controls

    def knobs(self, **knobs):
        base = self.replicate.rsplit("/", 1)[0]
        answer = requests.put(f"{base}/_stand-in/knobs", json=knobs, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def reset_knobs(self):
        base = self.replicate.rsplit("/", 1)[0]
        assert requests.delete(f"{base}/_stand-in/knobs", timeout=10).status_code == 200

    def calls(self):
        base = self.replicate.rsplit("/", 1)[0]
        return requests.get(f"{base}/_stand-in/calls", timeout=10).json()

    def forget_calls(self):
        base = self.replicate.rsplit("/", 1)[0]
        assert requests.delete(f"{base}/_stand-in/calls", timeout=10).status_code == 204


STANDARD_KNOBS = {"latency_ms": 150, "steps": 3, "failure_rate": 0, "throttle_rate": 0, "retry_after": 1}
FREE_PORTS = [word for name in ("", "dashboard-", "s3-", "blob-", "queue-", "postgres-", "redis-", "providers-",
                                "providers-tls-")
              for word in (f"--{name}port", "0")]


def until(condition, seconds, otherwise="it did not happen"):
    """Waits for a condition to hold and returns what it gave."""
    end = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s: {otherwise() if callable(otherwise) else otherwise}")
        time.sleep(0.05)
