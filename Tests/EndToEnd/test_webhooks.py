"""Call-backs of the stand-ins, signed as the real providers sign them, through the gateway: believed, and harmless however they come."""

import json
import time

import pytest
import requests
from running import until

WORKFLOWS = {"replicate": ("flux-schnell", {"megapixels": "0.25"}), "fal": ("fal-flux-schnell", {})}


@pytest.fixture(autouse=True)
def plain_webhooks(emulator):
    yield
    emulator.knobs(webhook={"copies": 1, "delay_ms": 0, "shuffle_ms": 0})


def drawn(emulator, name):
    emulator.forget_calls()
    workflow, parameters = WORKFLOWS[name]
    job = emulator.create_job(f"{name} calls back", workflowId=workflow, parameters=parameters)
    return emulator.wait_for(job["id"])


def deliveries(emulator, name, count):
    """The ledger's lines about so many webhooks, once they are there."""
    def arrived():
        calls = [call for call in emulator.calls()["calls"]
                 if call["provider"] == name and call["action"] == "webhook"]
        return len(calls) >= count and calls
    return until(arrived, 20, emulator.log_text)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_call_back_is_believed_by_its_signature(emulator, name):
    assert drawn(emulator, name)["status"] == "completed"
    [delivery] = deliveries(emulator, name, 1)
    assert delivery["status"] == 200
    assert "?job=" in delivery["reference"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_call_backs_that_come_thrice_late_and_in_any_order_change_nothing(emulator, name):
    emulator.knobs(webhook={"copies": 3, "delay_ms": 700, "shuffle_ms": 500})
    job = drawn(emulator, name)
    assert job["status"] == "completed"
    assert {delivery["status"] for delivery in deliveries(emulator, name, 3)} == {200}
    again = emulator.job(job["id"])
    assert again["status"] == "completed" and again["completedAt"] == job["completedAt"]
    assert len(again["results"]) == len(job["results"])
    assert emulator.calls()["counts"][f"{name}.submit"] == 1


def test_a_call_back_that_nobody_signed_is_refused_with_a_sentence(emulator):
    body = json.dumps({"id": "p1", "status": "succeeded"})
    url = f"{emulator.gateway}/api/v1/webhooks/replicate"
    unsigned = requests.post(url, body, headers={"content-type": "application/json"}, timeout=10)
    assert unsigned.status_code == 401
    assert "webhook-id is missing" in unsigned.json()["detail"]
    forged = requests.post(url, body, timeout=10, headers={
        "content-type": "application/json", "webhook-id": "m1", "webhook-timestamp": str(int(time.time())),
        "webhook-signature": "v1,AAAA"})
    assert forged.status_code == 401
    assert "does not belong to these bytes" in forged.json()["detail"]
    old = requests.post(url, body, timeout=10, headers={
        "content-type": "application/json", "webhook-id": "m1", "webhook-timestamp": "1700000000",
        "webhook-signature": "v1,AAAA"})
    assert old.status_code == 401 and "old" in old.json()["detail"]


def test_nobody_calls_back_for_an_unknown_provider(emulator):
    assert requests.post(f"{emulator.gateway}/api/v1/webhooks/nobody", "{}", timeout=10).status_code == 404
