"""The policy pack under the real engine: one good program, and one broken program a rule."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from local.engine import UP, diagnostics
from tests.engine_plugins.project import ROOT, Project
from tests.policy.sample import DELETED, Declared, changed, good
from vectorkit_policy.pack import ABOUT_A_RESOURCE, ABOUT_THE_STACK

pytestmark = pytest.mark.tools

PROVIDERS = {
    "objectstore": {"endpoint": "https://store.invalid", "region": "us-east-1"},
    "kubernetes": {"context": "nowhere"},
    "aws": {"region": "eu-central-1"},
}
RETENTION = {"mode": "GOVERNANCE", "days": 30}
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"


def unprotected() -> Declared:
    plan = good()
    plan["on-aws"][2] = {}
    return plan


def locked() -> Declared:
    inputs = {"bucket": "trial-on-aws", "rule": {"defaultRetention": RETENTION}}
    return {**good(), "lock": [LOCK, inputs, {}]}


BROKEN: dict[str, tuple[Declared, str]] = {
    "bucket-encryption": (
        changed("live", "encryption.algorithm", "none"),
        "Bucket 'trial-live' has no default encryption",
    ),
    "bucket-versioning": (
        changed("live", "versioning", False),
        "Bucket 'trial-live' does not keep versions",
    ),
    "bucket-denials": (
        changed("live", "policy.Statement.0.Principal", {"AWS": "milvus"}),
        "Bucket 'trial-live' answers plain HTTP",
    ),
    "aws-bucket-encryption": (
        changed("encryption", "", DELETED),
        "Bucket 'trial-on-aws' has no default encryption",
    ),
    "aws-bucket-versioning": (
        changed("versions", "versioningConfiguration.status", "Suspended"),
        "Bucket 'trial-on-aws' does not keep versions",
    ),
    "aws-bucket-denials": (
        changed("policy", "", DELETED),
        "Bucket 'trial-on-aws' lets others than its deployer destroy or weaken it",
    ),
    "aws-bucket-default-retention": (
        locked(),
        "Bucket 'trial-on-aws' has a default retention",
    ),
    "pinned-chart": (
        changed("release", "version", "^5.0.0"),
        "Helm release 'release' does not pin its chart",
    ),
    "pinned-image": (
        changed("release", "values.image.all.tag", "latest"),
        "Value 'image.all' of Helm release 'release' does not pin its image",
    ),
    "readable-values": (
        changed("release", "valueYamlFiles", ["values.yaml"]),
        "Helm release 'release' takes values from files",
    ),
    "resources": (
        changed("release", "values.standalone", {}),
        "Helm release 'release' runs without resources",
    ),
    "metrics-port": (
        changed("service", "spec.ports", [{"port": 9091}]),
        "Service 'service' is reached from outside the cluster: port 9091",
    ),
    "plain-secret": (
        changed("release", "values.externalS3.secretKey", "readable-key"),
        "Release 'release' holds a secret in 'values.externalS3.secretKey'",
    ),
    "copied-secret": (
        changed("config", "data", {"greeting": "canary-password"}),
        "ConfigMap 'config' holds a secret in 'data.greeting'",
    ),
    "default-deny": (
        changed("deny", "spec.podSelector", {"matchLabels": {"app": "milvus"}}),
        "Namespace 'trial' has no default-deny NetworkPolicy",
    ),
    "protected-data": (unprotected(), "Bucket 'on-aws' holds durable data and is not protected"),
    "wildcard-rights": (
        changed("rights", "policy.Statement.0.Action", ["s3:*"]),
        "RolePolicy 'rights' allows actions s3:* in statement 'Read'",
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project.create(tmp_path_factory.mktemp("policy") / "project", {"name": "trial"})
    shutil.copy(ROOT / "tests" / "policy" / "engine_program.py", made.folder / "__main__.py")
    return made


def want(project: Project, resources: Declared) -> None:
    """Declare these; a provider that none of them needs is not started."""
    used = {kind.partition(":")[0] for kind, _, _ in resources.values()}
    wanted = {
        "providers": {package: PROVIDERS[package] for package in used},
        "resources": resources,
    }
    (project.folder / "wanted.json").write_text(json.dumps(wanted))


def nearby(plan: Declared) -> Declared:
    """Of a broken plan, the resources of the package in which it is broken."""
    names = [name for name, one in (good() | plan).items() if plan.get(name) != good().get(name)]
    (package,) = {(good() | plan)[name][0].partition(":")[0] for name in names}
    return {name: one for name, one in plan.items() if one[0].startswith(package)}


def test_a_good_program_passes_and_every_rule_was_asked(project: Project) -> None:
    want(project, good())
    answer = project.preview()
    assert answer.code == 0, answer.words
    assert "vectorkit@v0.1.0" in answer.words
    assert "violat" not in answer.words
    assert "can't run policy" not in answer.words


def test_there_is_a_broken_program_for_every_rule() -> None:
    assert BROKEN.keys() == ABOUT_A_RESOURCE.keys() | ABOUT_THE_STACK.keys()


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_program_is_refused_with_the_rules_sentence(project: Project, rule: str) -> None:
    plan, sentence = BROKEN[rule]
    want(project, nearby(plan))
    answer = project.preview()
    assert answer.code != 0
    assert f"[mandatory] {rule} " in answer.words
    assert sentence in answer.words
    assert "canary-password" not in answer.words
    assert "readable-key" not in answer.words


def test_the_only_rule_that_is_broken_is_the_one_that_is_named(project: Project) -> None:
    want(project, BROKEN["pinned-image"][0])
    assert project.preview().words.count("[mandatory]") == 1


def test_an_s3_compatible_bucket_cannot_ask_for_a_default_retention(project: Project) -> None:
    want(project, nearby(changed("live", "default_retention", RETENTION)))
    answer = project.preview()
    assert answer.code != 0
    assert "has no input 'default_retention'" in answer.words


@pytest.mark.parametrize("rule", ["bucket-versioning", "default-deny", "aws-bucket-versioning"])
def test_what_make_up_runs_makes_nothing_when_it_is_refused(project: Project, rule: str) -> None:
    plan, sentence = BROKEN[rule]
    want(project, nearby(plan))
    answer = project.run(*UP)
    assert answer.code != 0
    assert sentence in answer.words
    made: dict[str, Any] = json.loads(project.run("stack", "export").output)["deployment"]
    assert not made.get("resources")
    assert sentence in diagnostics(answer.output)


def test_an_exception_is_for_one_resource_and_has_a_reason(
    project: Project, tmp_path: Path
) -> None:
    want(project, nearby(BROKEN["bucket-denials"][0]))
    config = tmp_path / "exceptions.json"
    options = ("--policy-pack-config", str(config))
    reason = {"except": {"live": "MinIO has the denials in its users' policies"}}
    config.write_text(json.dumps({"bucket-denials": reason}))
    allowed = project.preview(*options)
    assert allowed.code == 0, allowed.words
    config.write_text(json.dumps({"bucket-denials": {"except": {"live": ""}}}))
    assert project.preview(*options).code != 0
    config.write_text(json.dumps({"bucket-denials": {"except": {"another": "not this bucket"}}}))
    assert project.preview(*options).code != 0
