"""A job whose provider shows what it has drawn so far."""

import json

import requests
from running import until

OPENAI = {"workflowId": "openai-image", "parameters": {"size": "1024x1024"}}


def events(emulator, job, until_kind):
    """The events of a job up to the first of a kind, as (kind, data)."""
    seen = []
    with requests.get(f"{emulator.gateway}/api/v1/jobs/{job}/events", stream=True, timeout=60) as stream:
        kind = None
        for line in stream.iter_lines(decode_unicode=True):
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                seen.append((kind, json.loads(line[6:])))
                if kind == until_kind:
                    return seen
    return seen


def test_a_preview_is_shown_while_the_job_is_drawn_and_is_gone_afterwards(emulator):
    emulator.knobs(latency_ms=6000)
    job = emulator.create_job("a harbour at dawn", **OPENAI)["id"]
    kind, data = events(emulator, job, "preview")[-1]
    assert kind == "preview" and data["jobId"] == job
    current = emulator.job(job)
    preview = current["preview"]
    assert current["status"] == "processing" and not current["results"]
    answer = requests.get(preview["url"], timeout=10)
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
    assert preview["width"] < 1024
    done = emulator.wait_for(job, "completed", seconds=60)
    assert "preview" not in done and done["results"][0]["width"] == 1024
    kinds = [kind for kind, _ in events(emulator, job, None)]
    assert kinds.count("preview") == 2 and kinds[-1] == "status"
    until(lambda: requests.get(preview["url"], timeout=10).status_code == 404, 60, "the preview is still in storage")


def test_the_preview_of_a_canceled_job_goes_as_well(emulator):
    emulator.knobs(latency_ms=20_000)
    job = emulator.create_job("a harbour at dusk", **OPENAI)["id"]
    events(emulator, job, "preview")
    preview = emulator.job(job)["preview"]
    emulator.api("POST", f"/jobs/{job}/cancel", 200)
    assert "preview" not in emulator.job(job)
    until(lambda: requests.get(preview["url"], timeout=10).status_code == 404, 90, "the preview is still in storage")
