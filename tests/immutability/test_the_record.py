"""The record of the run: complete, without a key, and changes of it show."""

import json
from pathlib import Path

import pytest

from tests.immutability.conftest import VAULT, Trial
from tests.immutability.evidence import Evidence
from vault.record import intact


@pytest.mark.tools
def test_the_evidence_names_everything_and_holds_no_key(trial: Trial) -> None:
    trial.ask("a request of this test", "deployer", "head_bucket", Bucket=VAULT, expected="200")
    lines = trial.evidence.file.read_text().splitlines()
    asked = [line for line in map(json.loads, lines) if "request" in line]
    assert asked
    for line in asked:
        told = ("when", "who", "endpoint", "bucket", "request", "outcome", "expected")
        assert all(line[one] for one in told), line
    text = "\n".join(lines)
    for client in trial.clients.values():
        keys = client._request_signer._credentials.get_frozen_credentials()  # type: ignore[attr-defined]
        assert keys.secret_key not in text
        assert keys.access_key not in text
    assert intact(trial.evidence.file)


def test_evidence_that_was_changed_later_shows(tmp_path: Path) -> None:
    evidence = Evidence(tmp_path)
    for number in range(3):
        evidence.write({"claim": f"claim {number}"})
    assert intact(evidence.file)
    text = evidence.file.read_text()
    evidence.file.write_text(text.replace("claim 1", "claim 9"))
    assert not intact(evidence.file)
    evidence.file.write_text("".join(text.splitlines(keepends=True)[1:]))
    assert not intact(evidence.file)
