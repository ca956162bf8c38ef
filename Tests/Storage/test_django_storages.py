"""django-storages over the S3 dialect: what a Django project does with its uploads."""

import datetime
import os
import urllib.request

import pytest

django = pytest.importorskip("django")
pytest.importorskip("storages")


@pytest.fixture(scope="module")
def django_settings():
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_TZ=True)
        django.setup()
    return settings


@pytest.fixture
def media(django_settings, store, bucket):
    """A storage of pictures in a bucket of its own; further options change it."""
    from storages.backends.s3 import S3Storage

    def make(**options):
        return S3Storage(
            bucket_name=bucket, endpoint_url=store.s3_endpoint, access_key="minioadmin", secret_key="minioadmin",
            region_name="us-east-1", addressing_style="path", **{"file_overwrite": False, **options})
    return make


def content(data):
    from django.core.files.base import ContentFile

    return ContentFile(data)


def test_files_come_and_go(media):
    storage = media()
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
    name = storage.save("in/a b ü.txt", content(b"hello"))
    assert storage.exists(name) and not storage.exists("in/none")
    assert storage.size(name) == 5
    assert storage.get_modified_time(name) >= before
    with storage.open(name) as file:
        assert file.read() == b"hello"
    assert storage.save(name, content(b"other")) != name, "a name that is taken gets a new one"
    assert media(file_overwrite=True).save(name, content(b"new")) == name
    assert storage.open(name).read() == b"new"
    storage.delete(name)
    assert not storage.exists(name)


def test_folders(media):
    storage = media(location="media")
    for name in ["a.txt", "deep/b.txt", "deep/er/c.txt"]:
        storage.save(name, content(b"x"))
    assert storage.listdir("") == (["deep"], ["a.txt"])
    assert storage.listdir("deep") == (["er"], ["b.txt"])
    assert storage.exists("deep/b.txt")


@pytest.mark.parametrize("size", [0, 1, (5 << 20) + 1, 12 << 20])
def test_large_files(media, size):
    storage, data = media(), os.urandom(size)
    name = storage.save("big.bin", content(data))
    assert storage.size(name) == size and storage.open(name).read() == data


def test_writing_piece_by_piece(media):
    storage = media()
    with storage.open("pieces.bin", "wb") as file:
        for _ in range(3):
            file.write(b"x" * (3 << 20))
    assert storage.size("pieces.bin") == 9 << 20


def test_addresses(media):
    storage = media(querystring_expire=60)
    name = storage.save("a b.txt", content(b"hello"))
    assert urllib.request.urlopen(storage.url(name)).read() == b"hello"
    shown = storage.url(name, parameters={"ResponseContentDisposition": "attachment"})
    assert urllib.request.urlopen(shown).headers["Content-Disposition"] == "attachment"
    assert storage.url(name, expire=1) != storage.url(name)


def test_what_is_kept_with_a_file(media, s3, bucket):
    storage = media(
        default_acl="public-read", object_parameters={"CacheControl": "max-age=60", "Metadata": {"from": "django"}},
        gzip=True)
    name = storage.save("page.css", content(b"a { color: red }" * 100))
    head = s3.head_object(Bucket=bucket, Key=name)
    assert (head["CacheControl"], head["Metadata"], head["ContentType"], head["ContentEncoding"]) == (
        "max-age=60", {"from": "django"}, "text/css", "gzip")
    assert len(s3.get_object_acl(Bucket=bucket, Key=name)["Grants"]) == 2
    assert storage.open(name).read() == b"a { color: red }" * 100


def test_names_of_static_files_carry_their_content(django_settings, store, bucket):
    from storages.backends.s3 import S3ManifestStaticStorage

    django_settings.STATIC_URL = "/static/"
    django_settings.DEBUG = False
    storage = S3ManifestStaticStorage(
        bucket_name=bucket, endpoint_url=store.s3_endpoint, access_key="minioadmin", secret_key="minioadmin",
        region_name="us-east-1", addressing_style="path", querystring_auth=False)
    storage.save("a.js", content(b"1"))
    hashed = storage.hashed_name("a.js", content(b"1"))
    assert hashed.startswith("a.") and hashed != "a.js"
