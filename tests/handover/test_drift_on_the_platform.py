"""Drift of the deployed environment: found, told as it is and as it was declared, and repaired."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handover.drift import DIFFERS

pytestmark = pytest.mark.platform

REPOSITORY = Path(__file__).resolve().parents[2]
QUOTA = ("-n", "vectorkit-local", "patch", "resourcequota", "environment", "--type=merge", "-p")


def drift(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "handover.drift", "--stack", "local", *options]
    known = os.environ | {"PYTHONPATH": str(REPOSITORY / "infra")}
    return subprocess.run(
        command, cwd=REPOSITORY, env=known, capture_output=True, text=True, check=False
    )


def pods(allowed: str) -> None:
    hard = json.dumps({"spec": {"hard": {"pods": allowed}}})
    subprocess.run(["kubectl", *QUOTA, hard], check=True, capture_output=True, timeout=60)


@pytest.fixture
def allowed() -> Iterator[str]:
    """How many pods the environment may have, and has again afterwards."""
    query = ("get", "resourcequota", "environment", "-o", "jsonpath={.spec.hard.pods}")
    asked = ["kubectl", "-n", "vectorkit-local", *query]
    found = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout
    try:
        yield found
    finally:
        pods(found)


def test_a_change_by_hand_is_found_and_gone_when_it_is_taken_back(allowed: str) -> None:
    assert drift().returncode == 0, drift().stdout
    pods("99")
    changed = drift("--json")
    assert changed.returncode == DIFFERS, changed.stderr
    (found,) = json.loads(changed.stdout)
    assert (found["kind"], found["setting"], found["is_now"], found["declared"]) == (
        "kubernetes:core/v1:ResourceQuota",
        "spec.hard.pods",
        "99",
        allowed,
    )
    pods(allowed)
    assert drift().returncode == 0
