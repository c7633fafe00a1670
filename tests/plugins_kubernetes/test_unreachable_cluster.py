"""A cluster that does not answer: the message says which one was asked."""

import json
import os
from pathlib import Path

import pytest

from plugins.errors import NotReady
from plugins.kubernetes.configuration import Configuration
from plugins.kubernetes.kinds import Wanted
from plugins.kubernetes.kubectl import Target, Unreachable
from plugins.kubernetes.release_kind import ReleaseKind
from plugins.properties import property_map

pytestmark = pytest.mark.tools

CONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "contexts": [{"name": "away", "context": {"cluster": "c", "user": "u"}}],
    "users": [{"name": "u", "user": {"token": "canary-token"}}],
}


@pytest.mark.parametrize("program", ["kubectl", "helm"])
def test_kubeconfig_and_context_are_named(program: str, tmp_path: Path) -> None:
    path = tmp_path / "kube config"
    path.write_text(json.dumps(CONFIG))
    target = Target(kubeconfig=str(path), context="away")
    with pytest.raises(Unreachable) as refused:
        target.kubectl("get", "pods") if program == "kubectl" else target.helm("list")
    said = str(refused.value)
    assert said.startswith(f"The cluster of kubeconfig {path}, context away cannot be reached at ")
    assert "https://127.0.0.1:1" in said
    assert "canary-token" not in said


def test_a_kubeconfig_given_as_text_is_not_repeated() -> None:
    target = Target(kubeconfig=json.dumps(CONFIG), context="away")
    with pytest.raises(Unreachable, match="kubeconfig given as text, context away") as refused:
        target.kubectl("get", "pods")
    assert "canary-token" not in str(refused.value)
    assert "canary-token" not in repr(target)


def test_a_release_whose_cluster_goes_away_while_it_is_installed_stays_in_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helm = tmp_path / "helm"
    helm.write_text(
        '#!/bin/sh\ncd "$(dirname "$0")"\n'
        '[ -e gone ] || case "$*" in\n'
        '  *get\\ metadata*) echo "Error: release: not found" >&2; exit 1 ;;\n'
        "  *) touch gone ;;\n"
        'esac\necho "Error: Kubernetes cluster unreachable: dial tcp" >&2; exit 1\n'
    )
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    kind = ReleaseKind(Configuration(Target()))
    given = {"name": "milvus", "namespace": "ns", "chart": str(tmp_path)}
    wanted = Wanted("urn", property_map(given, frozenset()))
    with pytest.raises(NotReady) as half_made:
        kind.create(wanted)
    assert half_made.value.identifier == "ns/milvus"
