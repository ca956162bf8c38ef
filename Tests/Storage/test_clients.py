"""One scenario for each of the clients people own: put, list, read a part, copy, delete."""

import datetime
import io
import os
import shutil
import subprocess
import uuid

import pytest
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from object_store import ACCOUNT, ACCOUNT_KEY

BODY = os.urandom(6 << 20)


def run(*arguments, **environment):
    # rclone's AWS library does not take the certificates that this variable names.
    inherited = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
    done = subprocess.run(arguments, env=dict(inherited, **environment), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def need(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed (apt-get install {program})")


def test_minio_py(store):
    minio = pytest.importorskip("minio")
    from minio.commonconfig import CopySource, Tags
    from minio.deleteobjects import DeleteObject

    client = minio.Minio(
        store.s3_endpoint.removeprefix("http://"), access_key="minioadmin", secret_key="minioadmin", secure=False)
    bucket = "minio-" + uuid.uuid4().hex
    client.make_bucket(bucket)
    assert client.bucket_exists(bucket) and not client.bucket_exists("none-such")
    client.put_object(bucket, "dir/a b.bin", io.BytesIO(BODY), len(BODY), metadata={"prompt": "x"}, part_size=5 << 20)
    client.put_object(bucket, "unsized", io.BytesIO(BODY), -1, part_size=5 << 20)
    assert client.get_object(bucket, "unsized").read() == BODY
    assert client.get_object(bucket, "dir/a b.bin", offset=10, length=5).read() == BODY[10:15]
    assert client.stat_object(bucket, "dir/a b.bin").metadata["x-amz-meta-prompt"] == "x"
    assert sorted(o.object_name for o in client.list_objects(bucket)) == ["dir/", "unsized"]
    client.copy_object(bucket, "copy", CopySource(bucket, "dir/a b.bin"))
    tags = Tags.new_object_tags()
    tags["a"] = "b"
    client.set_object_tags(bucket, "copy", tags)
    assert client.get_object_tags(bucket, "copy") == {"a": "b"}
    listed = {o.object_name: o for o in client.list_objects(bucket, recursive=True, include_user_meta=True)}
    assert listed["dir/a b.bin"].metadata["X-Amz-Meta-prompt"] == "x" and listed["copy"].tags == {"a": "b"}
    everything = [DeleteObject(o.object_name) for o in client.list_objects(bucket, recursive=True)]
    assert list(client.remove_objects(bucket, everything)) == []
    client.remove_bucket(bucket)


def test_s3cmd(store, bucket, tmp_path):
    need("s3cmd")
    host = store.s3_endpoint.removeprefix("http://")
    s3cmd = [
        "s3cmd", "--config=/dev/null", "--access_key=minioadmin", "--secret_key=minioadmin", f"--host={host}",
        f"--host-bucket={host}", "--no-ssl", "--no-progress", "--region=us-east-1"]
    (tmp_path / "in").write_bytes(BODY)
    for options in [[], ["--signature-v2"]]:
        run(*s3cmd, *options, "put", "--multipart-chunk-size-mb=5", "--add-header=x-amz-meta-a:b", str(tmp_path / "in"),
            f"s3://{bucket}/dir/in ü")
        assert "dir/in ü" in run(*s3cmd, *options, "ls", "-r", f"s3://{bucket}")
        run(*s3cmd, *options, "get", "--force", f"s3://{bucket}/dir/in ü", str(tmp_path / "out"))
        assert (tmp_path / "out").read_bytes() == BODY
        run(*s3cmd, *options, "cp", f"s3://{bucket}/dir/in ü", f"s3://{bucket}/copy")
        assert "x-amz-meta-a: b" in run(*s3cmd, *options, "info", f"s3://{bucket}/copy")
        run(*s3cmd, *options, "del", "-r", "-f", f"s3://{bucket}")


def test_s5cmd(store, bucket, tmp_path):
    need("s5cmd")
    access = dict(AWS_ACCESS_KEY_ID="minioadmin", AWS_SECRET_ACCESS_KEY="minioadmin", AWS_REGION="us-east-1")
    s5cmd = ["s5cmd", "--endpoint-url", store.s3_endpoint]
    (tmp_path / "in").write_bytes(BODY)
    run(*s5cmd, "cp", "--part-size", "5", str(tmp_path / "in"), f"s3://{bucket}/dir/in ü", **access)
    assert "dir/in ü" in run(*s5cmd, "ls", f"s3://{bucket}/*", **access)
    run(*s5cmd, "cp", f"s3://{bucket}/dir/in ü", f"s3://{bucket}/copy", **access)
    run(*s5cmd, "cp", f"s3://{bucket}/copy", str(tmp_path / "out"), **access)
    assert (tmp_path / "out").read_bytes() == BODY
    run(*s5cmd, "rm", f"s3://{bucket}/*", **access)
    assert run(*s5cmd, "ls", f"s3://{bucket}", **access) == ""


@pytest.mark.parametrize("dialect", ["s3", "azure"])
def test_rclone(store, bucket, tmp_path, dialect):
    need("rclone")
    # Its Azure library would put the account before the host name: an address with a signature is taken as it is.
    sas = generate_account_sas(
        ACCOUNT, ACCOUNT_KEY, ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, write=True, delete=True, list=True, create=True, add=True),
        datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1))
    environment = dict(
        RCLONE_CONFIG=str(tmp_path / "none"), RCLONE_CONFIG_S3_TYPE="s3", RCLONE_CONFIG_S3_PROVIDER="Minio",
        RCLONE_CONFIG_S3_ENDPOINT=store.s3_endpoint, RCLONE_CONFIG_S3_ACCESS_KEY_ID="minioadmin",
        RCLONE_CONFIG_S3_SECRET_ACCESS_KEY="minioadmin", RCLONE_CONFIG_AZURE_TYPE="azureblob",
        RCLONE_CONFIG_AZURE_SAS_URL=f"{store.blob_endpoint}?{sas}")
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "big").write_bytes(BODY)
    for n in range(5):
        (source / "deep" / f"{n} ü").write_text(str(n))
    run("rclone", "sync", str(source), f"{dialect}:{bucket}/tree", **environment)
    run("rclone", "check", "--download", str(source), f"{dialect}:{bucket}/tree", **environment)
    assert run("rclone", "lsf", f"{dialect}:{bucket}/tree", **environment).split() == ["big", "deep/"]
    run("rclone", "moveto", f"{dialect}:{bucket}/tree/big", f"{dialect}:{bucket}/moved", **environment)
    run("rclone", "copy", f"{dialect}:{bucket}/moved", str(tmp_path), **environment)
    assert (tmp_path / "moved").read_bytes() == BODY
    run("rclone", "purge", f"{dialect}:{bucket}", **environment)


