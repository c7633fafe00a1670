"""Two environments share nothing that either takes for its own alone."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.stack_document import KAFKA, PULSAR, STACKS, settings, tracked
from vectorkit.schema.neighbours import clashes
from vectorkit.schema.problems import Problems
from vectorkit.settings import KEY, refuse_clashes

UID = "5b0d1e9c-9a4f-4a57-8a43-0d1c2b3a4f5e"
STAGING = "staging"
CLUSTER = {"cluster.context": "vectorkit-dev", "cluster.kubeconfig": "~/.kube/vectorkit-dev"}
PLACE = {**CLUSTER, "namespace": "vectorkit-dev"}


def found(own: dict[str, Any], other: dict[str, Any], *, stack: str = "dev") -> dict[str, str]:
    """What staging shares with `stack`, each with changes."""
    others = {stack: settings(other, stack=stack)}
    return dict(clashes(settings(own, stack=STAGING), others))


@pytest.mark.parametrize(
    ("own", "other", "path"),
    [
        ({"store.live.bucket": "shared"}, {"store.live.bucket": "shared"}, "store.live.bucket"),
        ({"store.vault.bucket": "shared"}, {"store.live.bucket": "shared"}, "store.vault.bucket"),
        (PLACE, {}, "namespace"),
        (
            {"namespace": "vectorkit-dev", "cluster.uid": UID},
            {"cluster.context": "another-name", "cluster.uid": UID},
            "namespace",
        ),
        (PULSAR, PULSAR, "milvus.pulsar.host"),
        (KAFKA, {**KAFKA, "milvus.kafka.brokers": ["KAFKA-1.example:9093"]}, "milvus.kafka"),
    ],
)
def test_what_another_stack_has_is_refused_with_its_name(
    own: dict[str, Any], other: dict[str, Any], path: str
) -> None:
    endpoint = {"store.endpoint": "https://s3.example.com:8333"}
    told = found(endpoint | own, {"store.endpoint": "https://S3.example.com:8333/"} | other)
    assert len(told) == 1
    ((where, sentence),) = told.items()
    assert where.startswith(path)
    assert "of stack 'dev' too" in sentence


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ({"store.live.bucket": "shared"}, {"store.live.bucket": "shared"}),
        ({**PLACE, "cluster.uid": UID}, {"cluster.uid": UID.replace("5", "6")}),
        ({"namespace": "vectorkit-dev"}, {}),
        (CLUSTER, {}),
        (PULSAR, {**PULSAR, "milvus.pulsar": {**PULSAR["milvus.pulsar"], "tenant": "dev"}}),
    ],
)
def test_the_same_name_elsewhere_is_no_clash(own: dict[str, Any], other: dict[str, Any]) -> None:
    assert found({"store.endpoint": "https://s3.example.com:8333"} | own, other) == {}


def test_aws_has_a_name_once_in_all_its_regions() -> None:
    own = settings({"store.region": "eu-west-1", "sovereignty": {}}, stack="prod-aws")
    others = {"other": settings(stack="prod-aws")}
    assert {"store.live.bucket", "store.vault.bucket"} <= dict(clashes(own, others)).keys()


@pytest.mark.parametrize("stack", STACKS)
def test_no_two_tracked_stacks_clash(stack: str) -> None:
    refuse_clashes(settings(stack=stack))


def test_the_files_beside_a_stack_are_read_and_its_own_and_wrong_ones_are_not(
    tmp_path: Path,
) -> None:
    own = settings(stack="dev")
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {KEY: tracked("dev")}}))
    for name, text in (("broken", "a: ["), ("empty", ""), ("other", "config: {a:b: 1}")):
        (tmp_path / f"Pulumi.{name}.yaml").write_text(text)
    wrong = {"config": {KEY: tracked("dev", {"durabel": True})}}
    (tmp_path / "Pulumi.wrong.yaml").write_text(yaml.safe_dump(wrong))
    refuse_clashes(own, tmp_path)
    (tmp_path / "Pulumi.copy.yaml").write_text(yaml.safe_dump({"config": {KEY: tracked("dev")}}))
    with pytest.raises(Problems, match="is a bucket of stack 'copy' too") as refused:
        refuse_clashes(own, tmp_path)
    assert {path for path, _ in refused.value.found} == {
        "store.live.bucket",
        "store.vault.bucket",
        "namespace",
    }
