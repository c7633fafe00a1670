"""What can be reached, and from where."""

from collections.abc import Iterator
from typing import Any

from vectorkit_policy.plan import UNKNOWN, Findings, Plan, Resource, at, items, mapping, of_type
from vectorkit_policy.workloads import RELEASES, is_milvus, values

METRICS_PORT = 9091
"""Milvus's health, metrics and a management API that asks for no password."""
SERVICE = "kubernetes:core/v1:Service"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
NAMESPACE = "kubernetes:core/v1:Namespace"
_OUTSIDE = ("NodePort", "LoadBalancer")
_ANYWHERE = ("0.0.0.0/0", "::/0")


def metrics_port(resource: Resource) -> Iterator[str]:
    """Port 9091 is not open to everybody, by whatever way."""
    spec = resource.properties.get("spec")
    if resource.type == SERVICE and _is_outside(spec):
        if any(_is_metrics(one) for one in items(at(spec, "ports"))):
            yield _public(f"Service {resource.name!r}", "is reached from outside the cluster")
    elif resource.type == INGRESS:
        if METRICS_PORT in _backend_ports(spec):
            yield _public(f"Ingress {resource.name!r}", "leads there")
    elif resource.type == NETWORK_POLICY:
        if any(_opens_metrics(one) for one in items(at(spec, "ingress"))):
            yield _public(f"NetworkPolicy {resource.name!r}", "lets anybody in")
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
    """Every namespace refuses the traffic that nobody has listed."""
    denials = [one for one in of_type(plan, NETWORK_POLICY) if _denies_everything(one)]
    for namespace in of_type(plan, NAMESPACE):
        if not any(_is_in(one, namespace) for one in denials):
            yield (
                namespace,
                f"Namespace {_called(namespace)!r} has no default-deny NetworkPolicy: expected one "
                "with an empty podSelector, policyTypes Ingress and Egress, and no rules. Declare "
                "it, then list the traffic that is needed.",
            )
    for release in of_type(plan, *RELEASES):
        if release.properties.get("createNamespace") is True:
            yield (
                release,
                f"Helm release {release.name!r} makes its own namespace, which nothing guards: "
                "expected a Namespace with a default-deny NetworkPolicy. Declare both, and leave "
                "createNamespace out.",
            )


def _public(what: str, how: str) -> str:
    return (
        f"{what} {how}: port {METRICS_PORT} is Milvus's management port and asks for no password; "
        "expected it to be open to the monitoring namespace alone. Take the port out, and let "
        "monitoring in by a NetworkPolicy."
    )


def _is_outside(spec: Any) -> bool:
    return at(spec, "type") in _OUTSIDE or bool(items(at(spec, "externalIPs")))


def _is_metrics(port: Any) -> bool:
    return METRICS_PORT in (at(port, "port"), at(port, "targetPort")) or "metrics" in (
        at(port, "name"),
        at(port, "targetPort"),
    )


def _backend_ports(spec: Any) -> list[Any]:
    paths = [path for rule in items(at(spec, "rules")) for path in items(at(rule, "http", "paths"))]
    backends = [at(spec, "defaultBackend"), *(at(path, "backend") for path in paths)]
    return [at(one, "service", "port", "number") for one in backends]


def _opens_metrics(rule: Any) -> bool:
    """No peer named, or every address: for this port, for a range around it, or for all ports."""
    peers = items(at(rule, "from"))
    anybody = not peers or any(at(one, "ipBlock", "cidr") in _ANYWHERE for one in peers)
    ports = items(at(rule, "ports"))
    return anybody and at(rule, "from") is not UNKNOWN and (not ports or any(map(_spans, ports)))


def _spans(port: Any) -> bool:
    first, last = at(port, "port"), at(port, "endPort")
    if first is None or first == "metrics":
        return True
    return isinstance(first, int | float) and first <= METRICS_PORT <= (last or first)


def _denies_everything(policy: Resource) -> bool:
    spec = mapping(policy.properties.get("spec"))
    return (
        not mapping(spec.get("podSelector"))
        and {"Ingress", "Egress"} <= set(items(spec.get("policyTypes")))
        and not items(spec.get("ingress"))
        and not items(spec.get("egress"))
    )


def _called(namespace: Resource) -> str:
    name = at(namespace.properties, "metadata", "name")
    return name if isinstance(name, str) else namespace.name


def _is_in(policy: Resource, namespace: Resource) -> bool:
    return namespace.urn in policy.uses.get("metadata", ()) or at(
        policy.properties, "metadata", "namespace"
    ) == _called(namespace)
