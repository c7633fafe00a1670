"""A real Milvus, sealed and restored, where nobody else can reach it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tools

HERE = Path(__file__).parent
ALONE = 'mount -t tmpfs tmpfs /tmp && ip link set lo up && exec "$@"'
"""Milvus listens on every interface and leaves files in /tmp; here both are its own."""


def passes_alone(tests: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / tests)]
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", ALONE, "sh", *command],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert "1 passed" in done.stdout


def test_a_sealed_milvus_comes_back_with_every_acknowledged_row_and_the_same_answers() -> None:
    passes_alone("restored_milvus.py")


def test_clients_speak_to_milvus_over_tls_and_to_no_other_server() -> None:
    passes_alone("encrypted_milvus.py")
