"""A cluster that does not answer: the message says which one was asked."""

import json
from pathlib import Path

import pytest

from plugins.kubernetes.kubectl import Target, Unreachable

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
    assert said.startswith(f"The cluster of kubeconfig {path}, context away cannot be reached: ")
    assert "canary-token" not in said


def test_a_kubeconfig_given_as_text_is_not_repeated() -> None:
    target = Target(kubeconfig=json.dumps(CONFIG), context="away")
    with pytest.raises(Unreachable, match="kubeconfig given as text, context away") as refused:
        target.kubectl("get", "pods")
    assert "canary-token" not in str(refused.value)
    assert "canary-token" not in repr(target)
