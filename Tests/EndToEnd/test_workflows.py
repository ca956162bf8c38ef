"""Workflows: what the catalogue offers is drawn, by every provider."""

import pytest
import requests
from running import until

SMALL = {"width": 64, "height": 64}


@pytest.fixture(scope="module")
def workflows(emulator):
    emulator.knobs(latency_ms=50, steps=1)
    return {one["id"]: one for one in emulator.api("GET", "/workflows", 200).json()["items"]}


@pytest.fixture(scope="module")
def picture(emulator):
    job = emulator.create_job("a picture to start from", workflowId="sdxl", parameters=SMALL)
    return emulator.wait_for(job["id"])["results"][0]["imageId"]


def test_every_workflow_draws_with_its_own_provider(emulator, workflows, picture):
    assert {one["provider"] for one in workflows.values()} == set(emulator.addresses["providers"])
    jobs = {}
    for name, workflow in workflows.items():
        known = workflow["parameters"]["properties"]
        body = {"parameters": {key: value for key, value in SMALL.items() if key in known}}
        if workflow["category"] == "image-to-image":
            body["imageId"] = picture
        jobs[name] = emulator.create_job(f"drawn by {name}", workflowId=name, **body)["id"]
    for name, job in jobs.items():
        ended = emulator.wait_for(job, seconds=60)
        assert ended["status"] == "completed", (name, ended)
        assert requests.get(ended["results"][0]["url"], timeout=10).status_code == 200
    submitted = {call["provider"] for call in emulator.calls()["calls"] if call["action"] == "submit"}
    assert submitted == {one["provider"] for one in workflows.values()}


def test_what_does_not_fit_has_an_error_for_each_field(emulator):
    answer = emulator.api("POST", "/jobs", 400, json={
        "prompt": "a", "workflowId": "sdxl", "parameters": {"width": 65, "steps": 1}})
    assert {error["field"] for error in answer.json()["errors"]} == {"parameters.width", "parameters.steps"}
    answer = emulator.api("POST", "/jobs", 400, json={"prompt": "a", "workflowId": "nothing"})
    assert answer.json()["errors"][0]["field"] == "workflowId"
    assert emulator.api("GET", "/workflows/nothing", 404).json()["title"]


def test_a_model_that_comfyui_has_becomes_a_choice(emulator):
    def choices():
        shown = emulator.api("GET", "/workflows/comfyui-text", 200).json()
        return shown["parameters"]["properties"]["model"].get("enum")
    assert until(choices, 90)


def test_a_fallback_draws_what_was_asked_for_and_says_so(emulator, workflows):
    providers = f"{emulator.addresses['dashboard']}/api/providers"

    def drawn():
        return emulator.wait_for(emulator.create_job("two, and wide", workflowId="flux-schnell", parameters={
            "num_outputs": 2, "aspect_ratio": "16:9"})["id"])
    assert requests.post(f"{providers}/replicate/pause", data="{}", timeout=10).status_code == 200
    try:
        done = drawn()
    finally:
        assert requests.post(f"{providers}/replicate/resume", data="{}", timeout=10).status_code == 200
    assert done["status"] == "completed", done
    assert (done["workflowId"], done["drawnByWorkflowId"]) == ("flux-schnell", "fal-flux-schnell")
    assert [(result["width"], result["height"]) for result in done["results"]] == [(1024, 576)] * 2
    # Its own provider draws again, soon.
    until(lambda: "drawnByWorkflowId" not in drawn(), 60)
