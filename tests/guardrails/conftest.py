"""The environment that runs, and pods that stand for its neighbours and for intruders."""

import json
import socket
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import yaml

from tests.guardrails.trial import Pod, created, kubectl, running_pod
from tests.infra import stack_document
from vectorkit.decisions import naming

Address = tuple[str, int]
TRIAL_LABEL = {"vectorkit-trial": "client"}


@dataclass(frozen=True)
class Environment:
    """Where the parts of the running stack `local` are."""

    namespace: str
    milvus: Pod
    service: str
    """Of Milvus, by its address in the cluster."""
    etcd: str
    """Likewise."""
    store: Address
    node: Address
    """Where the node port answers."""


@pytest.fixture(scope="session")
def environment() -> Environment:
    """The running stack `local`, as the cluster tells."""
    settings = stack_document.settings()
    namespace = settings.namespace
    own = json.loads(kubectl("-n", namespace, "get", "configmap", naming.RELEASE, "-o", "json"))
    minio = yaml.safe_load(own["data"]["default.yaml"])["minio"]
    selector = ("-l", "component=standalone", "-o", "jsonpath={.items[0].metadata.name}")
    host = kubectl("get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}")
    assert settings.access.node_port is not None
    return Environment(
        namespace=namespace,
        milvus=Pod(namespace, kubectl("-n", namespace, "get", "pods", *selector)),
        service=_cluster_ip(namespace, naming.RELEASE),
        etcd=_cluster_ip(namespace, f"{naming.RELEASE}-etcd"),
        store=(minio["address"], int(minio["port"])),
        node=(host, settings.access.node_port),
    )


@pytest.fixture(scope="session")
def api_server() -> Address:
    """The cluster's API, which every pod finds by itself."""
    return _cluster_ip("default", "kubernetes"), 443


@pytest.fixture(scope="module")
def other_namespace() -> Iterator[str]:
    """A namespace without any guardrail, gone afterwards with all that is in it."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    with created({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}):
        yield name


@pytest.fixture(scope="module")
def neighbour() -> Iterator[Pod]:
    """A pod of a third namespace."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    with created(namespace), running_pod(name, {}) as pod:
        yield pod


@pytest.fixture(scope="module")
def stranger(other_namespace: str) -> Iterator[Pod]:
    """A pod of another namespace."""
    with running_pod(other_namespace, {}) as pod:
        yield pod


@pytest.fixture(scope="module")
def milvus_like(environment: Environment, api_server: Address) -> Iterator[Pod]:
    """A pod with the label by which the policies know Milvus, in no Service of Milvus."""
    with running_pod(environment.namespace, {"app.kubernetes.io/name": "milvus"}) as pod:
        assert pod.comes_to(*api_server, reach=False), "The policies never came into force."
        yield pod


@pytest.fixture(scope="module")
def unlabelled(environment: Environment, api_server: Address) -> Iterator[Pod]:
    """A pod of Milvus's namespace that is not Milvus."""
    with running_pod(environment.namespace, {}) as pod:
        assert pod.comes_to(*api_server, reach=False), "The policies never came into force."
        yield pod


@pytest.fixture(scope="module")
def client(environment: Environment, api_server: Address) -> Iterator[Pod]:
    """A pod of Milvus's namespace that may speak to all, so that only who listens refuses it."""
    may_speak = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "trial-client", "namespace": environment.namespace},
        "spec": {
            "podSelector": {"matchLabels": TRIAL_LABEL},
            "policyTypes": ["Egress"],
            "egress": [{}],
        },
    }
    with created(may_speak), running_pod(environment.namespace, TRIAL_LABEL) as pod:
        assert pod.comes_to(*api_server, reach=True), "The trial's own policy is not in force."
        yield pod


@pytest.fixture
def other_port_of_the_store(environment: Environment) -> Iterator[Address]:
    """Something else that listens on the machine of the store."""
    with socket.socket() as listener:
        try:
            listener.bind((environment.store[0], 0))
        except OSError:
            pytest.skip(f"{environment.store[0]} is another machine; nothing can listen there.")
        listener.listen()
        yield environment.store[0], listener.getsockname()[1]


@pytest.fixture
def other_address() -> Iterator[str]:
    """An address of this machine that is in no network of the stack: one of those that are kept
    for documentation, on loopback."""
    address = "198.51.100.77"
    own = ("ip", "address")
    subprocess.run([*own, "add", f"{address}/32", "dev", "lo"], check=True)
    yield address
    subprocess.run([*own, "delete", f"{address}/32", "dev", "lo"], check=True)


def _cluster_ip(namespace: str, service: str) -> str:
    query = ("get", "service", service, "-o", "jsonpath={.spec.clusterIP}")
    return kubectl("-n", namespace, *query)
