"""The service accounts hold no token and no right."""

import json
import subprocess
from typing import Any

import pytest

from tests.guardrails.conftest import Environment
from tests.guardrails.trial import Pod, kubectl, running_pod
from vectorkit.decisions import naming

pytestmark = pytest.mark.platform

ACCOUNTS = (naming.SERVICE_ACCOUNT, naming.ETCD_ACCOUNT, "default")
TOKENS = "/var/run/secrets/kubernetes.io/serviceaccount"
SELF_REVIEWS = {
    "selfsubjectreviews.authentication.k8s.io",
    "selfsubjectaccessreviews.authorization.k8s.io",
    "selfsubjectrulesreviews.authorization.k8s.io",
}
"""Kubernetes lets everybody ask what they may do."""


def resources_open_to(subject: list[str], namespace: str) -> set[str]:
    """The first column of kubectl's list, for what is a resource."""
    text = kubectl("auth", "can-i", "--list", "--no-headers", "-n", namespace, *subject)
    return {line.split()[0] for line in text.splitlines() if not line.startswith(" ")}


def account(environment: Environment, name: str) -> list[str]:
    return ["--as", f"system:serviceaccount:{environment.namespace}:{name}"]


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_service_account_may_do_nothing(environment: Environment, name: str) -> None:
    assert resources_open_to(account(environment, name), environment.namespace) == SELF_REVIEWS
    assert resources_open_to([], environment.namespace) > SELF_REVIEWS


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_service_account_reads_no_secret(environment: Environment, name: str) -> None:
    read = ("auth", "can-i", "get", "secrets", "-n", environment.namespace)
    assert kubectl(*read).strip() == "yes"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        kubectl(*read, *account(environment, name))
    assert refused.value.stdout.strip() == "no"


def test_no_pod_of_the_environment_carries_a_token(environment: Environment) -> None:
    pods = json.loads(kubectl("-n", environment.namespace, "get", "pods", "-o", "json"))["items"]
    deployed = [one for one in pods if not one["metadata"]["name"].startswith("trial-")]
    assert len(deployed) == 2
    for pod in deployed:
        assert not [volume for volume in pod["spec"]["volumes"] if _holds_token(volume)]


def test_milvus_finds_no_token(environment: Environment, other_namespace: str) -> None:
    listed = ("ls", TOKENS)
    with pytest.raises(subprocess.CalledProcessError) as missing:
        environment.milvus.run(*listed)
    assert "No such file or directory" in missing.value.stderr
    with running_pod(other_namespace, {}, automount=True) as pod:
        assert "token" in pod.run(*listed)


def test_the_account_gives_no_token_even_to_a_pod_that_does_not_refuse_it(
    environment: Environment,
) -> None:
    namespace, who = environment.namespace, naming.SERVICE_ACCOUNT
    with running_pod(namespace, {}, automount=None, service_account=who) as pod:
        assert not _finds(pod, TOKENS)


def _finds(pod: Pod, path: str) -> bool:
    return pod.run("sh", "-c", f"test -e {path} && echo there || echo absent").strip() == "there"


def _holds_token(volume: dict[str, Any]) -> bool:
    sources = volume.get("projected", {}).get("sources", [])
    return any("serviceAccountToken" in source for source in sources)
