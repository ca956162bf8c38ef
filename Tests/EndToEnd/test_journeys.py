"""The two journeys everything else stands for: from the API, and by an upload straight to storage."""

import json
import subprocess
import sys

import boto3
import requests
from azure.storage.blob import BlobServiceClient
from running import PNG, until

def is_png(content):
    return content[:8] == b"\x89PNG\r\n\x1a\n"


def read_events(answer):
    """The server-sent events of a response, as (id, type, data)."""
    event = {}
    for line in answer.iter_lines(decode_unicode=True):
        if line:
            name, _, value = line.partition(":")
            event[name] = value.removeprefix(" ")
        elif "data" in event:
            yield event.get("id"), event.get("event", "message"), json.loads(event["data"])
            event = {}


def test_a_prompt_becomes_a_picture(emulator):
    created = emulator.create_job("a lighthouse in the fog")
    assert created["status"] == "queued"
    job = emulator.wait_for(created["id"])
    assert job["status"] == "completed", job
    result = requests.get(job["results"][0]["url"], timeout=10)
    assert result.status_code == 200 and is_png(result.content)
    assert job["results"][0]["width"] == 768


def test_the_job_is_watched_from_queued_to_completed_with_progress(emulator):
    emulator.knobs(latency_ms=1500, steps=5)
    created = emulator.create_job("a slow river")
    seen = []
    with emulator.api("GET", f"/jobs/{created['id']}/events", 200, stream=True) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for number, kind, data in read_events(answer):
            seen.append((number, kind, data.get("status"), data.get("progress")))
            if data.get("status") == "completed":
                break
    states = [status for _, kind, status, _ in seen if kind == "status"]
    assert states == ["queued", "processing", "completed"], seen
    assert any(kind == "progress" and 0 < progress < 1 for _, kind, _, progress in seen), seen
    # Reconnecting with the last id seen replays only what came after it.
    with emulator.api("GET", f"/jobs/{created['id']}/events", 200, stream=True,
                      headers={"last-event-id": seen[0][0]}) as answer:
        replayed = [number for number, _, _ in read_events(answer)]
    assert replayed == [number for number, *_ in seen[1:]]


def test_a_picture_is_uploaded_by_signed_url_and_used(emulator):
    upload = emulator.api("POST", "/uploads", 201, json={
        "filename": "start.png", "contentType": "image/png", "size": len(PNG)}).json()
    target = upload["upload"]
    created = emulator.create_job("the same, at night", imageId=upload["imageId"])
    assert created["status"] == "awaiting_upload"
    answer = requests.request(target["method"], target["url"], data=PNG, headers=target["headers"], timeout=10)
    assert answer.status_code == 200, answer.text
    job = emulator.wait_for(created["id"])
    assert job["status"] == "completed", job


def test_a_job_that_asks_for_an_upload_waits_for_it(emulator):
    created = emulator.create_job("from my sketch", upload=True)
    assert created["status"] == "awaiting_upload"
    target = created["upload"]
    answer = requests.request(target["method"], target["url"], data=PNG, headers=target["headers"], timeout=10)
    assert answer.status_code == 200, answer.text
    assert emulator.wait_for(created["id"])["status"] == "completed"


def jobs_with_prompt(emulator, prompt):
    return [job for job in emulator.api("GET", "/jobs?limit=50", 200).json()["items"] if job["prompt"] == prompt]


