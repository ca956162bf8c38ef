"""What both dialects promise, in one suite: written through one, read through each, against one store beneath."""

import asyncio
import io
import uuid

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, ContentSettings
from azure.storage.blob.aio import BlobServiceClient as AsyncBlobServiceClient
from botocore.exceptions import ClientError

from object_store import ACCOUNT_KEY


class S3:
    def __init__(self, store, bucket):
        self.client, self.bucket = store.s3(), bucket

    def put(self, key, body, metadata=None, kind="text/plain", only_new=False):
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, Metadata=metadata or {}, ContentType=kind,
                               **({"IfNoneMatch": "*"} if only_new else {}))

    def put_in_parts(self, key, parts):
        where = {"Bucket": self.bucket, "Key": key}
        upload = self.client.create_multipart_upload(**where)["UploadId"]
        tags = [{"PartNumber": number, "ETag": self.client.upload_part(
            **where, UploadId=upload, PartNumber=number, Body=part)["ETag"]} for number, part in enumerate(parts, 1)]
        self.client.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": tags})

    def get(self, key, start=None, length=None):
        area = {} if start is None else {"Range": f"bytes={start}-{start + length - 1}"}
        return self.client.get_object(Bucket=self.bucket, Key=key, **area)["Body"].read()

    def head(self, key):
        found = self.client.head_object(Bucket=self.bucket, Key=key)
        return found["ContentLength"], found["ContentType"], found["Metadata"]

    def list(self, prefix=""):
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, PaginationConfig={"PageSize": 3})
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def folders(self, prefix):
        page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        return [entry["Prefix"] for entry in page.get("CommonPrefixes", [])], [entry["Key"] for entry in page.get("Contents", [])]

    def copy(self, source, key):
        self.client.copy_object(Bucket=self.bucket, Key=key, CopySource={"Bucket": self.bucket, "Key": source})

    def delete(self, key):
        self.client.delete_object(Bucket=self.bucket, Key=key)

    def overwrite_what_changed(self, key, body):
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, IfMatch='"0123456789abcdef0123456789abcdef"')

    missing, exists, changed = ClientError, ClientError, ClientError


class Azure:
    def __init__(self, store, bucket):
        self.client = store.blob().get_container_client(bucket)

    def put(self, key, body, metadata=None, kind="text/plain", only_new=False):
        self.client.upload_blob(key, body, metadata=metadata, overwrite=not only_new,
                                content_settings=ContentSettings(content_type=kind))

    def put_in_parts(self, key, parts):
        blob = self.client.get_blob_client(key)
        blocks = [BlobBlock(f"{number:08}") for number in range(len(parts))]
        for block, part in zip(reversed(blocks), reversed(parts)):
            blob.stage_block(block.id, part)
        blob.commit_block_list(blocks)

    def get(self, key, start=None, length=None):
        return self.client.download_blob(key, offset=start, length=length).readall()

    def head(self, key):
        found = self.client.get_blob_client(key).get_blob_properties()
        return found.size, found.content_settings.content_type, found.metadata

    def list(self, prefix=""):
        pages = self.client.list_blobs(name_starts_with=prefix, results_per_page=3).by_page()
        return [blob.name for page in pages for blob in page]

    def folders(self, prefix):
        found = list(self.client.walk_blobs(name_starts_with=prefix))
        return [entry.name for entry in found if entry.name.endswith("/")], [
            entry.name for entry in found if not entry.name.endswith("/")]

    def copy(self, source, key):
        self.client.get_blob_client(key).start_copy_from_url(self.client.get_blob_client(source).url, requires_sync=False)

    def delete(self, key):
        self.client.delete_blob(key)

    def overwrite_what_changed(self, key, body):
        self.client.get_blob_client(key).upload_blob(body, overwrite=True, etag='"0x8D0000000000000"',
                                                     match_condition=MATCH)

    missing, exists, changed = ResourceNotFoundError, ResourceExistsError, ResourceModifiedError



MATCH = MatchConditions.IfNotModified
DIALECTS = {"s3": S3, "azure": Azure}


