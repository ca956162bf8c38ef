"""infra/compose.yaml says nothing that the programs in the image do not know, and leaves out nothing that they need."""

import os
import re
import signal
import subprocess

import pytest
import yaml

from running import ROOT

HOSTS = ["web", "worker"]


@pytest.fixture(scope="module")
def compose():
    """The file as an engine reads it, with the variables that its user has to set."""
    given = {"REPLICATE_API_TOKEN": "r8_given"}

    def value(match):
        name, rule, text = match.groups()
        if name in given:
            return given[name]
        assert rule == ":-", f"{name} has no default and the test does not set it"
        return text

    text = (ROOT / "infra/compose.yaml").read_text()
    return yaml.safe_load(re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", value, text))


@pytest.fixture(scope="module")
def host_keys():
    source = (ROOT / "Runtime/Hosting/Startup/HostConfiguration.swift").read_text()
    keys = set(re.findall(r'ConfigurationKey<[^(]*>\(\s*"(\w+)"', source))
    assert {"PORT", "TRIGGERS", "EVENTS_TOKEN"} <= keys
    return keys


def served(environment, functions):
    kinds = set(environment["TRIGGERS"].split(","))
    return {path: description for path, description in functions.items()
            if kinds & {trigger["type"] for trigger in description["triggers"]}}


@pytest.mark.parametrize("name", HOSTS)
def test_every_variable_is_one_that_the_host_or_a_function_reads(name, compose, functions, host_keys):
    environment = compose["services"][name]["environment"]
    read = {key["name"] for function in served(environment, functions).values() for key in function["environment"]}
    assert set(environment) <= read | host_keys


@pytest.mark.parametrize("name", HOSTS)
def test_no_variable_that_a_function_needs_is_missing(name, compose, functions):
    environment = compose["services"][name]["environment"]
    needed = {key["name"] for function in served(environment, functions).values()
              for key in function["environment"] if key["required"]}
    assert needed - {"FUNCTIONS_MANIFEST"} <= set(environment)  # the host writes the manifest itself
    assert environment["STORAGE_PROVIDER"] == "s3"
    assert {"S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"} <= set(environment)


@pytest.mark.parametrize("name", HOSTS)
def test_the_host_starts_with_it_and_serves_those_functions(name, compose, binaries, functions):
    environment = compose["services"][name]["environment"]
    host = subprocess.Popen(
        [binaries / "host"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**environment, "PATH": os.environ["PATH"], "HOST": "127.0.0.1", "PORT": "0",
             "FUNCTIONS": ":".join(map(str, functions))})
    try:
        said = ""
        while "Listening on port" not in said:
            line = host.stderr.readline()
            assert line, f"the host ended with {host.wait()}: {said}"
            said += line
        names = sorted(description["name"] for description in served(environment, functions).values())
        assert re.search(r"\d+ functions: (.*)", said).group(1).split() == names
        host.send_signal(signal.SIGTERM)
        host.stderr.read()
        assert host.wait(timeout=40) == 0
    finally:
        host.kill()
        host.wait()


def test_every_function_is_served_by_a_service(compose, functions):
    services = [served(compose["services"][name]["environment"], functions) for name in HOSTS]
    assert set().union(*services) == set(functions)


def test_migrate_runs_with_what_it_needs(compose):
    migrate = compose["services"]["migrate"]
    program, folder = migrate["entrypoint"]
    containerfile = (ROOT / "infra/Containerfile").read_text()
    assert program == "/usr/local/bin/migrate" and "COPY bin/ /usr/local/bin/" in containerfile
    assert f"COPY migrations/ {folder}/" in containerfile
    postgres = compose["services"]["postgres"]["environment"]
    assert migrate["environment"] == {
        "DATABASE_URL": "postgres://{POSTGRES_USER}:{POSTGRES_PASSWORD}@postgres:5432/{POSTGRES_DB}".format(**postgres)}


def test_the_functions_log_in_as_somebody_whom_postgres_knows(compose):
    login = compose["configs"]["logins"]["content"]
    for name in HOSTS:
        user, password, database = re.fullmatch(
            r"postgres://(\w+):(\w+)@postgres:5432/(\w+)",
            compose["services"][name]["environment"]["DATABASE_URL"]).groups()
        assert f"create role {user} login noinherit password '{password}'" in login
        assert database == compose["services"]["postgres"]["environment"]["POSTGRES_DB"]


def test_uploads_reach_the_worker_as_events(compose, functions):
    minio = compose["services"]["minio"]["environment"]
    worker = compose["services"]["worker"]["environment"]
    script = " ".join(compose["services"]["bucket"]["command"])
    assert minio["MINIO_NOTIFY_WEBHOOK_ENABLE_DARKROOM"] == "on"
    assert minio["MINIO_NOTIFY_WEBHOOK_ENDPOINT_DARKROOM"] == "http://worker:8080/_host/events/minio"
    assert minio["MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_DARKROOM"] == worker["EVENTS_TOKEN"]
    assert f"{minio['MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_DARKROOM']}" in [
        volume.split(":")[1] for volume in compose["services"]["minio"]["volumes"]]
    prefixes = {trigger["prefix"] for function in functions.values() for trigger in function["triggers"]
                if trigger["type"] == "object"}
    assert len(prefixes) == 1
    assert (f"mc event add --ignore-existing store/{worker['S3_BUCKET']} arn:minio:sqs::DARKROOM:webhook "
            f"--event put --prefix {prefixes.pop()}") in script
    assert f"mc mb --ignore-existing store/{worker['S3_BUCKET']}" in script


@pytest.mark.parametrize("name", HOSTS)
def test_the_addresses_and_passwords_agree(name, compose):
    services = compose["services"]
    environment = services[name]["environment"]
    minio = services["minio"]["environment"]
    assert environment["S3_ACCESS_KEY_ID"] == minio["MINIO_ROOT_USER"]
    assert environment["S3_SECRET_ACCESS_KEY"] == minio["MINIO_ROOT_PASSWORD"]
    for key in ("DATABASE_URL", "REDIS_URL", "S3_ENDPOINT"):
        assert re.search(r"(?:@|//)(\w+):\d+", environment[key]).group(1) in services
    assert environment["S3_PUBLIC_ENDPOINT"] == "http://localhost:9000" and "9000:9000" in services["minio"]["ports"]
    assert "8080:8080" in services["web"]["ports"]


def test_services_wait_for_services_that_can_be_waited_for(compose):
    services = compose["services"]
    for name, service in services.items():
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}, which has none"
            else:
                assert condition["condition"] == "service_completed_successfully"
                assert "restart" not in services[other], f"{name} waits for the end of {other}, which is restarted"


def test_volumes_are_declared(compose):
    used = {volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}
    assert used == set(compose["volumes"])


def test_the_image_runs_with_nothing_it_does_not_need(compose):
    for name in HOSTS:
        service = compose["services"][name]
        assert service["read_only"] and service["tmpfs"] == ["/tmp"]
        assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