def test_aws_s3_cp_with_a_prompt_starts_a_job(emulator, tmp_path):
    picture = tmp_path / "harbour.png"
    picture.write_bytes(PNG)
    s3 = emulator.addresses["s3"]
    copied = subprocess.run(
        [sys.executable, "-m", "awscli", "--endpoint-url", s3["endpoint"], "s3", "cp", str(picture),
         "s3://darkroom/uploads/harbour.png", "--metadata", "prompt=a harbour by storage alone"],
        env={"PATH": "/usr/bin:/bin", "AWS_ACCESS_KEY_ID": s3["accessKey"], "AWS_SECRET_ACCESS_KEY": s3["secretKey"],
             "AWS_DEFAULT_REGION": "us-east-1", "HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    assert copied.returncode == 0, copied.stderr
    job = until(lambda: jobs_with_prompt(emulator, "a harbour by storage alone"), 20)[0]
    assert emulator.wait_for(job["id"])["status"] == "completed"


def test_an_azure_upload_with_a_prompt_starts_a_job(emulator):
    service = BlobServiceClient.from_connection_string(emulator.addresses["blob"]["connectionString"])
    blob = service.get_blob_client("darkroom", "uploads/azure.png")
    blob.upload_blob(PNG, overwrite=True, metadata={"prompt": "a harbour by blob storage"})
    job = until(lambda: jobs_with_prompt(emulator, "a harbour by blob storage"), 20)[0]
    assert emulator.wait_for(job["id"])["status"] == "completed"


def test_boto3_reads_the_result_where_the_service_stored_it(emulator):
    job = emulator.wait_for(emulator.create_job("kept in the store")["id"])
    s3 = emulator.addresses["s3"]
    client = boto3.client("s3", endpoint_url=s3["endpoint"], aws_access_key_id=s3["accessKey"],
                          aws_secret_access_key=s3["secretKey"], region_name="us-east-1")
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket="darkroom", Prefix="outputs/")["Contents"]]
    assert keys
    assert requests.get(job["results"][0]["url"], timeout=10).content in [
        client.get_object(Bucket="darkroom", Key=key)["Body"].read() for key in keys]


def test_cancel_stops_the_job_and_tells_the_provider(emulator):
    emulator.knobs(latency_ms=20_000)
    created = emulator.create_job("to be canceled")
    emulator.wait_for(created["id"], "processing")
    until(lambda: emulator.calls()["counts"].get("replicate.submit"), 10)
    before = emulator.calls()["counts"].get("replicate.cancel", 0)
    assert emulator.api("POST", f"/jobs/{created['id']}/cancel", 200).json()["status"] == "canceled"
    until(lambda: emulator.calls()["counts"].get("replicate.cancel", 0) == before + 1, 10)
    assert emulator.job(created["id"])["status"] == "canceled"
    assert emulator.api("POST", f"/jobs/{created['id']}/cancel").status_code == 409


def test_a_failed_job_says_why_and_is_retried_by_hand(emulator):
    emulator.knobs(failure_rate=1, failure="The model ran out of paint.")
    created = emulator.create_job("to fail")
    job = emulator.wait_for(created["id"])
    assert job["status"] == "failed" and "paint" in job["errorMessage"], job
    emulator.knobs(failure_rate=0)
    assert emulator.api("POST", f"/jobs/{created['id']}/retry", 200).json()["status"] == "queued"
    assert emulator.wait_for(created["id"])["status"] == "completed"


def test_a_throttled_provider_is_asked_again_after_its_own_wait(emulator):
    emulator.knobs(throttle_rate=1, retry_after=1)
    created = emulator.create_job("patience")
    # Whichever provider it is: one that failed in the tests before is passed over for a while.
    until(lambda: any(name.endswith(".refused") for name in emulator.calls()["counts"]), 10)
    emulator.knobs(throttle_rate=0)
    assert emulator.wait_for(created["id"])["status"] == "completed"


def test_the_same_idempotency_key_is_the_same_job(emulator):
    key = {"idempotency-key": "once-only"}
    first = emulator.create_job("once", headers=key)
    assert emulator.create_job("once", headers=key, expect=None)["id"] == first["id"]
    assert emulator.api("POST", "/jobs", json={"prompt": "another"}, headers=key).status_code in (409, 422)


def test_the_openapi_document_names_every_endpoint(emulator):
    document = emulator.api("GET", "/openapi.json", 200).json()
    assert document["openapi"].startswith("3.1")
    for path in ("/api/v1/jobs", "/api/v1/jobs/{id}", "/api/v1/jobs/{id}/events", "/api/v1/uploads", "/api/v1/health"):
        assert path in document["paths"], path
    assert document["paths"]["/api/v1/jobs"]["post"]["requestBody"]


def test_health_names_each_dependency_with_its_latency(emulator):
    health = emulator.api("GET", "/health", 200).json()
    for name in ("postgres", "redis", "storage"):
        assert health["dependencies"][name]["status"] == "up", health
        assert health["dependencies"][name]["latencyMs"] >= 0
