"""Pods, volumes and services that the namespace must refuse; each beside one that it takes."""

from typing import Any

import pytest

from tests.guardrails.conftest import Environment
from tests.guardrails.trial import Manifest, is_admitted, pod_manifest, refusal

pytestmark = pytest.mark.platform

WITHIN: dict[str, Any] = pod_manifest("", "", {})["spec"]["containers"][0]["securityContext"]


def pod(namespace: str, container: Manifest | None = None, **spec: Any) -> Manifest:
    manifest = pod_manifest(namespace, "trial-admission", {}, container)
    manifest["spec"] |= spec
    return manifest


def claim(namespace: str, size: str = "1Mi") -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "trial-claim", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
    }


def service(namespace: str, kind: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "trial-service", "namespace": namespace},
        "spec": {"type": kind, "ports": [{"port": 9091}], "selector": {"vectorkit-trial": "none"}},
    }


FORBIDDEN_CONTAINERS: dict[str, Manifest] = {
    "privileged": {"privileged": True, "allowPrivilegeEscalation": True},
    "runAsNonRoot": {"runAsNonRoot": False, "runAsUser": 0},
    "runAsUser=0": {"runAsUser": 0},
    "allowPrivilegeEscalation": {"allowPrivilegeEscalation": True},
    "unrestricted capabilities": {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}},
    "seccompProfile": {"seccompProfile": {"type": "Unconfined"}},
}


@pytest.mark.parametrize("named", FORBIDDEN_CONTAINERS)
def test_pod_security_refuses_a_container_beyond_the_level(
    environment: Environment, named: str
) -> None:
    context = WITHIN | FORBIDDEN_CONTAINERS[named]
    why = refusal(pod(environment.namespace, {"securityContext": context}))
    assert 'violates PodSecurity "restricted' in why
    assert named in why


@pytest.mark.parametrize("shared", ["hostNetwork", "hostPID", "hostIPC"])
def test_pod_security_refuses_a_share_of_the_node(environment: Environment, shared: str) -> None:
    why = refusal(pod(environment.namespace, None, **{shared: True}))
    assert 'violates PodSecurity "restricted' in why
    assert f"{shared}=true" in why


def test_pod_security_refuses_a_folder_of_the_node(environment: Environment) -> None:
    volume = {"name": "node", "hostPath": {"path": "/"}}
    why = refusal(pod(environment.namespace, volumes=[volume]))
    assert 'violates PodSecurity "restricted' in why
    assert "hostPath" in why


def test_a_pod_within_level_and_quota_is_taken(environment: Environment) -> None:
    assert is_admitted(pod(environment.namespace))


def test_a_pod_over_the_quota_is_refused(environment: Environment, other_namespace: str) -> None:
    greedy = {"resources": {"limits": {"memory": "64Gi"}, "requests": {"memory": "64Gi"}}}
    why = refusal(pod(environment.namespace, greedy))
    assert "exceeded quota: environment" in why
    assert "limits.memory=64Gi" in why
    assert is_admitted(pod(other_namespace, greedy))


def test_one_more_volume_is_refused(environment: Environment, other_namespace: str) -> None:
    why = refusal(claim(environment.namespace))
    assert "exceeded quota: environment" in why
    assert "used: persistentvolumeclaims=2" in why
    assert is_admitted(claim(other_namespace))


def test_a_load_balancer_is_refused(environment: Environment) -> None:
    why = refusal(service(environment.namespace, "LoadBalancer"))
    assert "exceeded quota: environment" in why
    assert "services.loadbalancers=1" in why
    assert is_admitted(service(environment.namespace, "ClusterIP"))


def test_a_second_node_port_is_refused(environment: Environment, other_namespace: str) -> None:
    why = refusal(service(environment.namespace, "NodePort"))
    assert "services.nodeports=1, used: services.nodeports=1" in why
    assert is_admitted(service(other_namespace, "NodePort"))
