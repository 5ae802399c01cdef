"""What the tests of consoles share: tokens and requests, made from what is known of the API alone. It checks nothing."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import ssl
import time


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def checksum(method, path, body=b""):
    text = f"{method}|{path.lower()}||".encode() + body
    return base64.b64encode(hashlib.sha256(text).digest()).decode()


def sign(header, claims, key):
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    return text + "." + base64url(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())


def make_token(path, application_id, key, method="GET", **changes):
    claims = {"appid": application_id, "iat": int(time.time()), "version": "V1", "checksum": checksum(method, path)}
    return sign({"alg": "HS256", "typ": "JWT"}, claims | changes, key)


def blind_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ask(place, path, token=None, method="GET", timeout=20, **headers):
    """Returns status, body and headers."""
    with contextlib.closing(http.client.HTTPSConnection(*place, timeout=timeout, context=blind_context())) as client:
        client.request(method, path, headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}))
        response = client.getresponse()
        return response.status, response.read(), response.headers
