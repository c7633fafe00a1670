"""The stack file of `local`: the tracked one with this machine's values and encrypted secrets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local import reachability, store
from local.cluster import CONTEXT
from local.command import run
from local.errors import Refusal
from local.layout import CLONE, Layout
from local.platform import Platform

STACK = "local"
PROJECT = "vectorkit"
UPSTREAM: dict[str, Any] = {
    "chart": {
        "path": None,
        "repository": "https://zilliztech.github.io/milvus-helm",
        "name": "milvus",
        "version": "5.0.19",
    },
    "image": {"repository": "docker.io/milvusdb/milvus", "tag": "v2.6.15"},
    "etcd_image": {"registry": "docker.io", "repository": "milvusdb/etcd", "tag": "3.5.25-r1"},
    "accept_known_holes": ["etcd-password-in-log"],
    "allow_anonymous_etcd": None,
    "storage_class": None,
}
"""What a cluster that is already there runs: only the platform's own has the images packed here."""
OWN_CHART = "charts/milvus-local"
"""Its etcd asks nobody for a password."""
TRACKED = CLONE / "stacks" / f"Pulumi.{STACK}.yaml"
ENVIRONMENT_KEY = f"{PROJECT}:environment"


def buckets() -> tuple[str, str]:
    """Names of the live and the vault bucket, as the tracked stack file gives them."""
    store = yaml.safe_load(TRACKED.read_text())["config"][ENVIRONMENT_KEY]["store"]
    return store["live"]["bucket"], store["vault"]["bucket"]


def write(platform: Platform, environment: Mapping[str, str]) -> None:
    """Bring this machine's copy up to date; its salt and its encrypted values stay.

    Raises Refusal when the stack is deployed elsewhere than `platform` says, or with another chart.
    """
    refuse_other_target(platform)
    target = platform.layout.stack_file
    tracked = yaml.safe_load(TRACKED.read_text())
    own = yaml.safe_load(target.read_text()) or {}
    secure = {
        key: value
        for key, value in (own.get("config") or {}).items()
        if isinstance(value, dict) and "secure" in value
    }
    merged = merge(tracked["config"][ENVIRONMENT_KEY], overrides(platform, environment))
    refuse_other_chart(own, merged, platform.layout)
    own["config"] = tracked["config"] | {ENVIRONMENT_KEY: merged} | secure
    fresh = target.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(yaml.safe_dump(own, sort_keys=False))
    fresh.replace(target)


def is_elsewhere(platform: Platform) -> bool:
    """Whether the stack is deployed to a cluster or a store that was there before."""
    own = {"kubeconfig": str(platform.layout.kubeconfig)}
    deployed, here = _deployed(platform.layout), store.endpoint(platform.settings.gateway)
    return deployed not in (None, _target(platform.layout, own, here))


def refuse_other_target(platform: Platform) -> None:
    """Raises Refusal when the stack is deployed to another cluster or store than the chosen one:
    moved, it would be taken away there and its data with it."""
    chosen = _target(platform.layout, _cluster(platform), platform.endpoint)
    deployed = _deployed(platform.layout)
    if deployed not in (None, chosen):
        raise Refusal(
            f"The stack in {platform.layout.state} is deployed to {deployed}, but {chosen} are "
            "chosen. A stack never moves. Choose what it was deployed to (KUBECONFIG, "
            "VECTORKIT_S3_ENDPOINT, VECTORKIT_SUBNET), or another folder with VECTORKIT_STATE."
        )


def refuse_other_chart(
    deployed: Mapping[str, Any], chosen: Mapping[str, Any], layout: Layout
) -> None:
    """Raises Refusal when the stack file has the project's own chart and another one is chosen, or
    the other way round: what the one calls etcd's StatefulSet the other cannot change."""
    known = (deployed.get("config") or {}).get(ENVIRONMENT_KEY)
    if known is None or _is_own_chart(known) == _is_own_chart(chosen):
        return
    before, now = ("the project's own chart", "another one")[:: 1 if _is_own_chart(known) else -1]
    raise Refusal(
        f"The stack in {layout.state} was deployed with {before}, and {now} is chosen. Neither can "
        "take over what the other has made. Choose the one before (CHART, VECTORKIT_CHART), take "
        "the stack away with its data (`make down PURGE=1`), or use another folder and network "
        "(VECTORKIT_STATE, VECTORKIT_SUBNET)."
    )


def _is_own_chart(environment: Mapping[str, Any]) -> bool:
    """Of any clone."""
    path = environment["milvus"]["chart"].get("path")
    return path is not None and Path(path).name == Path(OWN_CHART).name


def _deployed(layout: Layout) -> str | None:
    """Where the stack file says that the stack is; None before the first deployment."""
    if not layout.stack_file.exists():
        return None
    document = yaml.safe_load(layout.stack_file.read_text()) or {}
    environment = document.get("config", {}).get(ENVIRONMENT_KEY)
    if environment is None:
        return None
    return _target(layout, environment["cluster"], environment["store"]["endpoint"])


def _target(layout: Layout, cluster: Mapping[str, str], endpoint: str) -> str:
    own = cluster["kubeconfig"] == str(layout.kubeconfig)
    name = "the platform's own cluster" if own else f"the cluster of context {cluster['context']}"
    return f"{name} and the store {endpoint}"


def _cluster(platform: Platform) -> dict[str, str]:
    context = CONTEXT if platform.nodes else _current_context(platform.kubeconfig)
    return {"kubeconfig": str(platform.kubeconfig), "context": context}


def overrides(platform: Platform, environment: Mapping[str, str]) -> dict[str, Any]:
    """What this machine changes in the stack file of `local`."""
    settings = platform.settings
    access: dict[str, Any] | None = None
    milvus: dict[str, Any] = {}
    if platform.nodes:
        access = {"host": settings.node_address(0), "clients": [str(settings.subnet)]}
    else:
        milvus = dict(UPSTREAM)
    if settings.chart is not None:
        milvus["chart"] = _chart(settings.chart, environment)
        if settings.chart.resolve() == CLONE / OWN_CHART:
            milvus |= {"allow_anonymous_etcd": True, "accept_known_holes": []}
    return {
        "cluster": _cluster(platform),
        "store": _store(platform),
        "access": access,
        "milvus": milvus,
    }


def _store(platform: Platform) -> dict[str, Any]:
    given = platform.settings.store
    if given is None:
        return {"endpoint": platform.endpoint, "ca_file": str(platform.layout.ca_file)}
    return {
        "endpoint": given.endpoint,
        "ca_file": str(given.ca_file) if given.ca_file else None,
        "networks": reachability.networks(given.endpoint),
        "deployer_user_ids": [given.deployer],
    }


def _chart(place: Path, environment: Mapping[str, str]) -> dict[str, str]:
    show = ["helm", "show", "chart", str(place)]
    shown = run(show, what=f"Reading the chart {place}", env=environment)
    return {"path": str(place), "version": str(yaml.safe_load(shown)["version"])}


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
