"""The provider's answers that need neither a cluster nor an engine."""

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental import provider as rpc
from pulumi.provider.experimental.property_value import PropertyValue

from plugins.errors import Refusal
from plugins.kubernetes import installation
from plugins.kubernetes.kubectl import Failed, Target, Unreachable
from plugins.kubernetes.provider import KubernetesProvider
from plugins.properties import UNKNOWN, Properties, plain_map, property_map

URN = "urn:pulumi:local::vectorkit::vectorkit:index:Environment$kubernetes:{}::web"


def properties(**values: Any) -> Properties:
    return property_map(values, frozenset())


def check(token: str, inputs: Properties, old: Properties | None = None) -> rpc.CheckResponse:
    request = rpc.CheckRequest(URN.format(token), old or {}, inputs, b"seed")
    return asyncio.run(KubernetesProvider().check(request))


def diff(token: str, old: dict[str, Any], new: dict[str, Any], *ignore: str) -> rpc.DiffResponse:
    state = {**old, "__inputs": {k: v for k, v in old.items() if k != "status"}}
    request = rpc.DiffRequest(
        URN.format(token), "x", properties(**state), properties(**new), list(ignore)
    )
    return asyncio.run(KubernetesProvider().diff(request))


def config_map(name: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **more}


def test_the_data_of_a_secret_is_encrypted_even_when_the_program_forgot_to() -> None:
    given = properties(apiVersion="v1", kind="Secret", stringData={"a": "x"}, type=None)
    checked = check("core/v1:Secret", given)
    assert checked.failures == []
    assert checked.inputs is not None
    assert checked.inputs["data"].is_secret
    assert not checked.inputs["metadata"].contains_secret()
    assert plain_map(checked.inputs)["data"] == {"a": "eA=="}
    assert checked.inputs.keys() == {"apiVersion", "kind", "metadata", "data"}


@pytest.mark.parametrize("annotations", [{}, {"a": "b"}, UNKNOWN])
def test_annotations_are_kept_unless_there_are_none(annotations: Any) -> None:
    metadata = {"name": "x", "namespace": "default", "annotations": annotations}
    checked = check("core/v1:ConfigMap", properties(**config_map("x") | {"metadata": metadata}))
    kept = plain_map(checked.inputs or {})["metadata"]
    assert kept == (metadata if annotations else {"name": "x", "namespace": "default"})


def test_unknown_inputs_pass_unknown() -> None:
    metadata = {"namespace": UNKNOWN, "name": "a"}
    checked = check("core/v1:ConfigMap", properties(**config_map("x") | {"metadata": metadata}))
    assert plain_map(checked.inputs or {})["metadata"] == metadata


@pytest.mark.parametrize(
    ("token", "refused"),
    [
        ("core/v1:ConfigMapPatch", True),
        ("apps/v1:DeploymentList", True),
        ("helm.sh/v4:Chart", True),
        ("yaml/v2:ConfigFile", True),
        ("example.com/v1:AllowList", False),
    ],
)
def test_what_is_not_supported_is_refused(token: str, refused: bool) -> None:
    failures = check(token, properties(apiVersion="v1", kind="X")).failures or []
    assert [token in failure.reason for failure in failures] == [True] * refused


def test_nothing_changes_without_a_difference() -> None:
    same = config_map("a", data={"a": "1"})
    assert diff("core/v1:ConfigMap", {**same, "status": {"x": 1}}, same).changes is False


def test_an_object_that_keeps_its_name_is_deleted_before_it_is_made_again() -> None:
    old, new = config_map("a", data={"a": "1"}), config_map("a", data={"a": "2"})
    found = diff("core/v1:ConfigMap", old, new)
    assert found.replaces == ["data.a"]
    assert found.delete_before_replace
    assert (found.detailed_diff or {})["data.a"].kind == rpc.PropertyDiffKind.UPDATE_REPLACE


