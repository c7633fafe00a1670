"""Port 9091, and namespaces that refuse unlisted traffic."""

from typing import Any

from tests.policy.sample import (
    DELETED,
    IN,
    NETWORK_POLICY,
    SIZED,
    Bad,
    Declared,
    added,
    changed,
    good,
    pods,
    release,
    without,
)

INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
SERVICE = "kubernetes:core/v1:Service"
METRICS = {"name": "metrics", "port": 9091}
MONITORING = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
}


def service(**spec: Any) -> Declared:
    return added(SERVICE, {"metadata": IN, "spec": {"type": "NodePort", **spec}})


def lets_in(peers: Any, *ports: Any, selected: Any = None) -> Declared:
    """The plan with a NetworkPolicy that lets these peers in, at these ports."""
    rule = {"from": peers, **({"ports": list(ports)} if ports else {})}
    pods = {"matchLabels": selected or {"app.kubernetes.io/name": "milvus"}}
    return added(NETWORK_POLICY, {"metadata": IN, "spec": {"podSelector": pods, "ingress": [rule]}})


def leading_to(service: str, **port: Any) -> Declared:
    """The plan with an Ingress to a port of a Service."""
    backend = {"service": {"name": service, "port": port}}
    rules = [{"http": {"paths": [{"path": "/", "backend": backend}]}}]
    return added(INGRESS, {"metadata": IN, "spec": {"rules": rules}})


