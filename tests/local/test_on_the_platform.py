"""The running platform keeps its promises."""

import json
import subprocess

import pytest

pytestmark = pytest.mark.platform


def kubectl(*arguments: str) -> str:
    return subprocess.run(
        ["kubectl", *arguments], stdout=subprocess.PIPE, text=True, check=True, timeout=120
    ).stdout


def service_addresses() -> str:
    nft = ("nft", "list", "map", "ip", "kube-proxy", "service-ips")
    return kubectl("-n", "kube-system", "exec", "daemonset/kube-proxy", "--", *nft)


def test_services_outlive_a_full_sync_of_kube_proxy() -> None:
    kubernetes = json.loads(kubectl("get", "service", "kubernetes", "-o", "json"))
    address = f"{kubernetes['spec']['clusterIP']} . tcp . 443"
    kubectl("-n", "kube-system", "rollout", "restart", "daemonset/kube-proxy")
    kubectl("-n", "kube-system", "rollout", "status", "daemonset/kube-proxy", "--timeout=90s")
    assert address in service_addresses()


def test_nothing_of_the_platform_waits_for_a_volume_or_an_image() -> None:
    pods = json.loads(kubectl("get", "pods", "--all-namespaces", "-o", "json"))["items"]
    ours = [pod for pod in pods if not pod["metadata"]["namespace"].startswith("trial-")]
    assert {pod["status"]["phase"] for pod in ours} <= {"Running", "Succeeded"}
