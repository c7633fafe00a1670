"""What a user reads when an environment cannot be used."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from smoke_tests import engine, outputs, sample, waiting
from smoke_tests.credentials import Masked
from smoke_tests.errors import ServerDownError, SmokeError

REPO = Path(outputs.__file__).parent.parent
GIVEN: dict[str, Any] = {
    "namespace": "vectorkit-dev",
    "release": "milvus",
    "milvus_service": "milvus.vectorkit-dev.svc:19530",
    "milvus_uri": None,
    "live_bucket": "live",
    "vault_bucket": "vault",
    "root_path": "dev",
    "store_endpoint": "https://store.example:9000",
    "store_region": "us-east-1",
    "store_ca_file": None,
    "credentials_secret": "milvus-credentials",
    "kubeconfig": "kubeconfig",
    "context": "dev",
    "durable": True,
}


def test_outputs_tell_the_service_apart_from_its_address() -> None:
    found = outputs.parse("dev", json.dumps(GIVEN))
    assert (found.service, found.service_port) == ("milvus", 19530)


def test_an_output_without_a_value_is_left_out_by_pulumi_and_missed_by_nobody() -> None:
    given = {name: value for name, value in GIVEN.items() if value is not None}
    assert outputs.parse("dev", json.dumps(given)).milvus_uri is None


def test_every_missing_output_is_named_with_what_to_do() -> None:
    partial = {k: v for k, v in GIVEN.items() if k not in {"live_bucket", "root_path"}}
    with pytest.raises(SmokeError) as caught:
        outputs.parse("dev", json.dumps(partial))
    for part in ("live_bucket", "root_path", "pulumi up --stack dev"):
        assert part in str(caught.value)


def test_output_that_is_no_json_is_an_error() -> None:
    with pytest.raises(SmokeError, match="printed no JSON"):
        outputs.parse("dev", "error: no such stack")


def test_a_run_without_a_stack_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STACK", raising=False)
    with pytest.raises(SmokeError, match="Set STACK"):
        outputs.stack_name()


def test_pulumi_missing_from_the_path_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SmokeError, match="not on PATH"):
        outputs.read("dev")


def test_a_port_where_nothing_listens_is_a_server_that_is_down() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(ServerDownError, match="does not answer"):
        engine.connect(uri, Masked("secret"), seconds=2)


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        with pytest.raises(ServerDownError, match="does not answer"):
            engine.connect(f"http://127.0.0.1:{silent.getsockname()[1]}", Masked("x"), seconds=1)
    assert time.monotonic() - start < 5


def test_a_wait_ends_and_says_what_was_last_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAUSE_SECONDS", 0)
    seen = iter(f"pod number {number}" for number in range(10**9))
    with pytest.raises(SmokeError, match=r"The pod did not happen within 0 s; last seen: pod num"):
        waiting.until(lambda: next(seen), 0.01, "The pod")


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "nothing"
    with pytest.raises(SmokeError, match="cannot be read"):
        sample.search("Why?", uri="http://127.0.0.1:1", password_file=str(missing))


def test_an_address_without_a_password_file_is_an_error() -> None:
    with pytest.raises(SmokeError, match="neither"):
        sample.search("Why?", uri="http://127.0.0.1:1")


def test_a_suite_that_finds_no_stack_fails_with_one_sentence_and_a_report(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    environment = {**os.environ, "STACK": "dev", "SMOKE_REPORT": str(report), "PATH": "."}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "smoke_tests/test_secrets.py",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        command, cwd=REPO, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "not on PATH" in done.stdout
    assert "skipped" not in done.stdout
    shown = json.loads(report.read_text())
    assert shown["passed"] is False
    assert "not on PATH" in shown["problem"]
