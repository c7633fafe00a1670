"""The whole drill of stack local: Milvus is sealed, attacked, destroyed, and answers as before."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from smoke_tests import outputs, sample
from smoke_tests.environment import open_stack
from tests.infra.stack_document import REPOSITORY
from vault import stack
from vault.drill import environments
from vault.drill.report import DrillReport

pytestmark = [pytest.mark.platform, pytest.mark.timeout(900)]
ATTACKED, RESTORED = "drill-local", "drill-local-restored"
SUFFIXES = (environments.SUFFIX, environments.RESTORED_SUFFIX)
DROP = "drop every collection"
COMMAND = [sys.executable, "-m", "vault", "drill", "--stack", "local", "--json"]


def drill(folder: Path) -> subprocess.Popen[str]:
    known = os.environ | {
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'infra'}",
        "VECTORKIT_EVIDENCE": str(folder),
    }
    return subprocess.Popen(
        COMMAND, cwd=REPOSITORY, env=known, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_drill_after_one_that_was_killed_brings_everything_back_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    killed = drill(tmp_path)
    assert killed.stderr is not None
    for line in killed.stderr:
        if "attacks of milvus" in line:
            break
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert traces(), "The drill was killed too early to leave anything."
    before = rows()

    finished = drill(tmp_path)
    told, steps = finished.communicate()
    assert finished.returncode == 0, told + steps

    report = DrillReport.model_validate_json(told)
    assert report.has_held, list(report.sentences())
    assert len(report.comparisons) == 61
    assert {one.question: one.after for one in report.comparisons}["rows"] == str(before)
    effects = {(one.attacker, one.attack): one.effects for one in report.results}
    assert any("collections: sample before" in one for one in effects["milvus", DROP])
    assert any("namespace: Active" in one for one in effects["deployer", "delete the namespace"])
    assert any("is gone" in one for one in effects["deployer", "delete the live bucket"])
    lost = {(one.attacker, one.aim) for one in report.results if one.lost}
    assert lost == {("deployer", "decoy")}

    assert traces() == []
    assert rows() == before
    written = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert {f"drill-local{kind}" for kind in (".json", ".html")} <= {one.name for one in written}
    everything = told + steps + "".join(one.read_text() for one in written)
    assert not [name for name, value in secrets().items() if value in everything]


def rows() -> int:
    """Of the sample of the stack itself, which no drill touches."""
    with open_stack(outputs.stack_name()) as environment:
        client = environment.connect()
        counted = client.query(sample.NAME, filter="", output_fields=["count(*)"])
        client.close()
        return int(counted[0]["count(*)"])


def traces() -> list[str]:
    """What is there of a drill, in cluster, store and backend."""
    with open_stack(outputs.stack_name()) as environment:
        listed = environment.cluster.run("get", "namespaces", "--output=name").split()
        own = environment.outputs
    names = [f"{own.namespace}{one}" for one in SUFFIXES]
    client = stack.read(outputs.stack_name()).live().client
    buckets = [one["Name"] for one in client.list_buckets()["Buckets"]]
    pair = (own.live_bucket, own.vault_bucket)
    drilled = [f"{bucket}{one}" for bucket in pair for one in SUFFIXES]
    ask = ["pulumi", "stack", "ls", "--json", "--non-interactive"]
    shown = subprocess.run(ask, cwd=REPOSITORY, capture_output=True, check=True).stdout
    stacks = [one["name"].rpartition("/")[2] for one in json.loads(shown)]
    return [
        *(one for one in names if f"namespace/{one}" in listed),
        *(one for one in drilled if one in buckets),
        *(one for one in (ATTACKED, RESTORED) if one in stacks),
    ]


def secrets() -> dict[str, str]:
    """Every secret that the drill is told."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.endswith(("SECRET_ACCESS_KEY", "PASSPHRASE")) and value
    }
