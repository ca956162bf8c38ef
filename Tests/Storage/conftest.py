"""Starts the object store once for all suites."""

import uuid

import pytest

from object_store import Store


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
