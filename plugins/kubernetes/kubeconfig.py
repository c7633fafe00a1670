"""Reads the kubeconfig that the program names: which cluster and which namespace it means."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True)
class Active:
    """What the chosen context points at."""

    namespace: str = DEFAULT_NAMESPACE
    cluster: Mapping[str, Any] | None = None
    """The cluster's entry; None when kubeconfig or context do not exist yet."""
    user: Mapping[str, Any] | None = field(default=None, repr=False)
    """The entry of who asks, with its secrets; None as above."""


def active(kubeconfig: str | None, context: str | None) -> Active:
    """The context's cluster and namespace. `kubeconfig`: a path, or the text itself; None: that of
    the environment."""
    documents = [_document(one) for one in _sources(kubeconfig)]
    name = context or next(
        (d["current-context"] for d in documents if d.get("current-context")), ""
    )
    found = _named(documents, "contexts", name).get("context") or {}
    cluster = _named(documents, "clusters", found.get("cluster", "")).get("cluster")
    user = _named(documents, "users", found.get("user", "")).get("user")
    return Active(found.get("namespace") or DEFAULT_NAMESPACE, cluster, user)


def is_text(kubeconfig: str) -> bool:
    """Whether this is a kubeconfig itself and not the path of one."""
    return "\n" in kubeconfig or kubeconfig.lstrip().startswith("{")


def _sources(kubeconfig: str | None) -> list[str]:
    if kubeconfig:
        return [kubeconfig]
    given = os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    return [path for path in given.split(os.pathsep) if path]


def _document(source: str) -> dict[str, Any]:
    """A kubeconfig as plain data; one that cannot be read is empty: kubectl says what is wrong."""
    try:
        text = source if is_text(source) else Path(source).expanduser().read_text()
        document = yaml.safe_load(text)
    except (OSError, UnicodeError, yaml.YAMLError):
        return {}
    return document if isinstance(document, dict) else {}


def _named(documents: list[dict[str, Any]], group: str, name: str) -> dict[str, Any]:
    for document in documents:
        for entry in document.get(group) or []:
            if isinstance(entry, dict) and entry.get("name") == name:
                return entry
    return {}
