"""What can be reached, and from where."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from vectorkit_policy.plan import UNKNOWN, Findings, Plan, Resource, at, items, mapping, of_type
from vectorkit_policy.workloads import (
    NAMESPACE,
    called,
    containers,
    is_in,
    is_milvus,
    namespace_of,
    pod,
    runs,
    values,
)

METRICS_PORT = 9091
"""Milvus's health, metrics and a management API that asks for no password."""
METRICS_NAME = "metrics"
"""What Milvus's chart calls it."""
SERVICE = "kubernetes:core/v1:Service"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_OUTSIDE = ("NodePort", "LoadBalancer")
_PROGRAM_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
_WIDEST_PRIVATE = {4: 8, 6: 7}
"""Bits of 10.0.0.0/8 and fc00::/7, by version of IP."""


def metrics_port(resource: Resource) -> Iterator[str]:
    """Port 9091 is not open to everybody: by Service, Ingress, host port, NetworkPolicy or chart.

    Pods that a label calls something else than Milvus are left alone. Not judged: Gateway routes,
    and a port's name in an Ingress whose Service is not called like Milvus.
    """
    spec = resource.properties.get("spec")
    if resource.type == SERVICE and _is_outside(spec):
        if _may_be_milvus(at(spec, "selector")) and any(map(_is_metrics, items(at(spec, "ports")))):
            yield _public(f"Service {resource.name!r}", "is reached from outside the cluster")
    elif resource.type == INGRESS:
        if any(map(_leads_to_metrics, _backends(spec))):
            yield _public(f"Ingress {resource.name!r}", "leads there")
    elif resource.type == NETWORK_POLICY:
        labels = at(spec, "podSelector", "matchLabels")
        if _may_be_milvus(labels) and any(map(_opens_metrics, items(at(spec, "ingress")))):
            yield _public(f"NetworkPolicy {resource.name!r}", "lets anybody in")
    elif _is_on_the_node(resource):
        yield _public(f"{_kind(resource)} {resource.name!r}", "opens it on its node")
    elif is_milvus(resource):
        given = values(resource)
        carried = at(given, "metrics", "enabled") not in (False, UNKNOWN)
        if at(given, "service", "type") in _OUTSIDE and carried:
            # The chart adds 9091 to the Service that it opens.
            yield _public(
                f"Helm release {resource.name!r}",
                "opens it with its Service unless the value metrics.enabled is false",
            )


def default_deny(plan: Plan) -> Findings:
    """Every namespace that is declared, or that something runs in, refuses unlisted traffic."""
    denials = [one for one in of_type(plan, NETWORK_POLICY) if _denies_everything(one)]
    namespaces = of_type(plan, NAMESPACE)
    for namespace in namespaces:
        if not any(is_in(one, namespace) for one in denials):
            yield (
                namespace,
                f"Namespace {called(namespace)!r} has no default-deny NetworkPolicy: expected one "
                "with an empty podSelector, policyTypes Ingress and Egress, and no rules. Declare "
                "it, then list the traffic that is needed.",
            )
    guarded = [UNKNOWN, *(namespace_of(one) for one in denials)]
    for one in filter(runs, plan):
        if one.properties.get("createNamespace") is True:
            yield (
                one,
                f"Helm release {one.name!r} makes its own namespace, which nothing guards: "
                "expected a Namespace with a default-deny NetworkPolicy. Declare both, and leave "
                "createNamespace out.",
            )
        elif namespace_of(one) not in guarded and not any(is_in(one, ns) for ns in namespaces):
            yield (
                one,
                f"{_kind(one)} {one.name!r} runs in namespace {namespace_of(one)!r}, of which this "
                "program declares no default-deny NetworkPolicy: expected one with an empty "
                "podSelector, policyTypes Ingress and Egress, and no rules. Declare it here, or "
                "except the resource with the place where it is declared as the reason.",
            )


def _public(what: str, how: str) -> str:
    return (
        f"{what} {how}: port {METRICS_PORT} is Milvus's management port and asks for no password; "
        "expected it to be open to the monitoring namespace alone. Take the port out, and let "
        "monitoring in by a NetworkPolicy."
    )


def _kind(resource: Resource) -> str:
    return resource.type.rpartition(":")[2]


def _may_be_milvus(labels: Any) -> bool:
    """No label calls the pods something else."""
    names = [str(one) for key, one in mapping(labels).items() if key in _PROGRAM_LABELS]
    return not names or any("milvus" in one for one in names)


def _is_outside(spec: Any) -> bool:
    return at(spec, "type") in _OUTSIDE or bool(items(at(spec, "externalIPs")))


def _is_metrics(port: Any) -> bool:
    return (
        METRICS_PORT in (at(port, "port"), at(port, "targetPort"))
        or at(port, "targetPort") == METRICS_NAME
    )


def _backends(spec: Any) -> list[Any]:
    paths = [path for rule in items(at(spec, "rules")) for path in items(at(rule, "http", "paths"))]
    return [at(spec, "defaultBackend"), *(at(path, "backend") for path in paths)]


def _leads_to_metrics(backend: Any) -> bool:
    service = at(backend, "service")
    by_name = at(service, "port", "name") == METRICS_NAME and "milvus" in str(at(service, "name"))
    return by_name or at(service, "port", "number") == METRICS_PORT


def _is_on_the_node(resource: Resource) -> bool:
    template = pod(resource)
    shared = at(template, "spec", "hostNetwork") is True
    return _may_be_milvus(at(template, "metadata", "labels")) and any(
        at(port, "containerPort") == METRICS_PORT and (shared or at(port, "hostPort") is not None)
        for container in containers(resource)
        for port in items(container.get("ports"))
    )


def _opens_metrics(rule: Any) -> bool:
    """For anybody, and for this port, for a range around it, or for all ports."""
    peers = items(at(rule, "from"))
    anybody = not peers or any(map(_is_anybody, peers))
    ports = items(at(rule, "ports"))
    return anybody and at(rule, "from") is not UNKNOWN and (not ports or any(map(_spans, ports)))


def _is_anybody(peer: Any) -> bool:
    """A block wider than any private network, or every pod of every namespace."""
    cidr = at(peer, "ipBlock", "cidr")
    if isinstance(cidr, str):
        return _is_wide(cidr)
    return _selects_all(at(peer, "namespaceSelector")) and not _labels(at(peer, "podSelector"))


def _is_wide(cidr: str) -> bool:
    try:
        block = ip_network(cidr, strict=False)
    except ValueError:
        # The cluster refuses it.
        return False
    return block.prefixlen < _WIDEST_PRIVATE[block.version]


def _selects_all(selector: Any) -> bool:
    return selector not in (None, UNKNOWN) and not _labels(selector)


def _labels(selector: Any) -> bool:
    return any(mapping(selector).values())


def _spans(port: Any) -> bool:
    first, last = at(port, "port"), at(port, "endPort")
    if first is None or first == METRICS_NAME:
        return True
    return isinstance(first, int | float) and first <= METRICS_PORT <= (last or first)


def _denies_everything(policy: Resource) -> bool:
    spec = policy.properties.get("spec")
    if UNKNOWN in (spec, at(spec, "policyTypes")):
        return True
    return (
        not _labels(at(spec, "podSelector"))
        and {"Ingress", "Egress"} <= set(items(at(spec, "policyTypes")))
        and not items(at(spec, "ingress"))
        and not items(at(spec, "egress"))
    )
