"""A signer of our own for what no vendor's client will send: wrong fields, tampered chunks."""

import base64
import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import zlib


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Signer:
    def __init__(self, endpoint, access="minioadmin", secret="minioadmin", region="us-east-1", service="s3"):
        self.host = endpoint.removeprefix("http://")
        self.access, self.secret, self.region, self.service = access, secret, region, service

    def key(self, date):
        key = mac(("AWS4" + self.secret).encode(), date)
        for part in [self.region, self.service, "aws4_request"]:
            key = mac(key, part)
        return key

    def headers(self, method, path, payload_hash, headers=None, query="", time=None):
        """The signed headers of a request, the Authorization among them."""
        time = time or datetime.datetime.now(datetime.timezone.utc)
        self.stamp = time.strftime("%Y%m%dT%H%M%SZ")
        date = self.stamp[:8]
        all_ = {"host": self.host, "x-amz-date": self.stamp, "x-amz-content-sha256": payload_hash}
        all_.update({k.lower(): v for k, v in (headers or {}).items()})
        names = sorted(all_)
        canonical = "\n".join([
            method, urllib.parse.quote(path, safe="/~"), query, *[f"{n}:{all_[n]}" for n in names], "",
            ";".join(names), payload_hash])
        self.scope = f"{date}/{self.region}/{self.service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{self.stamp}\n{self.scope}\n{sha256(canonical.encode())}"
        self.signature = hmac.new(self.key(date), text.encode(), hashlib.sha256).hexdigest()
        all_["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access}/{self.scope}, SignedHeaders={';'.join(names)}, "
            f"Signature={self.signature}")
        return all_

    def chunks(self, data, size=64 * 1024, trailer=None):
        """A body in signed chunks."""
        key, previous, body = self.key(self.stamp[:8]), self.signature, b""
        parts = [data[i:i + size] for i in range(0, len(data), size)] + [b""]
        for part in parts:
            text = "\n".join([
                "AWS4-HMAC-SHA256-PAYLOAD", self.stamp, self.scope, previous, sha256(b""), sha256(part)])
            previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
            body += f"{len(part):x};chunk-signature={previous}\r\n".encode()
            body += part + b"\r\n" if part else b""
        if trailer:
            name, value = trailer
            text = "\n".join([
                "AWS4-HMAC-SHA256-TRAILER", self.stamp, self.scope, previous, sha256(f"{name}:{value}\n".encode())])
            signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
            return body + f"{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()
        return body + b"\r\n"

    def send(self, method, path, headers, body=b"", query=""):
        """The status, the error code if any, and the body of the answer."""
        connection = http.client.HTTPConnection(self.host, timeout=10)
        target = urllib.parse.quote(path, safe="/~") + ("?" + query if query else "")
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if not any(name.lower() in ("content-length", "transfer-encoding") for name in headers):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        code = content.split(b"<Code>")[1].split(b"<")[0].decode() if b"<Code>" in content else ""
        return answer.status, code, content


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4)).decode()
