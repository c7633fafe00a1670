"""A real etcd of the test's own."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import urllib3

from local import settings
from tests.stores.store import HOST, free_ports
from vault import etcd
from vectorkit.decisions import etcd_login


@contextmanager
def running(folder: Path, *options: str) -> Iterator[str]:
    """Its address; it ends with the block. Its data stay in `folder`."""
    programs = sorted(settings.read().cache.glob("bin-*/etcd"))
    assert programs, "no etcd in the tool cache; run `make up` once"
    folder.mkdir(parents=True, exist_ok=True)
    client, peer = (f"http://{HOST}:{port}" for port in free_ports(2))
    command = [str(programs[-1]), "--data-dir", str(folder / "etcd")]
    command += ["--listen-client-urls", client, "--advertise-client-urls", client]
    command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
    command += ["--initial-cluster", f"default={peer}", *options]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            retries = urllib3.Retry(20, backoff_factor=0.1)
            urllib3.request("GET", f"{client}/health", retries=retries)
            yield client
        finally:
            process.kill()
            process.wait()


def signed_tokens(folder: Path, password: str) -> str:
    """The option by which etcd signs tokens as the chart has it do, with root's password."""
    token = etcd_login.chart_values()["token"]
    file = folder / token["privateKey"]["filename"]
    file.write_text(password)
    how = f"sign-method={token['signMethod']},ttl={token['ttl']}"
    return f"--auth-token={token['type']},priv-key={file},{how}"


def lock(address: str, password: str) -> None:
    """From now on etcd lets in who knows root's password, as its image does by itself."""
    for call, body in (
        ("user/add", {"name": "root", "password": password}),
        ("role/add", {"name": "root"}),
        ("user/grant", {"user": "root", "role": "root"}),
        ("enable", {}),
    ):
        assert urllib3.request("POST", f"{address}/v3/auth/{call}", json=body).status == 200


def put(address: str, pairs: Mapping[str, str]) -> None:
    for key, value in pairs.items():
        body = {"key": etcd._text(key.encode()), "value": etcd._text(value.encode())}
        assert urllib3.request("POST", f"{address}/v3/kv/put", json=body).status == 200


def compact(address: str, revision: int) -> None:
    body = {"revision": str(revision), "physical": True}
    assert urllib3.request("POST", f"{address}/v3/kv/compaction", json=body).status == 200
