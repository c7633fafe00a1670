"""Every stack file through the real engine: program, settings, policy pack, together.

Nothing is reached: the providers of tests/engine_plugins stand in for kubernetes, objectstore, aws.
"""

import difflib
from pathlib import Path

import pytest

from tests.engine_plugins.project import ROOT, Answer, Project, steps
from tests.infra.stack_document import STACKS
from tests.stacks import plan

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module", params=STACKS)
def planned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, Answer]:
    """A stack and its preview."""
    folder = tmp_path_factory.mktemp(request.param) / "project"
    made = plan.project(request.param, folder)
    return made, made.preview("--json")


def test_a_stack_file_passes_the_policy_pack(planned: tuple[Project, Answer]) -> None:
    answer = planned[1]
    assert answer.code == 0, answer.words
    assert "can't run policy" not in answer.words
    assert len(steps(answer)) > 20


def test_a_stack_has_the_plan_that_was_recorded(planned: tuple[Project, Answer]) -> None:
    made, answer = planned
    before, now = plan.recorded(made.stack), plan.readable(answer, made.folder)
    changed = difflib.unified_diff(
        before.splitlines(), now.splitlines(), "recorded", "now", n=2, lineterm=""
    )
    if before != now:
        told = f"The plan of stack {made.stack} has changed; run `make record` if it is meant."
        pytest.fail("\n".join([told, *changed]), pytrace=False)


def test_a_plan_tells_no_secret(planned: tuple[Project, Answer]) -> None:
    answer = planned[1]
    assert '"stringData": "[secret]"' in answer.output
    for canary in plan.CANARIES.values():
        assert canary not in answer.output + answer.errors


def test_there_is_no_plan_of_a_stack_that_is_gone() -> None:
    assert sorted(one.stem for one in plan.PLANS.glob("*.json")) == STACKS


@pytest.mark.parametrize("key", ["s3AccessKeyId", "s3SecretAccessKey"])
def test_an_s3_key_in_plain_text_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    made = plan.project("local", tmp_path / "project", {f"vectorkit:{key}": "readable-key"})
    answer = made.preview()
    assert answer.code != 0
    assert f"vectorkit:{key} stands in the stack file in plain text" in answer.words
    assert "readable-key" not in answer.words


def test_an_input_that_a_type_does_not_have_fails_the_plan(tmp_path: Path) -> None:
    made = plan.project("local", tmp_path / "project")
    program = made.folder / "program"
    program.mkdir()
    (program / "__main__.py").write_text(
        "import pulumi\n"
        "store = pulumi.ProviderResource('objectstore', 'store', {'endpoint': 'https://x'})\n"
        "pulumi.CustomResource('objectstore:index:Bucket', 'b', {'versionning': True},\n"
        "    pulumi.ResourceOptions(provider=store))\n"
    )
    manifest = made.folder / "Pulumi.yaml"
    manifest.write_text(manifest.read_text().replace(str(ROOT / "infra"), str(program)))
    answer = made.preview()
    assert answer.code != 0
    assert "has no input 'versionning'; did you mean 'versioning'?" in answer.words
