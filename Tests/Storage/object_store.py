"""The object store as a program of its own, and the vendors' own clients for it."""

import json
import os
import pathlib
import subprocess

import boto3
from azure.storage.blob import BlobServiceClient
from botocore.config import Config

ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def harness():
    """The program under test: STORE_HARNESS, or the debug build of this checkout."""
    default = pathlib.Path(__file__).parents[2] / ".build" / "debug" / "StoreHarness"
    return os.environ.get("STORE_HARNESS", str(default))


class Store:
    def __init__(self, directory, *options):
        self.directory = str(directory)
        self.process = subprocess.Popen(
            [harness(), self.directory, *options], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the store did not start (exit {self.process.wait()})")
        self.endpoints = json.loads(line)
        self.s3_endpoint = self.endpoints["s3"]
        self.blob_endpoint = self.endpoints["blob"]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def s3(self, user="minioadmin", **options):
        return boto3.client(
            "s3", endpoint_url=self.s3_endpoint, aws_access_key_id=user, aws_secret_access_key=user,
            region_name="us-east-1", config=Config(retries={"max_attempts": 0}, **options))

    def blob(self, **options):
        return BlobServiceClient(self.blob_endpoint, credential=ACCOUNT_KEY, retry_total=0, **options)
