"""What the suites of the S3 dialect share: refusals, raw requests, forms."""

import base64
import datetime
import hashlib
import hmac
import json
import uuid

import pytest
import requests
from botocore.exceptions import ClientError

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def refusal(call, **arguments):
    """The status and the code of the refusal that a call has to end in."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def code(call, **arguments):
    return refusal(call, **arguments)[1]


def status(call, **arguments):
    return refusal(call, **arguments)[0]


def headers(answer):
    """The headers of a client's answer, names in lower case."""
    return answer["ResponseMetadata"]["HTTPHeaders"]


def with_headers(client, operation, **values):
    """Sends further headers with every call of an operation; underscores stand for hyphens."""
    values = {name.replace("_", "-"): value for name, value in values.items()}
    client.meta.events.register(
        f"before-call.s3.{operation}", lambda params, **_: params["headers"].update(values))
    return client


def new_bucket(s3, **arguments):
    name = "b-" + uuid.uuid4().hex
    s3.create_bucket(Bucket=name, **arguments)
    return name


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(action, resource, effect="Allow", principal="*", **more):
    return {
        "Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more}


def multipart(s3, bucket, key, bodies, **arguments):
    """Uploads in parts; the answer to the completion."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **arguments)["UploadId"]
    parts = []
    for number, body in enumerate(bodies, 1):
        etag = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    return s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})


def signed_form(bucket, conditions, user="minioadmin", expires=3600, **fields):
    """The fields of a form in the form of version 2; `None` leaves one of them out."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=expires)
    document = {"expiration": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": conditions}
    return signed_document(document, user, **fields)


def signed_document(document, user="minioadmin", **fields):
    text = base64.b64encode(json.dumps(document).encode())
    signature = base64.b64encode(hmac.new(user.encode(), text, hashlib.sha1).digest())
    form = {"AWSAccessKeyId": user, "policy": text, "signature": signature, **fields}
    return {name.replace("_", "-") if name.startswith("x_") else name: value
            for name, value in form.items() if value is not None}


def post(store, bucket, fields, content=b"content", filename="file.txt", **options):
    return requests.post(
        f"{store.s3_endpoint}/{bucket}", data=fields, files={"file": (filename, content)}, timeout=30, **options)
