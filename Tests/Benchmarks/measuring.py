"""What every benchmark shares: servers that start and stop, wrk, percentiles, and tables of ratios."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RELEASE = ROOT / ".build/release"
sys.path.insert(0, str(ROOT / "Tests"))


class Effort:
    """How much is measured."""
    seconds = 5  # of one load
    rounds = 3
    share = 1  # of the work that is counted in jobs or calls

    @classmethod
    def quick(cls):
        cls.seconds, cls.rounds, cls.share = 1, 1, 0.05


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port} after {seconds} s")


@contextlib.contextmanager
def running(*command, **options):
    """A process that ends with the block: the whole group of it."""
    process = subprocess.Popen([str(word) for word in command], start_new_session=True, **options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def wrk(url, connections, body=None, method="GET", headers=()):
    """Requests per second, and p50 and p99 in milliseconds, as wrk measures them over one thread."""
    lines = [f'wrk.method = "{method}"']
    if isinstance(body, int):
        lines.append(f'wrk.body = string.rep("a", {body})')
    elif body is not None:
        lines.append(f"wrk.body = [==[{body}]==]")
    lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in headers]
    return wrk_with("\n".join(lines), url, connections)


def wrk_with(script, url, connections, seconds=None):
    """The same for a load that a Lua script describes, for `seconds` at most where they are given."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        output = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds or Effort.seconds}s", "--latency", "--timeout", "30s",
             "-s", file.name, url], capture_output=True, text=True, check=True).stdout
    if failed := re.search(r"Non-2xx or 3xx responses: (\d+)", output):
        raise SystemExit(f"{failed.group(1)} requests to {url} failed: the numbers would mean nothing\n{output}")
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)),
        "p50": milliseconds(re.search(r"^\s+50%\s+(\S+)", output, re.MULTILINE).group(1)),
        "p99": milliseconds(re.search(r"^\s+99%\s+(\S+)", output, re.MULTILINE).group(1)),
    }


def in_turns(measure_ours, measure_peer, rounds=None):
    """Both measured in turn, so that a machine whose speed drifts is unfair to neither; the median of each figure."""
    results = [(measure_ours(), measure_peer()) for _ in range(rounds or Effort.rounds)]

    def median(index):
        return {key: percentile([result[index][key] for result in results], 0.5) for key in results[0][index]}
    return median(0), median(1)


def table(title, peer, rows):
    """Rows of (figure, unit, ours, peer's, goal)."""
    print(f"\n{title}   (peer: {peer})")
    print(f"  {'figure':<34}{'ours':>12}{'peer':>12}{'ours/peer':>12}   goal")
    for figure, unit, ours, theirs, goal in rows:
        ratio = f"{ours / theirs:.2f}" if theirs else "-"
        print(f"  {figure + ' (' + unit + ')':<34}{ours:>12.2f}{theirs:>12.2f}{ratio:>12}   {goal}")
    sys.stdout.flush()


def resident(pids):
    """Proportional resident memory in MiB: pages that several processes share are counted once in all."""
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def family(pid):
    """A process and everything below it."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, queue = [pid], [pid]
    while queue:
        for child in children.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def program(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return os.path.basename(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode())
    return ""


@contextlib.contextmanager
def temporary_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="darkroom-benchmark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def fastcgi():
    """nginx before a FastCGI responder in C; gives its base URL."""
    with temporary_folder() as folder:
        folder.chmod(0o755)
        responder = folder / "echo"
        subprocess.run(["gcc", "-O2", "-o", responder, pathlib.Path(__file__).parent / "Peers/echo.c", "-lfcgi", "-lpthread"], check=True)
        port = free_port()
        (folder / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
            events {{ worker_connections 256; }}
            http {{
                access_log off; client_max_body_size 8m; client_body_buffer_size 2m; keepalive_requests 10000000;
                client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
                uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
                upstream responder {{ server unix:{folder}/socket; keepalive 40; }}
                server {{
                    listen 127.0.0.1:{port};
                    location / {{
                        fastcgi_pass responder; fastcgi_keep_conn on; fastcgi_buffers 32 64k; fastcgi_buffer_size 64k;
                        fastcgi_param REQUEST_METHOD $request_method; fastcgi_param CONTENT_LENGTH $content_length;
                        fastcgi_param REQUEST_URI $request_uri; fastcgi_param CONTENT_TYPE $content_type;
                    }}
                }}
            }}""")
        with running(responder, folder / "socket"):
            while not (folder / "socket").exists():
                time.sleep(0.02)
            (folder / "socket").chmod(0o777)
            with running("nginx", "-c", folder / "nginx.conf", stderr=subprocess.DEVNULL):
                wait_for_port(port)
                yield f"http://127.0.0.1:{port}"
