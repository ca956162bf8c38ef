"""The image that infra/image builds, started with runc: what is in it works, from inside, against real servers."""

import io
import json
import os
import socket
import subprocess
import urllib.parse
import uuid

import boto3
import psycopg
import pytest
import requests

from running import ROOT, Emulator, until

pytestmark = pytest.mark.timeout(900)
TOKEN = "events-of-the-test"


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


@pytest.fixture(scope="session")
def image(binaries):
    """The image's root file system and its configuration; both are gone afterwards."""
    name = run(ROOT / "infra/image", "darkroom-test", env={**os.environ, "BINARIES": str(binaries)}).splitlines()[-1]
    try:
        container = run("buildah", "from", name)
        try:
            configuration = json.loads(run("buildah", "inspect", container))["OCIv1"]["config"]
            yield run("buildah", "mount", container), configuration
        finally:
            run("buildah", "rm", container)
    finally:
        run("buildah", "rmi", name)


class Container:
    """The image as a container host runs it: its own user, a read-only root, no capability, a writable /tmp."""

    def __init__(self, image, folder, environment, *arguments):
        root, configuration = image
        self.name = f"darkroom-test-{uuid.uuid4().hex[:12]}"
        self.folder = folder / self.name
        self.folder.mkdir()
        run("runc", "spec", "--bundle", self.folder)
        file = self.folder / "config.json"
        spec = json.loads(file.read_text())
        user, group = map(int, configuration["User"].split(":"))
        spec["process"] |= {
            "terminal": False, "cwd": "/", "user": {"uid": user, "gid": group}, "noNewPrivileges": True,
            "args": list(arguments) or configuration["Entrypoint"], "capabilities": {},
            "env": configuration["Env"] + [f"{key}={value}" for key, value in environment.items()]}
        spec["root"] = {"path": root, "readonly": True}
        spec["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs",
                               "options": ["nosuid", "nodev", "mode=1777", "size=16m"]})
        # The host's network: the servers of the test are on its loopback interface.
        spec["linux"]["namespaces"] = [space for space in spec["linux"]["namespaces"] if space["type"] != "network"]
        file.write_text(json.dumps(spec))
        self.output = open(self.folder / "output", "w+")
        self.process = subprocess.Popen(["runc", "run", "--bundle", self.folder, self.name],
                                        stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["runc", "delete", "--force", self.name], capture_output=True, timeout=60)
        self.process.kill()
        self.process.wait()
        self.output.close()

    def text(self):
        return (self.folder / "output").read_text()

    def wait_until_it_listens(self, base):
        def answers():
            assert self.process.poll() is None, f"the container ended with {self.process.returncode}: {self.text()}"
            try:
                return requests.get(f"{base}/_host/health", timeout=5).status_code == 200
            except requests.ConnectionError:
                return False

        until(answers, 30, self.text)

    def execute(self, *command):
        return subprocess.run(["runc", "exec", self.name, *command], capture_output=True, text=True, timeout=30)

    def signal(self, name):
        run("runc", "kill", self.name, name)

    def wait(self, seconds=40):
        return self.process.wait(timeout=seconds)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Postgres, Redis, an object store and a provider: an emulator that has no function of its own."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "functions").mkdir()
    emulator = Emulator(folder / "data", "--functions", str(folder / "functions"),
                        "--migrations", str(ROOT / "infra/migrations"))
    yield emulator
    assert emulator.stop() == 0, emulator.log_text()


@pytest.fixture
def environment(servers):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    s3 = servers.addresses["s3"]
    return {
        "TRIGGERS": "http,queue,timer,object", "HOST": "127.0.0.1", "PORT": str(port), "EVENTS_TOKEN": TOKEN,
        "DATABASE_URL": servers.addresses["postgres"], "REDIS_URL": servers.addresses["redis"],
        "STORAGE_PROVIDER": "s3", "S3_ENDPOINT": s3["endpoint"], "S3_ACCESS_KEY_ID": s3["accessKey"],
        "S3_SECRET_ACCESS_KEY": s3["secretKey"], "REPLICATE_API_TOKEN": "r8_test",
        "REPLICATE_BASE_URL": servers.replicate, "RESULT_ADDRESSES": "any", "DEVELOPMENT_USER": "developer@localhost"}


class Service(Emulator):
    """The service in a container, seen through the requests that every suite makes of an emulator."""

    def __init__(self, environment, servers):
        self.gateway = f"http://127.0.0.1:{environment['PORT']}"
        self.replicate = servers.replicate


@pytest.fixture
def service(environment, servers):
    service = Service(environment, servers)
    service.knobs(latency_ms=150, steps=3, failure_rate=0, throttle_rate=0)
    return service


