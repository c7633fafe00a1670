"""Every stack file through the real engine: program, settings, policy pack, together.

Nothing is reached: the providers of tests/engine_plugins stand in for kubernetes, objectstore, aws.
"""

import difflib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests import engine_environment
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


def resources(made: Project) -> list[str]:
    """Types of all that a stack has made."""
    state = json.loads(made.run("stack", "export", "--stack", made.stack).output)["deployment"].get(
        "resources", []
    )
    return [one["type"] for one in state if one["type"] != "pulumi:pulumi:Stack"]


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


def test_a_stack_that_shares_a_bucket_with_a_file_beside_it_makes_nothing(tmp_path: Path) -> None:
    made = replace(plan.project("local", tmp_path / "project"), stack="copy")
    assert made.run("stack", "init", "copy").code == 0
    (made.folder / "stacks" / "Pulumi.copy.yaml").write_text(
        (plan.FOLDER / "Pulumi.local.yaml").read_text()
    )
    for command in (["preview"], ["up", "--yes", "--skip-preview"]):
        answer = made.run(*command, "--stack", "copy")
        assert answer.code != 0
        assert "'vectorkit-local-live' is a bucket of stack 'local' too" in answer.words
    assert resources(made) == []


def test_an_empty_passphrase_is_refused_before_a_durable_stack_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = engine_environment.of_project
    empty = {"PULUMI_CONFIG_PASSPHRASE": ""}
    monkeypatch.setattr(engine_environment, "of_project", lambda folder: given(folder) | empty)
    durable = plan.project("staging", tmp_path / "staging")
    for command in (["preview"], ["up", "--yes", "--skip-preview"]):
        answer = durable.run(*command, "--stack", "staging")
        assert answer.code != 0
        assert "PULUMI_CONFIG_PASSPHRASE: is empty" in answer.words
    assert resources(durable) == []
    throw_away = plan.project("local", tmp_path / "local").preview()
    assert throw_away.code == 0, throw_away.words


MISSPELT = {
    "objectstore:index:Bucket": ({"versionning": True}, "versionning", "versioning"),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": (
        {"spec": {"podSelector": {}, "ingress": [{"from": [{"namespaceSelectr": {}}]}]}},
        "spec.ingress[0].from[0].namespaceSelectr",
        "namespaceSelector",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgoritm": "aws:kms"}}]},
        "rules[0].applyServerSideEncryptionByDefault.sseAlgoritm",
        "sseAlgorithm",
    ),
}


@pytest.mark.parametrize("kind", MISSPELT)
def test_an_input_that_a_type_does_not_have_fails_the_plan(tmp_path: Path, kind: str) -> None:
    inputs, wrong, right = MISSPELT[kind]
    made = plan.project("local", tmp_path / "project")
    program = made.folder / "program"
    program.mkdir()
    (program / "__main__.py").write_text(
        "import pulumi\n"
        f"provider = pulumi.ProviderResource({kind.partition(':')[0]!r}, 'provider', {{}})\n"
        f"pulumi.CustomResource({kind!r}, 'misspelt', {inputs!r},\n"
        "    pulumi.ResourceOptions(provider=provider))\n"
    )
    manifest = made.folder / "Pulumi.yaml"
    manifest.write_text(manifest.read_text().replace(str(ROOT / "infra"), str(program)))
    answer = made.preview()
    assert answer.code != 0
    assert f"{kind} has no input {wrong!r}; did you mean {right!r}?" in answer.words


def test_what_is_deployed_keeps_its_log_its_root_path_and_its_version(tmp_path: Path) -> None:
    made = plan.project("dev", tmp_path / "project")
    first = made.run("up", "--yes", "--skip-preview", "--stack", "dev")
    assert first.code == 0, first.words
    file = made.folder / "stacks" / "Pulumi.dev.yaml"
    deployed = file.read_text()
    unchanged = made.preview("--expect-no-changes")
    assert unchanged.code == 0, unchanged.words

    file.write_text(
        deployed.replace("wal: rocksmq", "wal: woodpecker")
        .replace("root_path: vectorkit-dev", "root_path: other")
        .replace("vectorkit-dev-live", "vectorkit-dev-other")
        .replace("v2.6.15", "v2.6.14")
    )
    for command in (["preview"], ["up", "--yes", "--skip-preview"]):
        refused = made.run(*command, "--stack", "dev")
        assert refused.code != 0
        assert "cannot follow what is deployed" in refused.words
        for path in ("milvus.wal", "milvus.root_path", "store.live.bucket", "milvus.image.tag"):
            assert f"{path}: " in refused.words
    file.write_text(deployed)
    assert made.preview("--expect-no-changes").code == 0

    secret = ("config", "set", "--secret", "milvusRootPassword", "another-canary-password")
    assert made.run(*secret, "--stack", "dev").code == 0
    refused = made.preview()
    assert refused.code != 0
    assert "milvusRootPassword: Milvus keeps the password" in refused.words
    assert "another-canary-password" not in refused.words
    (agreed,) = re.findall("changed_root_password: [0-9a-f]{16}", refused.words)
    file.write_text(
        file.read_text().replace("mode: standalone", f"mode: standalone\n      {agreed}")
    )
    followed = made.preview()
    assert followed.code == 0, followed.words
