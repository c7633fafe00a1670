import json
from pathlib import Path
from typing import Any

import pytest

from plugins.kubernetes import configuration, kubeconfig
from plugins.properties import UNKNOWN


def config(server: str = "https://one", **context: str) -> str:
    return json.dumps(
        {
            "current-context": "first",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "contexts": [
                {"name": "first", "context": {"cluster": "c", **context}},
                {"name": "second", "context": {"cluster": "c", "namespace": "other"}},
            ],
        }
    )


def test_the_namespace_is_the_given_one_else_that_of_the_context(tmp_path: Path) -> None:
    path = tmp_path / "kube config"
    path.write_text(config(namespace="home"))
    given: dict[str, Any] = {"kubeconfig": str(path)}
    assert configuration.configure(given).target.namespace == "home"
    assert configuration.configure({**given, "context": "second"}).target.namespace == "other"
    assert configuration.configure({**given, "namespace": "mine"}).target.namespace == "mine"


@pytest.mark.parametrize("source", ["{}", "a: [", "/nowhere", "[1]\n", config()])
def test_a_kubeconfig_without_a_namespace_or_without_sense_means_default(source: str) -> None:
    assert kubeconfig.active(source, None).namespace == "default"


def test_several_kubeconfigs_of_the_environment_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text(config(namespace="home"))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'none'}:{tmp_path / 'a'}")
    assert kubeconfig.active(None, None).namespace == "home"


def test_what_a_preview_does_not_know_counts_as_not_given() -> None:
    target = configuration.configure({"kubeconfig": UNKNOWN, "namespace": UNKNOWN}).target
    assert target.kubeconfig is None
    assert isinstance(target.namespace, str)


def test_another_cluster_is_one_with_another_entry_not_another_file(tmp_path: Path) -> None:
    old = {"kubeconfig": config(), "context": "first"}
    assert configuration.other_cluster(old, old) == []
    assert configuration.other_cluster(old, {**old, "context": "second"}) == []
    (tmp_path / "copy").write_text(config())
    assert configuration.other_cluster(old, {**old, "kubeconfig": str(tmp_path / "copy")}) == []
    moved = {**old, "kubeconfig": config("https://two")}
    assert configuration.other_cluster(old, moved) == ["kubeconfig"]
    assert configuration.other_cluster(old, {**old, "kubeconfig": UNKNOWN}) == []


@pytest.mark.parametrize("said", [True, "true"])
def test_flags_arrive_as_json(said: object) -> None:
    made = configuration.configure({"kubeconfig": config(), "enableSecretMutable": said})
    assert made.mutable_data({"kind": "Secret"})
    assert not made.mutable_data({"kind": "ConfigMap"})
    assert not made.mutable_data({"kind": "Secret", "immutable": True})


def test_what_is_not_supported_is_named() -> None:
    given = {
        "kubeconfig": "x",
        "deleteUnreachable": "true",
        "enableServerSideApply": "false",
        "skipUpdateUnreachable": "false",
        "__internal": "{}",
    }
    found = dict(configuration.problems(given))
    assert found.keys() == {"deleteUnreachable", "enableServerSideApply"}
    assert configuration.problems({"enableServerSideApply": "true", "namespace": "a"}) == []
