"""The S3 dialect through the AWS CLI."""

import json
import os
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def aws(store):
    program = shutil.which("aws", path=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    environment = dict(
        os.environ, AWS_ACCESS_KEY_ID="minioadmin", AWS_SECRET_ACCESS_KEY="minioadmin", AWS_REGION="us-east-1",
        AWS_ENDPOINT_URL=store.s3_endpoint, AWS_EC2_METADATA_DISABLED="true")

    def run(*arguments):
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_copies_there_and_back(aws, bucket, tmp_path):
    picture = tmp_path / "in.png"
    picture.write_bytes(os.urandom(100_000))
    aws("s3", "cp", str(picture), f"s3://{bucket}/uploads/in.png", "--metadata", "prompt=a red fox,style=ink")
    head = json.loads(aws("s3api", "head-object", "--bucket", bucket, "--key", "uploads/in.png"))
    assert head["Metadata"] == {"prompt": "a red fox", "style": "ink"} and head["ContentType"] == "image/png"
    aws("s3", "cp", f"s3://{bucket}/uploads/in.png", str(tmp_path / "out.png"))
    assert (tmp_path / "out.png").read_bytes() == picture.read_bytes()


def test_syncs_large_and_small(aws, bucket, tmp_path):
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "big").write_bytes(os.urandom(17 << 20))
    for n in range(20):
        (source / "deep" / f"{n} ü.txt").write_text(str(n))
    aws("s3", "sync", str(source), f"s3://{bucket}/tree")
    aws("s3", "sync", f"s3://{bucket}/tree", str(tmp_path / "target"))
    assert (tmp_path / "target" / "big").read_bytes() == (source / "big").read_bytes()
    assert sorted(p.name for p in (tmp_path / "target" / "deep").iterdir()) == sorted(
        p.name for p in (source / "deep").iterdir())
    assert "PRE deep/" in aws("s3", "ls", f"s3://{bucket}/tree/")
    aws("s3", "mv", f"s3://{bucket}/tree/big", f"s3://{bucket}/moved")
    aws("s3", "rm", "--recursive", f"s3://{bucket}/")
    aws("s3", "rb", f"s3://{bucket}")
