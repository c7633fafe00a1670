"""The stores of the tests themselves: they start, keep their identities apart, and are gone."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.stores.launchers import LAUNCHERS
from tests.stores.proxy import Request, Response, Upstream, honest, proxy
from tests.stores.store import HOST, process

pytestmark = pytest.mark.tools

HOLDS_A_SERVER = """
import sys, time
from pathlib import Path
from tests.stores.store import process
with process("sleeper", ["sleep", "600"], Path(sys.argv[1]), {}, lambda: None):
    print("started", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("name", LAUNCHERS)
def test_a_store_serves_knows_its_identities_and_leaves_its_port(name: str, tmp_path: Path) -> None:
    with LAUNCHERS[name].store(tmp_path / "store") as store:
        store.client().create_bucket(Bucket="trial")
        store.client().put_object(Bucket="trial", Key="a", Body=b"data")
        with pytest.raises(ClientError, match="AccessDenied"):
            store.client(store.scoped).get_object(Bucket="trial", Key="a")
        address = urlsplit(store.endpoint)
        assert address.scheme == "https"
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind((HOST, address.port or 0))


def test_a_server_that_ends_early_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    def never() -> None:
        raise ConnectionError("nobody listens")

    complaint = ["sh", "-c", "echo the disk is full; exit 3"]
    with (
        pytest.raises(RuntimeError, match=r"ended with status 3; last: nobody[\s\S]*disk is full"),
        process("trial", complaint, tmp_path, {}, never),
    ):
        pass


def test_no_server_outlives_tests_that_are_killed(tmp_path: Path) -> None:
    clone = Path(__file__).resolve().parents[2]
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_SERVER, str(tmp_path)], stdout=subprocess.PIPE, cwd=clone
    )
    assert held.stdout is not None
    assert held.stdout.readline() == b"started\n"
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(held.pid)], capture_output=True, text=True, check=True
    )
    server = int(listed.stdout)
    os.kill(held.pid, signal.SIGKILL)
    held.wait()
    held.stdout.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{server}/cmdline").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{server}").exists()


def test_what_a_proxy_passes_on_or_signs_again_is_accepted(tmp_path: Path) -> None:
    def changes(request: Request, upstream: Upstream) -> Response:
        return upstream.pass_on_without(request, "if-none-match")

    with LAUNCHERS["versitygw"].store(tmp_path / "store") as store:
        key = "a folder/ü+~ b"
        with proxy(store, honest) as middle:
            middle.client().create_bucket(Bucket="trial")
            middle.client().put_object(Bucket="trial", Key=key, Body=b"data", IfNoneMatch="*")
            with pytest.raises(ClientError, match="PreconditionFailed"):
                middle.client().put_object(Bucket="trial", Key=key, Body=b"2", IfNoneMatch="*")
        with proxy(store, changes) as liar:
            liar.client().put_object(Bucket="trial", Key=key, Body=b"lied", IfNoneMatch="*")
        assert store.client().get_object(Bucket="trial", Key=key)["Body"].read() == b"lied"
