"""Starts the object store once for all suites."""

import uuid

import pytest
from azure.storage.queue import QueueServiceClient

from azure_queue import RedisServer
from object_store import ACCOUNT_KEY, Store


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store"))
    yield store
    store.kill()


@pytest.fixture(scope="session")
def s3(store):
    return store.s3()


@pytest.fixture
def bucket(s3):
    name = "b-" + uuid.uuid4().hex
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def blobs(store):
    return store.blob()


@pytest.fixture
def container(blobs):
    return blobs.create_container("c-" + uuid.uuid4().hex)


@pytest.fixture(scope="session")
def redis(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture(scope="session")
def queue_store(redis, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("queues"), f"--redis=redis://127.0.0.1:{redis.port}")
    yield store
    store.kill()


@pytest.fixture(scope="session")
def queue_endpoint(queue_store):
    return queue_store.endpoints["queue"]


@pytest.fixture(scope="session")
def queues(queue_endpoint):
    return QueueServiceClient(queue_endpoint, credential=ACCOUNT_KEY, retry_total=0)


@pytest.fixture
def queue(queues):
    return queues.create_queue("q-" + uuid.uuid4().hex)
