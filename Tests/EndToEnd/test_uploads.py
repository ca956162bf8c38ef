"""What stands in the metadata of an upload, from the vendors' own clients."""

from email.header import Header

import boto3
import pytest
from running import PNG, until


@pytest.fixture(scope="module")
def bucket(emulator):
    s3 = emulator.addresses["s3"]
    return boto3.resource(
        "s3", endpoint_url=s3["endpoint"], aws_access_key_id=s3["accessKey"], aws_secret_access_key=s3["secretKey"],
        region_name="us-east-1").Bucket("darkroom")


def job_of(emulator, prompt):
    return until(lambda: next((job for job in emulator.api("GET", "/jobs?limit=100", 200).json()["items"]
                               if prompt in job["prompt"]), None), 20, f"no job of {prompt}")


def test_a_prompt_in_any_script_is_sent_as_encoded_words(emulator, bucket):
    prompt = "夜明けの港、静かな水面に霧、" * 8 + "à l’huile"
    words = Header(prompt, "utf-8").encode(linesep="").replace("\n", "")
    assert words.count("=?utf-8?") > 1 and words.isascii()
    bucket.put_object(Key="uploads/words.png", Body=PNG, Metadata={"prompt": words})
    job = job_of(emulator, "夜明けの港")
    assert job["prompt"] == prompt
    assert emulator.wait_for(job["id"])["status"] == "completed"
    # The store itself keeps what was sent.
    assert bucket.Object("uploads/words.png").metadata["prompt"] == words


@pytest.mark.parametrize("body, metadata, code, reason", [
    (PNG, {"prompt": "urgentprompt", "priority": "urgent"}, "invalid_metadata", 'priority is "urgent"'),
    (PNG, {"prompt": "unknownworkflow", "workflow": "nothing"}, "invalid_metadata", "workflow names no workflow"),
    (PNG, {"prompt": ""}, "invalid_metadata", "prompt must say what the picture should show"),
    (b"only text", {"prompt": "textprompt"}, "upload_rejected", "not a PNG"),
    (b"", {"prompt": "emptyfile"}, "upload_rejected", "not a PNG"),
])
def test_an_upload_that_cannot_become_a_job_is_a_failed_one_that_says_why(
        emulator, bucket, body, metadata, code, reason):
    key = f"uploads/wrong-{metadata['prompt'] or 'prompt'}.png"
    bucket.put_object(Key=key, Body=body, Metadata=metadata)
    job = job_of(emulator, metadata["prompt"] or key)
    assert (job["status"], job["errorCode"]) == ("failed", code)
    assert reason in job["errorMessage"]
    emulator.api("POST", f"/jobs/{job['id']}/retry", 409)


def test_a_file_over_the_limit_is_a_failed_job_too(emulator, bucket):
    bucket.put_object(Key="uploads/large.png", Body=PNG + bytes(50 << 20), Metadata={"prompt": "toolarge"})
    job = job_of(emulator, "toolarge")
    assert (job["status"], job["errorMessage"]) == ("failed", "the file is larger than 50 MB")