@pytest.fixture(params=DIALECTS)
def writer(request, store, bucket):
    return DIALECTS[request.param](store, bucket)


@pytest.fixture(params=DIALECTS)
def reader(request, store, bucket):
    return DIALECTS[request.param](store, bucket)


@pytest.mark.parametrize("size", [0, 1, 40_000, 3_000_000])
def test_what_was_written_is_read(writer, reader, size):
    body = bytes(range(251)) * (size // 251 + 1)
    writer.put("a/b c.bin", body[:size], {"prompt": "a harbour"}, "image/png")
    assert reader.get("a/b c.bin") == body[:size]
    assert reader.head("a/b c.bin") == (size, "image/png", {"prompt": "a harbour"})
    if size > 100:
        assert reader.get("a/b c.bin", 50, 30) == body[50:80]


def test_parts_are_one_object_in_order(writer, reader):
    parts = [b"a" * (5 << 20), b"b" * (5 << 20), b"c"]
    writer.put_in_parts("parts", parts)
    assert reader.get("parts") == b"".join(parts)


def test_lists_are_in_order_and_whole(writer, reader):
    names = ["a/1", "a/2", "a/é", "b", "b/1", "b/2/3", "c d", "😀"]
    for name in reversed(names):
        writer.put(name, b"x")
    assert reader.list() == sorted(names, key=lambda name: name.encode())
    assert reader.list("b") == ["b", "b/1", "b/2/3"]
    assert reader.folders("b/") == (["b/2/"], ["b/1"])


def test_a_copy_is_an_object_of_its_own(writer, reader):
    writer.put("source", b"first", {"k": "v"})
    writer.copy("source", "target")
    writer.put("source", b"second")
    assert reader.get("target") == b"first" and reader.head("target")[2] == {"k": "v"}


def test_what_is_deleted_is_gone(writer, reader):
    writer.put("gone", b"x")
    writer.delete("gone")
    for look in (reader.get, reader.head):
        with pytest.raises(reader.missing):
            look("gone")
    assert reader.list() == []


def test_conditions_protect_what_is_there(writer, reader):
    writer.put("once", b"first")
    with pytest.raises(writer.exists):
        writer.put("once", b"second", only_new=True)
    with pytest.raises(writer.changed):
        writer.overwrite_what_changed("once", b"third")
    assert reader.get("once") == b"first"


def test_the_asynchronous_client_walks_the_whole_way(store):
    async def walk():
        async with AsyncBlobServiceClient(store.blob_endpoint, credential=ACCOUNT_KEY, retry_total=0) as service:
            container = service.get_container_client("c-" + uuid.uuid4().hex)
            await container.create_container(metadata={"k": "v"})
            await asyncio.gather(*(container.upload_blob(f"blobs/{number}", bytes([number]) * 1000) for number in range(12)))
            assert [blob.name async for blob in container.list_blobs(results_per_page=5)] == sorted(
                f"blobs/{number}" for number in range(12))
            large = bytes(range(256)) * 40_000
            blob = container.get_blob_client("large")
            await blob.upload_blob(io.BytesIO(large), max_concurrency=4)
            assert await (await blob.download_blob(max_concurrency=4)).readall() == large
            lease = await blob.acquire_lease(lease_duration=15)
            with pytest.raises(Exception) as refused:
                await blob.delete_blob()
            assert refused.value.error_code == "LeaseIdMissing"
            await blob.delete_blob(lease=lease)
            await blob.create_append_blob()
            for piece in (b"one ", b"two"):
                await blob.append_block(piece)
            assert await (await blob.download_blob()).readall() == b"one two"
            await blob.set_blob_tags({"kind": "log"})
            assert [found.name async for found in container.find_blobs_by_tags("\"kind\"='log'")] == ["large"]
            snapshot = await blob.create_snapshot()
            await blob.delete_blob(delete_snapshots="include")
            assert snapshot["snapshot"]
            await container.delete_blobs(*(f"blobs/{number}" for number in range(12)))
            assert [blob.name async for blob in container.list_blobs()] == []
            await container.delete_container()
    asyncio.run(walk())