def test_http_and_queue_functions_answer_from_inside(image, environment, service, tmp_path):
    with Container(image, tmp_path, environment) as container:
        container.wait_until_it_listens(service.gateway)
        page = requests.get(service.gateway, timeout=30)
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
        job = service.wait_for(service.create_job("a lighthouse in fog")["id"])
        assert job["status"] == "completed", f"{job}\n{container.text()}"
        document = requests.get(f"{service.gateway}/api/v1/openapi.json", timeout=30).json()
        assert {"/api/v1/jobs", "/api/v1/jobs/{id}"} <= set(document["paths"])


def test_an_upload_that_a_store_reports_becomes_a_job(image, environment, service, servers, tmp_path):
    s3 = servers.addresses["s3"]
    key = f"uploads/{uuid.uuid4()}.png"
    with Container(image, tmp_path, environment) as container:
        container.wait_until_it_listens(service.gateway)
        first = service.wait_for(service.create_job("a picture to draw from")["id"])
        picture = requests.get(first["results"][0]["url"], timeout=30).content
        client = boto3.client("s3", endpoint_url=s3["endpoint"], region_name="us-east-1",
                              aws_access_key_id=s3["accessKey"], aws_secret_access_key=s3["secretKey"])
        client.upload_fileobj(io.BytesIO(picture), "darkroom", key,
                              {"ContentType": "image/png", "Metadata": {"prompt": "the same at night"}})
        record = {"eventName": "s3:ObjectCreated:Put", "eventTime": "2026-11-20T21:00:00.000Z", "s3": {
            "bucket": {"name": "darkroom"}, "object": {
                "key": urllib.parse.quote_plus(key), "size": len(picture), "contentType": "image/png",
                "userMetadata": {"X-Amz-Meta-Prompt": "the same at night"}, "sequencer": "1"}}}

        def report(token):
            return requests.post(f"{service.gateway}/_host/events/minio", json={"Records": [record]}, timeout=60,
                                 headers={"Authorization": f"Bearer {token}"})

        assert report("another").status_code == 401
        assert report(TOKEN).status_code == 200
        jobs = service.api("GET", "/jobs", 200).json()["items"]
        job = next(job for job in jobs if job["prompt"] == "the same at night")
        assert service.wait_for(job["id"])["status"] == "completed", container.text()


def test_sigterm_lets_what_was_begun_end_and_exits_with_0(image, environment, service, servers, tmp_path):
    service.knobs(latency_ms=1500)
    with Container(image, tmp_path, environment) as container:
        container.wait_until_it_listens(service.gateway)
        identifier = service.create_job("drawn slowly")["id"]
        service.wait_for(identifier, "processing")
        container.signal("TERM")
        assert container.wait() == 0, container.text()
    with psycopg.connect(servers.addresses["postgres"]) as database:
        state = database.execute("select status::text, attempts from jobs where id = %s", [identifier]).fetchone()
    assert state == ("completed", 1)


def test_it_runs_as_nobody_special_on_a_root_it_cannot_write(image, environment, service, tmp_path):
    with Container(image, tmp_path, environment) as container:
        container.wait_until_it_listens(service.gateway)
        assert container.execute("/usr/bin/id", "-u").stdout.strip() == "10001"
        status = container.execute("/bin/cat", "/proc/1/status").stdout
        assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status
        for path in ("/new", "/functions/new", "/usr/local/bin/host"):
            written = container.execute("/bin/sh", "-c", f"echo x > {path}")
            assert written.returncode != 0 and "Read-only file system" in written.stderr
        assert container.execute("/bin/sh", "-c", "echo x > /tmp/new").returncode == 0


def test_missing_variables_are_named_in_one_sentence(image, tmp_path):
    with Container(image, tmp_path, {"TRIGGERS": "http,timer"}) as container:
        assert container.wait() == 78, container.text()
        lines = [line for line in container.text().splitlines() if " missing" in line]
        assert len(lines) == 1, container.text()
        assert "DATABASE_URL (" in lines[0] and "REDIS_URL (" in lines[0]


def test_migrate_brings_an_empty_database_to_the_schema(image, servers, tmp_path):
    url = urllib.parse.urlsplit(servers.addresses["postgres"])
    fresh = url._replace(path="/fresh").geturl()
    with psycopg.connect(url.geturl(), autocommit=True) as database:
        database.execute("create database fresh")
    files = sorted(path.name for path in (ROOT / "infra/migrations").glob("*.sql"))
    for expected in [[f"applied {name}" for name in files], ["the database is up to date"]]:
        with Container(image, tmp_path, {"DATABASE_URL": fresh}, "/usr/local/bin/migrate", "/migrations") as container:
            assert container.wait() == 0, container.text()
            assert container.text().splitlines() == expected
    with psycopg.connect(fresh) as database:
        assert database.execute("select count(*) from jobs").fetchone() == (0,)
