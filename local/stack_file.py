"""The stack file of `local`: the tracked one with this machine's values and encrypted secrets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.errors import Refusal
from local.layout import CLONE
from local.platform import Platform

STACK = "local"
PROJECT = "vectorkit"
TRACKED = CLONE / "stacks" / f"Pulumi.{STACK}.yaml"
ENVIRONMENT_KEY = f"{PROJECT}:environment"


def buckets() -> tuple[str, str]:
    """Names of the live and the vault bucket, as the tracked stack file gives them."""
    store = yaml.safe_load(TRACKED.read_text())["config"][ENVIRONMENT_KEY]["store"]
    return store["live"]["bucket"], store["vault"]["bucket"]


def write(platform: Platform) -> None:
    """Bring this machine's copy up to date; its salt and its encrypted values stay."""
    target = platform.layout.stack_file
    tracked = yaml.safe_load(TRACKED.read_text())
    own = yaml.safe_load(target.read_text()) or {}
    secure = {
        key: value
        for key, value in (own.get("config") or {}).items()
        if isinstance(value, dict) and "secure" in value
    }
    merged = merge(tracked["config"][ENVIRONMENT_KEY], overrides(platform))
    own["config"] = tracked["config"] | {ENVIRONMENT_KEY: merged} | secure
    fresh = target.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(yaml.safe_dump(own, sort_keys=False))
    fresh.replace(target)


def overrides(platform: Platform) -> dict[str, Any]:
    """What this machine changes in the stack file of `local`."""
    settings = platform.settings
    changed: dict[str, Any] = {
        "cluster": {"kubeconfig": str(platform.kubeconfig)},
        "store": {"endpoint": platform.endpoint, "ca_file": str(platform.layout.ca_file)},
    }
    if platform.nodes:
        access = {"host": settings.node_address(0), "clients": [str(settings.subnet)]}
        changed["access"] = access
    else:
        changed["cluster"]["context"] = _current_context(platform.kubeconfig)
        changed["access"] = None
    if not platform.own_store:
        ca_file = settings.s3_ca_file
        changed["store"]["ca_file"] = str(ca_file) if ca_file else None
    if settings.chart is not None:
        changed["milvus"] = {"chart": {"path": str(settings.chart)}}
    return changed


def merge(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`document` with `changes` laid over it, key by key; None removes a key."""
    merged = dict(document)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _current_context(kubeconfig: Path) -> str:
    document = yaml.safe_load(kubeconfig.read_text())
    context = document.get("current-context") if isinstance(document, dict) else None
    if not context:
        raise Refusal(
            f"{kubeconfig} has no current-context; set one with kubectl config use-context."
        )
    return str(context)
