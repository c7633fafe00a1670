"""How the tracked stack file becomes this machine's."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from local import stack_file
from local.engine import diagnostics
from local.errors import Refusal
from local.layout import Layout
from local.recovery import pending_import, releases
from local.stack_file import merge


def test_machine_values_are_laid_over_the_tracked_ones() -> None:
    tracked = {"store": {"endpoint": "https://a", "region": "r"}, "durable": False}
    merged = merge(tracked, {"store": {"endpoint": "https://b"}})
    assert merged == {"store": {"endpoint": "https://b", "region": "r"}, "durable": False}
    assert tracked["store"] == {"endpoint": "https://a", "region": "r"}


def test_a_value_that_the_machine_lacks_is_removed() -> None:
    assert merge({"access": {"node_port": 1}, "n": 1}, {"access": None}) == {"n": 1}


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [
        ("charts/milvus-local", "/a/clone/charts/milvus-local", False),
        ("charts/milvus-local", "/somewhere/milvus-5.0.19.tgz", True),
        ("/somewhere/milvus", None, False),
        (None, "charts/milvus-local", True),
    ],
)
def test_a_stack_keeps_to_the_chart_that_made_what_is_there(
    before: str | None, now: str | None, refused: bool, tmp_path: Path
) -> None:
    deployed, chosen = (
        {"milvus": {"chart": {"path": path} if path else {"name": "milvus"}}}
        for path in (before, now)
    )
    layout = Layout(state=tmp_path, cache=tmp_path)
    told = (
        pytest.raises(Refusal, match="make down PURGE=1") if refused else contextlib.nullcontext()
    )
    with told:
        stack_file.refuse_other_chart(
            {"config": {stack_file.ENVIRONMENT_KEY: deployed}}, chosen, layout
        )
    stack_file.refuse_other_chart({}, chosen, layout)


def _pending(kind: str, inputs: Mapping[str, object]) -> dict[str, object]:
    return {"type": "creating", "resource": {"urn": "urn:x", "type": kind, "inputs": inputs}}


def test_interrupted_creations_are_taken_over_by_the_id_their_provider_gives() -> None:
    namespaced = {"metadata": {"name": "n", "namespace": "ns"}}
    release = {"name": "milvus", "namespace": "ns"}
    assert pending_import(_pending("objectstore:index:Bucket", {"bucket": "b"})) == ("urn:x", "b")
    assert pending_import(_pending("kubernetes:core/v1:Secret", namespaced)) == ("urn:x", "ns/n")
    cluster_wide = {"metadata": {"name": "ns"}}
    assert pending_import(_pending("kubernetes:core/v1:Namespace", cluster_wide)) == ("urn:x", "ns")
    assert pending_import(_pending("kubernetes:helm.sh/v3:Release", release)) == (
        "urn:x",
        "ns/milvus",
    )


def test_an_interrupted_deletion_is_left_to_the_refresh() -> None:
    operation = _pending("kubernetes:core/v1:Secret", {"metadata": {"name": "n"}})
    assert pending_import(operation | {"type": "deleting"}) is None


def test_only_the_stacks_own_releases_are_repaired() -> None:
    def resource(kind: str, namespace: str) -> dict[str, object]:
        return {"type": kind, "inputs": {"namespace": namespace, "name": "milvus"}}

    helm = "kubernetes:helm.sh/v3:Release"
    made = [resource(helm, "made"), resource("kubernetes:core/v1:Secret", "secret")]
    pending = [{"type": "creating", "resource": resource(helm, "pending")}]
    deployment = {"resources": made, "pending_operations": pending}
    assert releases(deployment) == {("made", "milvus"), ("pending", "milvus")}
    assert releases({}) == set()


def test_a_failed_deployment_is_told_by_its_diagnostics_alone() -> None:
    output = """@ updating...
Diagnostics:
  pulumi:pulumi:Stack (vectorkit-local):
    error: vectorkit:environment of stack 'local' is invalid:
      store.live.undelete_dayz: is not a known key; did you mean 'undelete_days'?

Outputs:
  - release: "milvus"
Resources:
    20 unchanged
"""
    told = diagnostics(output)
    assert "did you mean 'undelete_days'?" in told
    assert "release" not in told
    assert (
        diagnostics(f"Previewing update (local):\nDiagnostics:\n  old\nUpdating (local):\n{output}")
        == told
    )
    assert diagnostics("error: no stack named local") == "error: no stack named local"
