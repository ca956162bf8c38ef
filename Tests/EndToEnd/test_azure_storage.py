"""The same journeys with the functions on the Azure dialect of the object store."""

import pytest
import requests
from running import PNG, Emulator


@pytest.fixture(scope="module")
def azure(tmp_path_factory):
    running = Emulator(tmp_path_factory.mktemp("azure") / "data", "--storage", "azure")
    running.knobs(latency_ms=100)
    yield running
    assert running.stop() == 0, running.log_text()


def test_a_prompt_becomes_a_picture_behind_a_shared_access_signature(azure):
    job = azure.wait_for(azure.create_job("a lighthouse in the fog")["id"])
    assert job["status"] == "completed", job
    url = job["results"][0]["url"]
    assert "sig=" in url
    assert requests.get(url, timeout=10).content.startswith(b"\x89PNG")
    assert requests.get(url.replace("sig=", "sig=x"), timeout=10).status_code == 403
    saved = requests.get(job["results"][0]["downloadUrl"], timeout=10)
    assert saved.headers["content-disposition"].startswith("attachment")


def test_a_picture_is_uploaded_by_shared_access_signature_and_drawn_from(azure):
    created = azure.create_job("from my sketch", upload=True)
    target = created["upload"]
    assert "sp=cw" in target["url"] or "sp=c" in target["url"]
    answer = requests.request(target["method"], target["url"], data=PNG, headers=target["headers"], timeout=10)
    assert answer.status_code == 201, answer.text
    # Write and create only: whoever may upload may not read.
    assert requests.get(target["url"], timeout=10).status_code == 403
    assert azure.wait_for(created["id"])["status"] == "completed"


def test_health_reaches_the_store(azure):
    assert azure.api("GET", "/health", 200).json()["dependencies"]["storage"]["status"] == "up"
