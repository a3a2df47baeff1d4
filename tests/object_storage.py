"""An object storage of S3's kind on loopback, for tests: moto's server, in this process.

It knows HTTP and the credentials that it was made with; nothing of a lake.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import requests
from moto.server import ThreadedMotoServer

BUCKET = "cohorts"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "a-key-of-tests",
    "AWS_SECRET_ACCESS_KEY": "a-secret-of-tests",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


@contextmanager
def object_storage() -> Iterator[str]:
    """Give the address `host:port` of a storage with one bucket, which is empty; ENVIRONMENT must be set."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        post(f"{host}:{port}", "reset")
        client(f"{host}:{port}").create_bucket(Bucket=BUCKET)
        yield f"{host}:{port}"
    finally:
        server.stop()


def address(endpoint: str, prefix: str, bucket: str = BUCKET) -> str:
    """Return the address of a lake in a storage."""
    return f"s3://{bucket}/{prefix}?region=us-east-1&scheme=http&endpoint_override={endpoint}"


def client(endpoint: str, service: str = "s3") -> Any:
    """Return a client of another make than Arrow's."""
    return boto3.client(
        service,
        endpoint_url=f"http://{endpoint}",
        region_name="us-east-1",
        aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
    )


def keys(endpoint: str, prefix: str = "") -> list[str]:
    """Return all keys below a prefix, sorted; empty ones that stand for folders left out."""
    found = client(endpoint).get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return sorted(
        one["Key"] for page in found for one in page.get("Contents", []) if not one["Key"].endswith("/")
    )


def post(endpoint: str, what: str, content: bytes = b"") -> None:
    """Tell moto itself something: `reset`, or `reset-auth` with how many requests go unchecked."""
    requests.post(f"http://{endpoint}/moto-api/{what}", content, timeout=10).raise_for_status()
