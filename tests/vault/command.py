"""`python -m vault` in this process, on a stack that a test describes."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from smoke_tests.outputs import Outputs
from tests.stores.store import HOST, free_ports
from vault.__main__ import main

Run = Callable[..., tuple[int, str, str]]
"""The arguments of a command; returns its exit status, and what it said on both outputs."""


def runner(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def started(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["vault", *arguments])
        try:
            status = main()
        except SystemExit as ended:
            status = int(str(ended.code))
        said = capsys.readouterr()
        return status, said.out, said.err

    return started


def deployed(**changes: Any) -> Outputs:
    """A stack whose store nobody listens for."""
    given = dict.fromkeys(("namespace", "release", "kubeconfig", "context"), "nowhere")
    return Outputs(
        **given
        | {
            "milvus_service": "milvus.nowhere.svc:19530",
            "live_bucket": "live",
            "vault_bucket": "vault",
            "root_path": "trial",
            "store_endpoint": f"https://{HOST}:{free_ports(1)[0]}",
            "store_region": "us-east-1",
            "credentials_secret": "credentials",
        }
        | changes
    )
