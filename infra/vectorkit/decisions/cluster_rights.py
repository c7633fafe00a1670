"""What the deployer must be allowed in the cluster: by what the environment declares, what its
chart makes, and what a wait for it looks at."""

from collections.abc import Iterator, Sequence
from typing import Any

from vectorkit.decisions.decide import Decisions
from vectorkit.settings import Settings

Right = dict[str, Any]

_MAKES = ("create", "delete", "get", "list", "patch", "update", "watch")
_READS = ("get", "list", "watch")
_ALWAYS = (
    ("", "configmaps"),
    ("", "limitranges"),
    ("", "persistentvolumeclaims"),
    ("", "resourcequotas"),
    # Helm keeps its releases in Secrets, too.
    ("", "secrets"),
    ("", "serviceaccounts"),
    ("", "services"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("networking.k8s.io", "networkpolicies"),
)
_LOOKED_AT = (
    ("", "events"),
    ("", "pods"),
    ("apps", "replicasets"),
    ("discovery.k8s.io", "endpointslices"),
)


def needed(settings: Settings, decisions: Decisions) -> list[Right]:
    """Verbs on resources, in the environment's namespace or in the whole cluster."""
    return [
        # Namespaces are made and labelled; nobody needs to list those of others.
        _right("", "namespaces", ("create", "delete", "get", "patch"), namespaced=False),
        *(
            _right(group, kind, _MAKES)
            for group, kind in (*_ALWAYS, *_sometimes(settings, decisions))
        ),
        *(_right(group, kind, _READS) for group, kind in _LOOKED_AT),
    ]


def _sometimes(settings: Settings, decisions: Decisions) -> Iterator[tuple[str, str]]:
    if settings.durable and decisions.budgets:
        yield "policy", "poddisruptionbudgets"
    if decisions.seal_job is not None:
        yield "batch", "cronjobs"
    if settings.shape and settings.shape.proxy.most > settings.shape.proxy.count:
        yield "autoscaling", "horizontalpodautoscalers"
    if settings.milvus.tls and settings.milvus.tls.cluster_issuer:
        yield "cert-manager.io", "certificates"
    if settings.external_secrets:
        yield "external-secrets.io", "externalsecrets"
    if settings.monitoring.prometheus_operator:
        yield "monitoring.coreos.com", "podmonitors"
        yield "monitoring.coreos.com", "prometheusrules"


def _right(group: str, resource: str, verbs: Sequence[str], *, namespaced: bool = True) -> Right:
    return {"group": group, "resource": resource, "verbs": list(verbs), "namespaced": namespaced}
