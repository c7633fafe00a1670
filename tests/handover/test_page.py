"""`make handoff`: the page of an environment, for people and for programs."""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from handover import page, plan
from handover.stack_files import STACK_FILE
from local import commands
from smoke_tests import outputs, report
from tests.infra.stack_document import REPOSITORY, STACKS, tracked

CANARY = "canary-of-a-secret"
OUTPUTS: dict[str, Any] = {
    "namespace": "vectorkit",
    "release": "milvus",
    "milvus_service": "milvus.vectorkit.svc:19530",
    "milvus_server_name": "milvus.vectorkit.svc",
    "milvus_ca_file": "/etc/clients.pem",
    "live_bucket": "live",
    "vault_bucket": "vault",
    "root_path": "root",
    "store_endpoint": "https://s3.example.com",
    "store_region": "us-east-1",
    "store_ca_file": "/etc/store.pem",
    "credentials_secret": "milvus-credentials",
    "kubeconfig": "/etc/kubeconfig",
    "context": "somewhere",
    "another": CANARY,
}


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A deployed stack, with a secret in plain text in its file and among its outputs."""
    name: str = request.param
    file = tmp_path / f"Pulumi.{name}.yaml"
    config = {"vectorkit:environment": tracked(name), "vectorkit:milvusRootPassword": CANARY}
    file.write_text(yaml.safe_dump({"config": config}))
    monkeypatch.setenv(STACK_FILE, str(file))
    monkeypatch.setenv("VECTORKIT_VAULT_SECRET_ACCESS_KEY", CANARY)
    monkeypatch.setattr(
        outputs, "pulumi", lambda *arguments, stack: json.dumps(OUTPUTS | {"root_path": stack})
    )
    file = tmp_path / "smoke.json"
    told = {"stack": name, "passed": True, "failed": [], "figures": {}, "proven": ["it works"]}
    file.write_text(json.dumps(told))
    monkeypatch.setenv(page.REPORT, str(file))
    return name


def written(stack: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    """The page and its data."""
    arguments = ["page", "--stack", stack, "--folder", str(folder)]
    monkeypatch.setattr(sys, "argv", arguments)
    assert page.main() == 0
    html, data = (folder / f"{stack}.{kind}" for kind in ("html", "json"))
    return html.read_text(), json.loads(data.read_text())


def test_page_and_data_tell_the_same_of_every_stack(
    stack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    html, data = written(stack, tmp_path / "handoff", monkeypatch)
    assert data.pop("version")
    assert set(data) == set(page.sections(stack))
    for name in data:
        assert f">{name}</h2>" in html
    assert data["addresses"]["milvus_ca_file"] == "/etc/clients.pem"
    assert data["addresses"]["milvus_server_name"] == "milvus.vectorkit.svc"
    assert data["addresses"]["store_ca_file"] == "/etc/store.pem"
    assert data["evidence of the last smoke tests"]["proven"] == "it works"
    for command in ("seal", "snapshots", "vault-verify", "restore", "drill", "images"):
        assert any(one.startswith(f"make {command} ") for one in data["daily work"]), command
    assert any("image of etcd" in key for key in data["environment"])


def test_neither_page_nor_plan_tells_a_secret(
    stack: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    html, data = written(stack, tmp_path / "handoff", monkeypatch)
    for options in ([], ["--json"], ["--values"]):
        monkeypatch.setattr(sys, "argv", ["plan", "--stack", stack, *options])
        assert plan.main() == 0
    printed = capsys.readouterr()
    assert "sizes" in printed.out
    assert CANARY not in html + json.dumps(data) + printed.out + printed.err


def test_the_stack_of_the_local_platform_is_deployed_by_make(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(STACK_FILE, raising=False)
    monkeypatch.setattr(page, "addresses", lambda stack: {})
    local, dev = page.sections("local")["daily work"], page.sections("dev")["daily work"]
    assert not [one for one in local if one.startswith("pulumi")]
    assert "make up" in local
    assert "pulumi up --stack dev" in dev


def test_the_page_escapes_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STACK_FILE, raising=False)
    monkeypatch.setattr(page, "addresses", lambda stack: {"milvus_uri": f"<{stack}>"})
    text = page.html("staging", page.sections("staging"), datetime(2026, 1, 1, tzinfo=UTC))
    assert "&lt;staging&gt;" in text
    assert "<staging>" not in text


def test_the_smoke_tests_of_a_stack_write_where_its_page_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(page.REPORT, raising=False)
    told: list[Mapping[str, str]] = []

    def remember(_: argparse.Namespace, variables: Mapping[str, str]) -> int:
        told.append(variables)
        return 0

    for verb in ("smoke", "handoff"):
        monkeypatch.setitem(commands.OF_ANY_STACK, verb, remember)
        commands.run(argparse.Namespace(verb=verb, stack="dev"))
    monkeypatch.setenv(page.REPORT, told[0][page.REPORT])
    assert report.path() == Path(told[1][page.REPORT])
    ignored = ["git", "check-ignore", "--quiet", told[0][page.REPORT]]
    subprocess.run(ignored, cwd=REPOSITORY, check=True)


def test_the_evidence_of_another_stack_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    told = {"stack": "dev", "passed": True, "failed": [], "figures": {"rows": "1"}, "proven": ["a"]}
    file.write_text(json.dumps(told))
    assert page.evidence("staging", str(file)) == {}
    assert page.evidence("dev", str(file))["result"] == "passed"
    assert page.evidence("dev", None) == page.evidence("dev", str(tmp_path / "absent")) == {}
