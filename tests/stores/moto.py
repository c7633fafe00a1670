"""moto's server on loopback, over HTTPS with a throw-away CA, with IAM enforced.

The lenient one: it answers as AWS does and keeps few of the promises. A user's rights are an
IAM policy; bucket policies are kept and not evaluated.
"""

import importlib.metadata
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import urllib3

from tests.stores.store import (
    HOST,
    REGION,
    Identity,
    Store,
    free_ports,
    objects_policy,
    process,
)
from tests.throwaway_ca import write_server_certificate

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@contextmanager
def store(folder: Path, *, scoped_bucket: str = "scoped") -> Iterator[Store]:
    """Run a store in `folder` until the block is left."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_file = write_server_certificate(folder, HOST)
    (port,) = free_ports(1)
    endpoint = f"https://{HOST}:{port}"
    web = urllib3.PoolManager(ca_certs=str(ca_file))
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    command += ["-c", str(folder / "server.crt"), "-k", str(folder / "server.key")]
    ready = f"{endpoint}/moto-api/data.json"
    with process("moto", command, folder, {}, lambda: web.request("GET", ready, retries=False)):
        iam = _iam(endpoint, ca_file)
        admin = _user(iam, "admin", EVERYTHING)
        scoped = _user(iam, "scoped", objects_policy(scoped_bucket))
        # From here on signatures and rights are checked.
        web.request("POST", f"{endpoint}/moto-api/reset-auth", body=b"0")
        yield Store(endpoint, ca_file, admin, scoped, scoped_bucket)


def version() -> str:
    """The version of the program that `store` runs."""
    return importlib.metadata.version("moto")


def _iam(endpoint: str, ca_file: Path) -> Any:
    return boto3.client(
        "iam",
        endpoint_url=endpoint,
        region_name=REGION,
        verify=str(ca_file),
        aws_access_key_id="nobody",
        aws_secret_access_key="nobody",  # noqa: S106 - nothing is checked before users exist
    )


def _user(iam: Any, name: str, policy: Mapping[str, object]) -> Identity:
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Identity(
        name, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"], principal=arn
    )
