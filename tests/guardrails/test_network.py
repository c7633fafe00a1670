"""Forbidden ways through the network, tried for real; each beside one that is open."""

import json
import re
import socket
import subprocess
from typing import Any

import pytest

from tests.alerts.promtool import RECORDED
from tests.guardrails.conftest import Address, Environment
from tests.guardrails.trial import (
    CONNECT_SECONDS,
    LISTENING_PORT,
    Manifest,
    Pod,
    comes_to,
    created,
    kubectl,
    running_pod,
)
from vectorkit.decisions import namespace_rules
from vectorkit.decisions.namespace_rules import ETCD_METRICS_PORT, ETCD_PORT
from vectorkit.decisions.naming import METRICS_PORT, MILVUS_PORT

pytestmark = pytest.mark.platform

OF_WORK_DONE = {"milvus_storage_request_latency_bucket", "milvus_storage_op_count"} | {
    "milvus_datacoord_segment_binlog_file_count",
    "milvus_datacoord_index_task_count",
    "milvus_datanode_consume_tt_lag_ms",
    "milvus_querynode_consume_tt_lag_ms",
}
"""A Milvus that has just started has not written, nor loaded anything."""


def etcd_address(environment: Environment) -> str:
    """The pod's own: a Service has its port only."""
    query = ("get", "pod", "milvus-etcd-0", "-o", "jsonpath={.status.podIP}")
    return kubectl("-n", environment.namespace, *query)


def test_another_namespace_does_not_reach_milvus(environment: Environment, stranger: Pod) -> None:
    assert not stranger.reaches(environment.milvus.address, MILVUS_PORT)
    assert not stranger.reaches(environment.service, MILVUS_PORT)


def test_another_namespace_does_not_get_round_by_the_node_port(
    environment: Environment, stranger: Pod
) -> None:
    assert not stranger.reaches(*environment.node)
    with socket.create_connection(environment.node, timeout=10):
        pass


def test_the_node_port_answers_the_networks_that_are_listed_and_no_other_address(
    environment: Environment, other_address: str
) -> None:
    assert answers(environment.node)
    assert not answers(environment.node, source=other_address)
    listed = {"clients": [f"{other_address}/32"]}
    with created(trial_policy("allow-milvus", environment, listed)):
        assert comes_to(True, answers, environment.node, source=other_address)
    assert comes_to(False, answers, environment.node, source=other_address)


def answers(address: Address, source: str = "") -> bool:
    """Whether a TCP connection is made, from an address of this machine."""
    try:
        with socket.create_connection(address, timeout=CONNECT_SECONDS, source_address=(source, 0)):
            return True
    except (ConnectionRefusedError, TimeoutError):
        return False


def test_another_namespace_does_not_reach_milvus_management(
    environment: Environment, stranger: Pod
) -> None:
    assert not stranger.reaches(environment.milvus.address, METRICS_PORT)
    assert environment.milvus.reaches("127.0.0.1", METRICS_PORT)


def test_another_namespace_does_not_reach_etcd(
    environment: Environment, stranger: Pod, milvus_like: Pod
) -> None:
    for address in (environment.etcd, etcd_address(environment)):
        assert not stranger.reaches(address, ETCD_PORT)
        assert milvus_like.reaches(address, ETCD_PORT)


def test_a_client_in_the_namespace_reaches_milvus_and_neither_its_management_nor_etcd(
    environment: Environment, client: Pod
) -> None:
    assert client.reaches(environment.service, MILVUS_PORT)
    assert client.reaches(environment.milvus.address, MILVUS_PORT)
    assert not client.reaches(environment.milvus.address, METRICS_PORT)
    assert not client.reaches(environment.etcd, ETCD_PORT)
    assert not client.reaches(etcd_address(environment), ETCD_PORT)


def test_a_namespace_that_is_listed_reaches_milvus_and_nothing_else_and_no_other_does(
    environment: Environment, stranger: Pod, neighbour: Pod
) -> None:
    """The rule that `access.namespaces` makes, added for the time of this test."""
    milvus = environment.milvus.address
    listed = {"client_namespaces": [stranger.namespace]}
    with created(trial_policy("allow-milvus", environment, listed)):
        assert stranger.comes_to(milvus, MILVUS_PORT, reach=True)
        assert stranger.reaches(environment.service, MILVUS_PORT)
        assert stranger.comes_to(milvus, METRICS_PORT, reach=False)
        assert stranger.comes_to(environment.etcd, ETCD_PORT, reach=False)
        for port in (MILVUS_PORT, METRICS_PORT):
            assert neighbour.comes_to(milvus, port, reach=False)
        assert not neighbour.reaches(environment.service, MILVUS_PORT)
    assert stranger.comes_to(milvus, MILVUS_PORT, reach=False)


def test_monitoring_is_let_in_to_milvus_metrics_alone(
    environment: Environment, stranger: Pod, client: Pod
) -> None:
    """The rule that `monitoring.namespace` makes, added for the time of this test."""
    milvus = environment.milvus.address
    watcher = {"monitoring_namespace": stranger.namespace}
    with created(trial_policy("allow-milvus", environment, watcher)):
        assert stranger.comes_to(milvus, METRICS_PORT, reach=True)
        assert not stranger.reaches(milvus, MILVUS_PORT)
        assert not stranger.reaches(environment.etcd, ETCD_PORT)
        assert not client.reaches(milvus, METRICS_PORT)
        assert exported(stranger, milvus, METRICS_PORT) >= recorded("milvus-2.3.5")
    assert stranger.comes_to(milvus, METRICS_PORT, reach=False)