def test_s3fs(store, bucket):
    s3fs = pytest.importorskip("s3fs")
    files = s3fs.S3FileSystem(
        key="minioadmin", secret="minioadmin", endpoint_url=store.s3_endpoint, skip_instance_cache=True)
    with files.open(f"{bucket}/dir/k", "wb", block_size=5 << 20) as file:
        file.write(BODY)
    with files.open(f"{bucket}/dir/k") as file:
        file.seek(100)
        assert file.read(10) == BODY[100:110]
    assert files.ls(f"{bucket}/dir") == [f"{bucket}/dir/k"]
    files.mv(f"{bucket}/dir/k", f"{bucket}/moved")
    assert files.find(bucket) == [f"{bucket}/moved"]
    files.rm(f"{bucket}/moved")


def test_adlfs(store, container):
    adlfs = pytest.importorskip("adlfs")
    connection = (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
        f"BlobEndpoint={store.blob_endpoint};")
    files = adlfs.AzureBlobFileSystem(connection_string=connection, skip_instance_cache=True)
    name = container.container_name
    with files.open(f"{name}/dir/k", "wb") as file:
        file.write(BODY)
    with files.open(f"{name}/dir/k") as file:
        file.seek(100)
        assert file.read(10) == BODY[100:110]
    assert files.ls(f"{name}/dir") == [f"{name}/dir/k"]
    files.mv(f"{name}/dir/k", f"{name}/moved")
    assert files.find(name) == [f"{name}/moved"]
    files.rm(f"{name}/moved")