GOOD: dict[str, Declared] = {
    "a port called metrics that is another": service(
        selector={"app": "node-exporter"}, ports=[{"name": "metrics", "port": 9100}]
    ),
    "a port called metrics of nobody named": service(ports=[{"name": "metrics", "port": 9100}]),
    "9091 of another program": service(selector={"app": "pushgateway"}, ports=[METRICS]),
    "9091 inside of the cluster": service(type="ClusterIP", ports=[METRICS]),
    "a host port of another program": pods(
        labels={"app": "pushgateway"}, ports=[{"containerPort": 9091, "hostPort": 9091}]
    ),
    "a container port": pods(ports=[{"containerPort": 9091}]),
    "an Ingress to Milvus": leading_to("milvus", number=19530),
    "an Ingress to another's metrics": leading_to("pushgateway", name="metrics"),
    "monitoring may read metrics": lets_in([MONITORING], {"port": 9091}),
    "Prometheus of any namespace may read metrics": lets_in(
        [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "prometheus"}}}],
        {"port": "metrics"},
    ),
    "the namespace itself may read metrics": lets_in([{"podSelector": {}}], {"port": 9091}),
    "a private network may read metrics": lets_in(
        [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"ipBlock": {"cidr": "fd00::/8"}}], {"port": 9091}
    ),
    "a block that is none, which the cluster refuses": lets_in(
        [{"ipBlock": {"cidr": "nowhere"}}], {"port": 9091}
    ),
    "anybody may ask Milvus": lets_in([], {"port": 19530}),
    "anybody may ask another program": lets_in([], selected={"app": "nginx"}),
    "a NodePort of Milvus without metrics": changed("release", "values.service.type", "NodePort"),
    "a second namespace with its own denial": {
        **changed("job", "metadata.namespace", "second"),
        "second": ["kubernetes:core/v1:Namespace", {"metadata": {"name": "second"}}, {}],
        "second-deny": changed("deny", "metadata.namespace", "second")["deny"],
    },
    "a guarded namespace that another program declares": without(good(), "namespace"),
}
BAD: dict[str, Bad] = {
    "9091 by Service": ("metrics-port", service(ports=[{"port": 9091}]), "Service 'added'"),
    "9091 by another port": (
        "metrics-port",
        service(
            selector={"app": "my-milvus", "k8s-app": "vectors"},
            ports=[{"port": 19530}, {"port": 80, "targetPort": 9091}],
        ),
        "Service 'added'",
    ),
    "9091 by its name": (
        "metrics-port",
        service(selector={"x": "y"}, ports=[{"port": 80, "targetPort": "metrics"}]),
        "Service 'added'",
    ),
    "9091 by an address": (
        "metrics-port",
        service(type="ClusterIP", externalIPs=["192.0.2.1"], ports=[METRICS]),
        "Service 'added'",
    ),
    "9091 by Ingress": ("metrics-port", leading_to("any", number=9091), "Ingress 'added' leads"),
    "9091 by Ingress and name": (
        "metrics-port",
        leading_to("my-milvus", name="metrics"),
        "Ingress 'added' leads",
    ),
    "9091 as an Ingress's default": (
        "metrics-port",
        added(
            INGRESS,
            {"spec": {"defaultBackend": {"service": {"name": "m", "port": {"number": 9091}}}}},
        ),
        "Ingress 'added' leads",
    ),
    "9091 by host port": (
        "metrics-port",
        pods(ports=[{"containerPort": 9091, "hostPort": 80}]),
        "Deployment 'added' opens it on its node",
    ),
    "9091 by the host's network": (
        "metrics-port",
        pods(hostNetwork=True, ports=[{"containerPort": 9091}]),
        "Deployment 'added' opens it on its node",
    ),
    **{
        f"9091 for {what}": ("metrics-port", lets_in(peers, *ports), "NetworkPolicy 'added' lets")
        for what, peers, ports in (
            ("everybody", [], [{"port": 9091}]),
            ("everybody, among all ports", [], []),
            ("everybody, in a range", [], [{"port": 9000, "endPort": 9100}]),
            ("everybody, by name", [], [{"port": "metrics"}]),
            ("every address", [{"ipBlock": {"cidr": "0.0.0.0/0"}}], [{"port": 9091}]),
            ("half of all addresses", [{"ipBlock": {"cidr": "129.0.0.0/1"}}], [{"port": 9091}]),
            (
                "every address, among others",
                [MONITORING, {"ipBlock": {"cidr": "0.0.0.0/0"}}],
                [{"port": 19530}, {"port": 9091}],
            ),
            ("every IPv6 address", [{"ipBlock": {"cidr": "::/0"}}], [{"port": 9091}]),
            ("every namespace", [{"namespaceSelector": {}}], [{"port": 9091}]),
            (
                "every pod",
                [{"namespaceSelector": {"matchLabels": {}}, "podSelector": {}}],
                [{"port": 9091}],
            ),
        )
    },
    "9091 by the chart": (
        "metrics-port",
        changed("release", "values.metrics", DELETED),
        "Helm release 'release' opens it",
    ),
    "9091 by a chart of another name": (
        "metrics-port",
        changed(
            *("release", "chart", "oci://registry.example/vectors"),
            changed("release", "values.metrics", DELETED),
        ),
        "Helm release 'release' opens it",
    ),
    "no denial": ("default-deny", without(good(), "deny"), "Namespace 'trial' has no default-deny"),
    "a denial of half": (
        "default-deny",
        changed("deny", "spec.policyTypes", ["Ingress"]),
        "Namespace 'trial' has no default-deny",
    ),
    "a denial with a rule": (
        "default-deny",
        changed("deny", "spec.egress", [{}]),
        "Namespace 'trial' has no default-deny",
    ),
    "a denial elsewhere": (
        "default-deny",
        changed("deny", "metadata.namespace", "other"),
        "Namespace 'trial' has no default-deny",
    ),
    "a release in a namespace of nobody": (
        "default-deny",
        release({"resources": SIZED}, namespace="shared"),
        "Release 'added' runs in namespace 'shared'",
    ),
    "a workload in a namespace of nobody": (
        "default-deny",
        pods(namespace="shared"),
        "Deployment 'added' runs in namespace 'shared'",
    ),
    "a pod in no namespace": (
        "default-deny",
        added("kubernetes:core/v1:Pod", {}),
        "Pod 'added' runs in namespace 'default'",
    ),
    "a release that makes its namespace": (
        "default-deny",
        changed("release", "createNamespace", True),
        "makes its own namespace",
    ),
}