def test_monitoring_is_let_in_to_etcds_metrics_alone(
    environment: Environment, stranger: Pod, client: Pod
) -> None:
    query = ("get", "pod", "milvus-etcd-0", "-o", "jsonpath={..containerPort}")
    if str(ETCD_METRICS_PORT) not in kubectl("-n", environment.namespace, *query).split():
        pytest.skip(f"The chart's etcd does not open {ETCD_METRICS_PORT}; EtcdAbsent would tell.")
    etcd = etcd_address(environment)
    assert not stranger.reaches(etcd, ETCD_METRICS_PORT)
    watcher = {"monitoring_namespace": stranger.namespace}
    with created(trial_policy("allow-etcd", environment, watcher)):
        assert stranger.comes_to(etcd, ETCD_METRICS_PORT, reach=True)
        assert not stranger.reaches(etcd, ETCD_PORT)
        assert not stranger.reaches(environment.milvus.address, MILVUS_PORT)
        assert not client.reaches(etcd, ETCD_METRICS_PORT)
        assert exported(stranger, etcd, ETCD_METRICS_PORT) >= recorded("etcd-3.6.5")
    assert stranger.comes_to(etcd, ETCD_METRICS_PORT, reach=False)


def trial_policy(policy: str, environment: Environment, given: dict[str, Any]) -> Manifest:
    """What a policy lets in when this is given."""
    nobody: dict[str, Any] = {
        "store_networks": [],
        "store_port": 1,
        "clients": [],
        "monitoring_namespace": None,
    }
    spec = namespace_rules.network_policies(**nobody | given)[policy]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"trial-{policy}", "namespace": environment.namespace},
        "spec": {**spec, "policyTypes": ["Ingress"], "egress": []},
    }


def exported(pod: Pod, address: str, port: int) -> set[str]:
    """The names of the metrics that a pod reads there."""
    return names(pod.run("wget", "-q", "-O", "-", f"http://{address}:{port}/metrics"))


def recorded(file: str) -> set[str]:
    """The metrics which the alerts use; those of work not yet done are not exported yet."""
    return names((RECORDED / f"{file}.prom").read_text()) - OF_WORK_DONE


def names(text: str) -> set[str]:
    return {re.split(r"[{ ]", line)[0] for line in text.splitlines() if line[:1].isalpha()}


@pytest.mark.parametrize("which", ["itself", "a pod labelled like it"])
def test_milvus_reaches_its_store_and_no_other_port_of_that_machine(
    environment: Environment,
    stranger: Pod,
    milvus_like: Pod,
    other_port_of_the_store: Address,
    which: str,
) -> None:
    pod = environment.milvus if which == "itself" else milvus_like
    assert pod.reaches(*environment.store)
    assert stranger.reaches(*other_port_of_the_store)
    assert not pod.reaches(*other_port_of_the_store)


@pytest.mark.parametrize("which", ["itself", "a pod labelled like it"])
def test_milvus_reaches_etcd_and_dns_and_not_the_clusters_api(
    environment: Environment, stranger: Pod, milvus_like: Pod, api_server: Address, which: str
) -> None:
    pod = environment.milvus if which == "itself" else milvus_like
    assert pod.reaches(environment.etcd, ETCD_PORT)
    assert pod.resolves("kubernetes.default.svc.cluster.local")
    assert stranger.reaches(*api_server)
    assert not pod.reaches(*api_server)


@pytest.mark.parametrize("which", ["itself", "a pod labelled like it"])
def test_milvus_reaches_no_pod_of_another_namespace(
    environment: Environment, stranger: Pod, milvus_like: Pod, which: str
) -> None:
    pod = environment.milvus if which == "itself" else milvus_like
    with running_pod(stranger.namespace, {}) as neighbour:
        assert neighbour.reaches(stranger.address, LISTENING_PORT)
        assert not pod.reaches(stranger.address, LISTENING_PORT)


def test_milvus_reaches_no_other_pod_of_its_namespace(
    environment: Environment, client: Pod, unlabelled: Pod
) -> None:
    assert not environment.milvus.reaches(unlabelled.address, LISTENING_PORT)
    assert unlabelled.reaches("127.0.0.1", LISTENING_PORT)


def test_a_pod_without_milvus_label_reaches_dns_and_nothing_else(
    environment: Environment, milvus_like: Pod, unlabelled: Pod, api_server: Address
) -> None:
    assert unlabelled.resolves("kubernetes.default.svc.cluster.local")
    assert milvus_like.reaches(*environment.store)
    assert not unlabelled.reaches(*environment.store)
    assert not unlabelled.reaches(environment.etcd, ETCD_PORT)
    assert not unlabelled.reaches(environment.service, MILVUS_PORT)
    assert not unlabelled.reaches(*api_server)


def test_the_namespace_has_no_policy_but_those_decided(environment: Environment) -> None:
    """Policies add up: one more, made by hand, opens what all others close."""
    arguments = ("-n", environment.namespace, "get", "networkpolicies", "-o", "json")
    policies = json.loads(kubectl(*arguments))["items"]
    ours = {one["metadata"]["name"] for one in policies}
    decided = namespace_rules.network_policies(
        store_networks=[], store_port=1, clients=[], monitoring_namespace=None
    )
    assert {name for name in ours if not name.startswith("trial-")} == set(decided)


def test_an_attempt_that_cannot_be_made_is_not_taken_for_a_refusal(
    environment: Environment,
) -> None:
    with pytest.raises(AssertionError, match="could not even try"):
        Pod(environment.namespace, "no-such-pod").reaches(*environment.store)
    with pytest.raises(subprocess.CalledProcessError):
        environment.milvus.run("false")
