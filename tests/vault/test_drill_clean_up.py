"""What a drill takes away is its own: a stack that only has its name is left as it is."""

import dataclasses
import json
from pathlib import Path
from typing import Any, cast

import pytest

from plugins.objectstore.errors import StoreError
from tests import engine_environment
from tests.vault.test_drill_environments import document
from vault.drill import clean_up, environments, scratch_stack
from vault.drill.on_stack import Ground
from vault.drill.scratch_stack import ScratchStack
from vault.places import VaultError

SCRATCH = environments.attacked("local", document("local"))


def exported(namespace: str = "vectorkit-local-drill", bucket: str = "") -> dict[str, Any]:
    """As `pulumi stack export` tells of a stack that has made a namespace and a bucket."""
    made = {"type": "kubernetes:core/v1:Namespace", "inputs": {"metadata": {"name": namespace}}}
    looked_up = {
        "type": "kubernetes:core/v1:Namespace",
        "external": True,
        "inputs": {"metadata": {"name": "kube-system"}},
    }
    kept = {
        "type": "objectstore:index:Bucket",
        "inputs": {"bucket": bucket or "vectorkit-local-vault-drill"},
    }
    root = {"type": "pulumi:pulumi:Stack"}
    return {"version": 3, "deployment": {"resources": [root, looked_up, made, kept]}}


def imported(stack: ScratchStack, state: dict[str, Any]) -> None:
    """Let the stack have made that."""
    for number, one in enumerate(state["deployment"]["resources"]):
        one["urn"] = f"urn:pulumi:{stack.name}::vectorkit::{one['type']}::{number}"
        one.update({"custom": True, "id": str(number)} if number else {"custom": False})
    stack._pulumi("stack", "import", stdin=json.dumps(state))


def test_a_stack_that_has_made_anything_else_is_no_drills() -> None:
    clean_up.refuse_foreign(SCRATCH, exported())
    clean_up.refuse_foreign(SCRATCH, {"deployment": {}})
    with pytest.raises(VaultError, match=r"is no drill's: it has 'ours'\. Nothing was deleted"):
        clean_up.refuse_foreign(SCRATCH, exported(namespace="ours"))
    with pytest.raises(VaultError, match="it has 'ours-live'"):
        clean_up.refuse_foreign(SCRATCH, exported(bucket="ours-live"))


@pytest.mark.tools
def test_somebody_elses_stack_of_that_name_stays_in_the_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in engine_environment.of_project(tmp_path).items():
        monkeypatch.setenv(name, value)
    for folder in ("state", "home"):
        (tmp_path / folder).mkdir()
    asked: list[str] = []
    monkeypatch.setattr(clean_up, "remove_namespace", lambda *_: asked.append("namespace"))
    monkeypatch.setattr(clean_up, "remove_bucket", lambda *_: asked.append("bucket"))
    stack = ScratchStack(SCRATCH, tmp_path / "drill")
    stack._make()
    imported(stack, exported(namespace="ours"))
    with pytest.raises(VaultError, match="is no drill's"):
        stack.remove(cast("Any", None))
    assert (asked, stack._is_in_backend()) == ([], True)
    imported(stack, exported())
    stack.remove(cast("Any", None))
    assert asked == ["namespace", "bucket", "bucket"]
    assert not stack._is_in_backend()


def test_what_keeps_one_environment_does_not_keep_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[str] = []

    def remove(stack: ScratchStack, _: Any) -> None:
        tried.append(stack.name)
        raise StoreError(f"{stack.name} stays.")

    monkeypatch.setattr(scratch_stack.ScratchStack, "remove", remove)
    monkeypatch.setattr(Ground, "_client", lambda *_: None)
    attacked, restored = (
        ScratchStack(one("local", document("local")), tmp_path)
        for one in (environments.attacked, environments.restored)
    )
    given: dict[str, Any] = dict.fromkeys(one.name for one in dataclasses.fields(Ground))
    with pytest.raises(StoreError, match="stays"):
        Ground(**given | {"attacked": attacked, "restored": restored})._remove()
    assert tried == [attacked.name, restored.name]