def test_an_object_with_another_name_or_place_is_made_before_the_old_one_goes() -> None:
    old = config_map("a", data={"a": "1"})
    moved = {**old, "metadata": {"name": "a", "namespace": "other"}}
    made_up = {"name": "a", "annotations": {"pulumi.com/autonamed": "true"}}
    renamed = {**old, "metadata": made_up, "data": {"a": "2"}}
    for new in (config_map("b", data={"a": "1"}), moved, renamed):
        found = diff("core/v1:ConfigMap", old, new)
        assert found.replaces
        assert not found.delete_before_replace


def test_the_default_namespace_may_be_said_or_left_out() -> None:
    said = config_map("a")
    unsaid = {**said, "metadata": {"name": "a"}}
    assert diff("core/v1:ConfigMap", said, unsaid).changes is False
    assert (
        diff("core/v1:ConfigMap", {**unsaid, "metadata": said["metadata"]}, said).changes is False
    )


def test_ignored_changes_are_no_changes() -> None:
    old, new = config_map("a", data={"a": "1"}), config_map("a", data={"a": "2"})
    assert diff("core/v1:ConfigMap", old, new, "data").changes is False
    assert diff("core/v1:ConfigMap", old, new, "dat").changes is True


def test_a_preview_of_an_update_still_knows_the_live_object() -> None:
    old = config_map("a", data={"a": "1"})
    state = properties(
        **{**old, "metadata": {**old["metadata"], "uid": "1"}, "__inputs": old, "status": {"x": 1}}
    )
    news = properties(**config_map("a", data={"a": "2"}))
    urn = URN.format("core/v1:ConfigMap")
    request = rpc.UpdateRequest(urn, "a", state, news, 0, [], preview=True)
    found = plain_map(asyncio.run(KubernetesProvider().update(request)).properties or {})
    assert found["metadata"]["uid"] == "1"
    assert found["data"] == {"a": "2"}
    assert found["status"] == {"x": 1}


def test_a_preview_with_unknowns_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    given = properties(**config_map("a", data={"a": UNKNOWN}))
    urn = URN.format("core/v1:ConfigMap")
    request = rpc.CreateRequest(urn, given, timeout=0, preview=True)
    found = asyncio.run(KubernetesProvider().create(request)).properties or {}
    assert plain_map(found)["metadata"]["uid"] is UNKNOWN
    assert isinstance(found["__inputs"], PropertyValue)


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Refusal, match="kubectl is not on PATH"):
        Target().kubectl("version")


@pytest.mark.tools
def test_an_unreachable_cluster_is_named_with_the_remedy(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:9'}}]\n"
        "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
        "users: [{name: u, user: {token: x}}]\n"
    )
    (tmp_path / "kube config").write_text(text)
    for kubeconfig in (text, str(tmp_path / "kube config")):
        target = Target(kubeconfig=kubeconfig)
        for program in (target.kubectl, target.helm):
            arguments = ["get", "pods"] if program == target.kubectl else ["list"]
            with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9") as refused:
                program(*arguments)
            assert "Check that it runs" in str(refused.value)
    with pytest.raises(Unreachable, match=r"context nonsense is unknown"):
        Target(kubeconfig=text, context="nonsense").get(config_map("a"))
    with pytest.raises(Failed):
        Target(kubeconfig=text).kubectl("nonsense")


def test_the_executable_works_from_a_path_with_spaces(tmp_path: Path) -> None:
    program = installation.install(tmp_path / "a home" / "plugins")
    assert program.parent == tmp_path / "a home" / "plugins" / "resource-kubernetes-v4.34.2"
    assert installation.is_stand_in(program.parent)
    assert os.access(program, os.X_OK)
    started = subprocess.Popen([program, "127.0.0.1:1"], stdout=subprocess.PIPE, text=True)
    try:
        assert started.stdout is not None
        assert int(started.stdout.readline()) > 0
    finally:
        started.terminate()
        started.wait()
        started.stdout.close() if started.stdout else None
