"""The address of Milvus: the stack's own, or a port-forward that can be renewed."""

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import IO, Protocol

from smoke_tests.cluster import Cluster
from smoke_tests.errors import SmokeError
from smoke_tests.outputs import Outputs

FORWARD_SECONDS = 30


class Address(Protocol):
    """Where Milvus is reached from this machine."""

    @property
    def uri(self) -> str: ...

    def renew(self) -> None:
        """Make the address usable again after the pod behind it has been replaced."""


class Fixed:
    """An address that outlives pods."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def renew(self) -> None:
        """Nothing to do: the service follows its pods."""


class PortForward:
    """`kubectl port-forward` to the service, on the same local port every time it is renewed."""

    def __init__(self, cluster: Cluster, service: str, port: int, scheme: str) -> None:
        self._scheme = scheme
        self._local = _free_port()
        self._command = cluster.command(
            "port-forward", f"service/{service}", f"{self._local}:{port}", "--address=127.0.0.1"
        )
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._local}"

    def renew(self) -> None:
        """Raises SmokeError when no forward stands within FORWARD_SECONDS."""
        self.close()
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + FORWARD_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self._local), timeout=1),
            ):
                return
            time.sleep(0.2)
        self.close()
        raise SmokeError(f"kubectl could not forward a port to Milvus: {self._last_line()}.")

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _last_line(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


@contextlib.contextmanager
def address(outputs: Outputs, cluster: Cluster) -> Iterator[Address]:
    """The stack's address of Milvus, or a port-forward that ends with the block."""
    if outputs.milvus_uri:
        yield Fixed(outputs.milvus_uri)
        return
    scheme = "https" if outputs.milvus_server_name else "http"
    forward = PortForward(cluster, outputs.service, outputs.service_port, scheme)
    try:
        forward.renew()
        yield forward
    finally:
        forward.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
