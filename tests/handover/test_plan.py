"""`make plan`: what a stack file means, for people and for programs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from handover.stack_files import STACK_FILE
from tests.infra.stack_document import CA, REPOSITORY, STACKS, settings, tracked
from vectorkit.decisions.decide import decide


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
def test_a_plan_is_printed_without_colours_into_a_pipe(stack: str) -> None:
    done = run("plan", "--stack", stack)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    for section in ("sizes", "quota", "rights", "network", "losses", "destroy keeps", "risks"):
        assert f"\n{section}\n" in done.stdout


def test_a_plan_needs_no_engine() -> None:
    script = "import sys, handover.plan; sys.exit('pulumi' in sys.modules)"
    known = os.environ | {"PYTHONPATH": str(REPOSITORY / "infra")}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY, env=known)


def test_a_plan_gives_the_helm_values_on_demand() -> None:
    values = json.loads(run("plan", "--stack", "dev", "--values").stdout)
    assert values["standalone"]["messageQueue"] == "rocksmq"


@pytest.fixture
def with_ca(tmp_path: Path) -> Path:
    """The stack file of staging, with the file of a CA that is there."""
    (tmp_path / "ca.crt").write_text(CA)
    document = tracked("staging", {"store.ca_file": str(tmp_path / "ca.crt")})
    file = tmp_path / "Pulumi.staging.yaml"
    file.write_text(yaml.safe_dump({"config": {"vectorkit:environment": document}}))
    return file


def test_the_values_are_those_that_are_deployed(with_ca: Path) -> None:
    done = run("plan", "--stack", "staging", "--values", STACK_FILE=str(with_ca))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout) == decide(settings(stack="staging"), ca_bundle=CA).values
    assert "store-ca" in done.stdout


def test_values_that_lack_the_ca_say_so(with_ca: Path) -> None:
    (with_ca.parent / "ca.crt").unlink()
    done = run("plan", "--stack", "staging", "--values", STACK_FILE=str(with_ca))
    assert "the values here have no volume, mount and hash of the store's CA" in done.stderr
    json.loads(done.stdout)
    told = run("plan", "--stack", "staging", STACK_FILE=str(with_ca)).stdout
    assert "\nleft out\n" in told


def test_a_ca_that_is_none_is_refused(with_ca: Path) -> None:
    (with_ca.parent / "ca.crt").write_text("nothing")
    done = run("plan", "--stack", "staging", STACK_FILE=str(with_ca))
    assert done.returncode == 1
    assert "store.ca_file: " in done.stderr
    assert "Traceback" not in done.stderr


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
