"""MinIO's Listen stream, through minio-py and bare."""

import pytest
import requests


@pytest.fixture
def client(store):
    minio = pytest.importorskip("minio")
    return minio.Minio(
        store.s3_endpoint.removeprefix("http://"), access_key="minioadmin", secret_key="minioadmin", secure=False)


def test_events_arrive_and_are_filtered(client, s3, bucket):
    events = client.listen_bucket_notification(
        bucket, prefix="in/", suffix=".png", events=("s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"))
    events._response = events._func()
    for key in ["in/a.txt", "out/a.png", "in/a b.png"]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1234", ContentType="image/png", Metadata={"prompt": "a cat"})
    s3.delete_object(Bucket=bucket, Key="in/a b.png")
    with events:
        created, removed = next(events)["Records"][0], next(events)["Records"][0]
    assert created["eventName"] == "s3:ObjectCreated:Put" and created["eventSource"] == "minio:s3"
    assert created["s3"]["bucket"]["name"] == bucket
    found = created["s3"]["object"]
    assert (found["key"], found["size"], found["contentType"]) == ("in/a b.png", 4, "image/png")
    assert removed["eventName"] == "s3:ObjectRemoved:Delete" and "size" not in removed["s3"]["object"]
    assert removed["s3"]["object"]["sequencer"] > found["sequencer"]


def test_unknown_events_are_refused(client, bucket):
    from minio.error import S3Error

    with pytest.raises(S3Error) as error:
        next(client.listen_bucket_notification(bucket, events=("s3:Nothing:*",)))
    assert error.value.code == "InvalidArgument"


def test_listening_takes_a_permission(store, bucket):
    assert requests.get(f"{store.s3_endpoint}/{bucket}?events=s3:ObjectCreated:*", stream=True).status_code == 403
    assert requests.get(f"{store.s3_endpoint}/?events=s3:ObjectCreated:*", stream=True).status_code == 403


def test_pings_and_all_buckets(s3, bucket):
    # Signature version 2 leaves these parameters out.
    url = s3.generate_presigned_url("list_buckets") + "&events=s3:ObjectCreated:*&ping=1"
    with requests.get(url, stream=True, timeout=20) as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b'{"Records":[]}'
        s3.put_object(Bucket=bucket, Key="k", Body=b"1")
        told = next(line for line in lines if bucket.encode() in line)
        assert b'"eventName":"s3:ObjectCreated:Put"' in told
