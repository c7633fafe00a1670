"""`make plan` and `make handoff`: what a stack file means, without asking anybody."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from handover import page
from handover.meaning import losses, meaning, risks
from handover.stack_files import STACK_FILE
from tests.infra.stack_document import REPOSITORY, STACKS, settings, tracked

DESTRUCTIVE = (
    "destroy a version",
    "bypass a governance seal",
    "set or release a legal hold",
    "change versioning, lifecycle, policy",
    "delete the bucket",
)


@pytest.fixture(autouse=True)
def no_stack_file_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make test` names the one of stack local, for what it starts."""
    monkeypatch.delenv(STACK_FILE, raising=False)


def run(module: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"handover.{module}", *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "infra"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_nobody_but_the_deployer_destroys_anything(stack: str) -> None:
    rows = meaning(settings(stack=stack))["rights"]
    for row in rows:
        if row["act"] in DESTRUCTIVE:
            assert (row["Milvus"], row["vault's writer"]) == ("no", "no"), row


@pytest.mark.parametrize("stack", STACKS)
def test_milvus_writes_to_the_live_bucket_and_the_sealer_to_the_vault(stack: str) -> None:
    rows = {(one["bucket"], one["act"]): one for one in meaning(settings(stack=stack))["rights"]}
    assert rows["live", "write"]["Milvus"] == rows["live", "read"]["Milvus"] == "yes"
    assert rows["vault", "write"]["Milvus"] == rows["vault", "read"]["Milvus"] == "no"
    assert rows["vault", "seal a version"]["vault's writer"] == "yes"
    assert rows["live", "write"]["vault's writer"] == "no"
    assert rows["live", "seal a version"]["Milvus"] == "no"


def test_a_policy_that_lets_more_through_shows_in_the_matrix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = settings()
    monkeypatch.setattr("vectorkit.rights.HISTORY", ())
    monkeypatch.setattr("vectorkit.rights._WRITING", ("s3:*",))
    rows = {(one["bucket"], one["act"]): one for one in meaning(found)["rights"]}
    # The bucket's own policy still denies it; without that, nothing would.
    assert rows["live", "destroy a version"]["Milvus"] == "no"
    monkeypatch.setattr("vectorkit.access.HISTORY", ())
    rows = {(one["bucket"], one["act"]): one for one in meaning(found)["rights"]}
    assert rows["live", "destroy a version"]["Milvus"] == "yes"


def test_what_can_be_lost_follows_from_the_promises() -> None:
    told = {one["act"]: one for one in losses(settings(stack="prod-onprem"))}
    assert told["pulumi destroy"]["loses"].startswith("refused")
    assert told["drop a collection, delete objects"]["loses"] == "nothing for 14 days"
    local = {one["act"]: one for one in losses(settings())}
    assert local["pulumi destroy"]["loses"].startswith("takes buckets")
    assert local["destroy sealed versions"]["loses"] == "everything: nothing is sealed"


def test_holes_that_are_accepted_are_among_the_risks() -> None:
    assert any("CVE-2026-26190 is accepted" in one for one in risks(settings()))
    assert not any("CVE" in one for one in risks(settings(stack="prod-aws")))


def test_the_risks_of_a_careless_stack_are_said_and_a_careful_one_has_fewer() -> None:
    careless, careful = risks(settings()), risks(settings(stack="prod-aws"))
    assert any("in the clear" in one for one in careless)
    assert not any("in the clear" in one for one in careful)
    assert len(careful) < len(careless)


@pytest.mark.parametrize("stack", STACKS)
def test_a_plan_is_printed_without_colours_into_a_pipe(stack: str) -> None:
    done = run("plan", "--stack", stack)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    for section in ("sizes", "rights", "network", "losses", "risks"):
        assert f"\n{section}\n" in done.stdout


def test_a_plan_needs_no_engine() -> None:
    script = "import sys, handover.plan; sys.exit('pulumi' in sys.modules)"
    known = os.environ | {"PYTHONPATH": str(REPOSITORY / "infra")}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY, env=known)


def test_a_plan_gives_the_helm_values_on_demand() -> None:
    values = json.loads(run("plan", "--stack", "dev", "--values").stdout)
    assert values["standalone"]["messageQueue"] == "rocksmq"


def test_every_problem_of_a_stack_file_is_told_with_its_path(tmp_path: Path) -> None:
    document = tracked("local", {"durabel": True, "store.live.bucket": "UPPER"})
    file = tmp_path / "Pulumi.local.yaml"
    file.write_text(yaml.safe_dump({"config": {"vectorkit:environment": document}}))
    done = run("plan", "--stack", "local", STACK_FILE=str(file))
    assert done.returncode == 1
    assert "durabel: is not a known key; did you mean 'durable'?" in done.stderr
    assert "store.live.bucket: 'UPPER' is not a usable bucket name" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [("a: [", "is no YAML"), ("config: {}", "has no config with vectorkit:environment")],
)
def test_a_file_that_is_no_stack_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "Pulumi.local.yaml"
    file.write_text(text)
    done = run("plan", "--stack", "local", STACK_FILE=str(file))
    assert done.returncode == 1
    assert says in done.stderr


def test_a_stack_that_is_not_there_is_told_with_those_that_are() -> None:
    done = run("plan", "--stack", "prod")
    assert done.returncode == 1
    assert "prod-aws, prod-onprem" in done.stderr


@pytest.fixture
def sections(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(page, "addresses", lambda stack: {"milvus_uri": f"<{stack}>"})
    return page.sections("staging")


def test_the_page_holds_every_section_and_escapes_what_it_is_given(
    sections: dict[str, Any],
) -> None:
    text = page.html("staging", sections, datetime(2026, 1, 1, tzinfo=UTC))
    for name in sections:
        assert f">{name}</h2>" in text
    assert "&lt;staging&gt;" in text
    assert "<staging>" not in text
    assert sections["alerts"]


def test_the_evidence_of_another_stack_is_not_shown(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    told = {"stack": "dev", "passed": True, "failed": [], "figures": {"rows": "1"}, "proven": ["a"]}
    report.write_text(json.dumps(told))
    assert page.evidence("staging", str(report)) == {}
    assert page.evidence("dev", str(report))["result"] == "passed"
    assert page.evidence("dev", None) == page.evidence("dev", str(tmp_path / "absent")) == {}
