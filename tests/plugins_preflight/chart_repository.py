"""A helm repository on loopback, over HTTPS, that has our own chart in the versions wanted."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests import throwaway_ca
from tests.engine_plugins.project import ROOT

CHART = ROOT / "charts" / "milvus-local"


@dataclass(frozen=True)
class Repository:
    """What is served, and where."""

    folder: Path
    url: str
    ca_file: Path

    def add(self, version: str) -> None:
        """Serve the chart in one more version."""
        _helm("package", str(CHART), f"--version={version}", f"--destination={self.folder}")
        _helm("repo", "index", str(self.folder))


@contextmanager
def serving(folder: Path) -> Iterator[Repository]:
    """The repository, for as long as the block runs."""
    served = folder / "charts"
    served.mkdir()
    ca_file = throwaway_ca.write_server_certificate(folder, "127.0.0.1")
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(folder / "server.crt", folder / "server.key")
    handler = partial(_Quiet, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Repository(served, f"https://127.0.0.1:{server.server_port}", ca_file)
        finally:
            server.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def _helm(*arguments: str) -> None:
    subprocess.run(["helm", *arguments], check=True, stdout=subprocess.DEVNULL)
