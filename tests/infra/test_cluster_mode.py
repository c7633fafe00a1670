"""Cluster mode: the pods follow from the workload, and everything around them from the pods."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.infra.stack_document import settings, tracked
from vectorkit.decisions import milvus_values, namespace_rules
from vectorkit.decisions.cluster_values import BLOCKS
from vectorkit.decisions.decide import decide
from vectorkit.schema import sizing
from vectorkit.schema.problems import Problems
from vectorkit.schema.value_types import mebibytes
from vectorkit.settings import Settings, parse

STACK = "prod-onprem"
NETWORKS = ["198.51.100.0/24"]
PULSAR = {"host": "pulsar.example.com", "networks": NETWORKS}
KAFKA = {
    "brokers": ["kafka-0.example.com:9093", "kafka-1.example.com:9094"],
    "networks": NETWORKS,
    "credentials_secret": "kafka-login",
}


def cluster(changes: Mapping[str, Any] | None = None) -> Settings:
    return settings(changes, stack=STACK)


def values(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return milvus_values.values(cluster(changes), ca_bundle=None)


def refused(changes: Mapping[str, Any], stack: str = STACK) -> dict[str, str]:
    with pytest.raises(Problems) as found:
        parse(tracked(stack, changes), stack)
    return dict(found.value.found)


def user_config(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(values(changes)["extraConfigFiles"]["user.yaml"])
    return found


@pytest.mark.parametrize("replicas", [1, 2, 3])
@pytest.mark.parametrize("vectors", [1_000_000, 10_000_000, 100_000_000])
@pytest.mark.parametrize("more", [None, 1, 7])
def test_every_replica_still_fits_when_a_query_node_is_lost(
    vectors: int, replicas: int, more: int | None
) -> None:
    """A node serves one replica, and the nodes that are left are dealt out evenly."""
    changes = {"workload.vectors": vectors, "workload.replicas": replicas}
    found = cluster(changes)
    assert found.shape is not None
    if more is not None:
        count = found.shape.needed_query_nodes + more
        found = cluster(changes | {"milvus.scale.query_nodes": count})
    assert found.shape is not None
    nodes = found.shape.querynode
    fewest_of_a_replica = (nodes.count - 1) // replicas
    room = fewest_of_a_replica * (nodes.memory_mib - sizing.PROCESS_MIB)
    assert room >= sizing.HEADROOM * found.workload.size.loaded
    assert nodes.memory_mib <= mebibytes(found.milvus.scale.query_node_memory)


@pytest.mark.parametrize("replicas", [1, 2, 3])
def test_no_query_node_is_planned_that_is_not_needed(replicas: int) -> None:
    found = cluster({"workload.replicas": replicas})
    assert found.shape is not None
    usable = mebibytes(found.milvus.scale.query_node_memory) - sizing.PROCESS_MIB
    fewer_of_a_replica = (found.shape.needed_query_nodes - 2) // replicas
    assert fewer_of_a_replica * usable < sizing.HEADROOM * found.workload.size.loaded


def test_a_query_node_that_holds_no_data_is_refused_with_both_numbers() -> None:
    sentence = refused({"milvus.scale.query_node_memory": "1Gi"})["milvus.scale.query_node_memory"]
    assert "1Gi holds no data" in sentence
    assert "set 2048Mi or more" in sentence
    assert cluster({"milvus.scale.query_node_memory": "2Gi"}).shape is not None


def test_more_rows_a_second_need_more_builders_and_loggers() -> None:
    slow, fast = cluster().shape, cluster({"workload.rows_per_second": 30_000}).shape
    assert slow is not None
    assert fast is not None
    assert fast.datanode.count > slow.datanode.count == 2
    assert fast.streamingnode.count > slow.streamingnode.count == 2


def test_longer_texts_need_more_query_nodes_and_loggers_but_no_more_builders() -> None:
    fast = {"workload.rows_per_second": 30_000}
    short, long = (cluster(fast | {"workload.payload_bytes": size}).shape for size in (0, 4096))
    assert short is not None
    assert long is not None
    assert long.querynode.count > short.querynode.count
    assert long.streamingnode.count > short.streamingnode.count
    assert long.datanode.count == short.datanode.count


@pytest.mark.parametrize(
    ("key", "needed"), [("query_nodes", "10"), ("data_nodes", "2"), ("streaming_nodes", "2")]
)
def test_too_few_pods_are_refused_with_both_numbers(key: str, needed: str) -> None:
    (sentence,) = refused({f"milvus.scale.{key}": 1}).values()
    assert "1 is too few" in sentence
    assert f"needs {needed}" in sentence


def test_every_component_has_the_environment_the_resources_and_room_between_machines() -> None:
    found = values()
    for block in BLOCKS.values():
        names = {one["name"] for one in found[block]["extraEnv"]}
        assert {"MINIO_SECRET_ACCESS_KEY", "COMMON_SECURITY_DEFAULTROOTPASSWORD"} <= names
        assert found[block]["resources"]["limits"]["memory"]
        keys = [one["topologyKey"] for one in found[block]["topologySpreadConstraints"]]
        assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]


def test_only_proxies_scale_by_themselves() -> None:
    found = values()
    assert found["proxy"]["hpa"]["enabled"]
    assert (found["proxy"]["hpa"]["minReplicas"], found["proxy"]["replicas"]) == (3, -1)
    assert not any("hpa" in found[block] for block in BLOCKS.values() if block != "proxy")
    still = values({"milvus.scale": {"proxies": 2, "most_proxies": 2}})
    assert still["proxy"]["replicas"] == 2
    assert "hpa" not in still["proxy"]


def test_a_second_coordinator_stands_by() -> None:
    coordinator = values()["mixCoordinator"]
    assert (coordinator["replicas"], coordinator["activeStandby"]) == (2, {"enabled": True})


def test_etcd_has_a_quorum_and_keeps_its_quota() -> None:
    etcd = values()["etcd"]
    variables = {one["name"]: one["value"] for one in etcd["extraEnvVars"]}
    assert etcd["replicaCount"] == 3
    assert variables["ETCD_QUOTA_BACKEND_BYTES"] == str(4 * 1024**3)


def test_etcd_of_a_cluster_has_memory_for_its_quota_and_time_to_answer() -> None:
    resources = values()["etcd"]["resources"]
    assert mebibytes(resources["limits"]["memory"]) >= sizing.ETCD_QUOTA_MIB
    assert resources["requests"] == {"cpu": "2000m", "memory": resources["limits"]["memory"]}
    small = milvus_values.values(settings(), ca_bundle=None)["etcd"]["resources"]
    assert mebibytes(small["limits"]["memory"]) <= 512


def test_one_pod_of_each_component_may_be_evicted_at_a_time_and_standalone_never() -> None:
    budgets = decide(cluster(), ca_bundle=None).budgets
    assert len(budgets) == len(BLOCKS) + 1
    assert {one["maxUnavailable"] for one in budgets.values()} == {1}
    (standalone,) = decide(settings(), ca_bundle=None).budgets.values()
    assert standalone == {"maxUnavailable": 0, "selector": {}}


def test_the_quota_has_room_for_all_pods_and_one_more_of_each() -> None:
    found = cluster()
    quota = decide(found, ca_bundle=None).quota
    assert found.shape is not None
    etcd, components = found.etcd, found.shape.components.values()
    running = sum((one.most + 1) * one.memory_mib for one in components)
    running += etcd.count * etcd.memory_mib
    assert int(quota["limits.memory"].removesuffix("Mi")) > running
    assert int(quota["pods"]) > sum(one.most + 1 for one in components) + etcd.count
    assert quota["persistentvolumeclaims"] == "3"


def test_components_reach_each_other_and_nobody_else_reaches_their_ports() -> None:
    policy = decide(cluster({"access.namespaces": []}), ca_bundle=None).network_policies[
        "allow-milvus"
    ]
    for port in namespace_rules.COMPONENT_PORTS:
        peers = [
            peer
            for rule in policy["ingress"]
            if port in [one["port"] for one in rule["ports"]]
            for peer in rule["from"]
        ]
        allowed = [{"podSelector": namespace_rules.MILVUS}, {"podSelector": {}}]
        assert {"podSelector": namespace_rules.MILVUS} in peers
        assert all(peer in allowed[: 2 if port == 19530 else 1] for peer in peers)


def test_standalone_opens_none_of_the_components_ports() -> None:
    policies = str(decide(settings(), ca_bundle=None).network_policies)
    assert not any(str(port) in policies for port in (19529, 21123, 22222, 53100))


@pytest.mark.parametrize(("wal", "given"), [("pulsar", PULSAR), ("kafka", KAFKA)])
def test_a_log_outside_is_named_once_reached_alone_and_logged_in_to_from_a_secret(
    wal: str, given: dict[str, Any]
) -> None:
    changes = {"milvus.wal": wal, f"milvus.{wal}": given}
    found = values(changes)
    other = {"pulsar": "externalKafka", "kafka": "externalPulsar"}[wal]
    assert found[f"external{wal.title()}"]["enabled"]
    assert not any(found[one]["enabled"] for one in (other, "pulsarv3", "kafka", "woodpecker"))
    assert user_config(changes)["mq"] == {"type": wal}
    egress = decide(cluster(changes), ca_bundle=None).network_policies["allow-milvus"]["egress"]
    ports = [
        rule["ports"][0]["port"]
        for rule in egress
        if {"ipBlock": {"cidr": NETWORKS[0]}} in rule["to"]
    ]
    assert ports == ([6651] if wal == "pulsar" else [9093, 9094])
    if wal == "kafka":
        environment = {one["name"]: one for one in found["proxy"]["extraEnv"]}
        reference = environment["KAFKA_SASLPASSWORD"]["valueFrom"]["secretKeyRef"]
        assert reference == {"name": "kafka-login", "key": "password"}
        assert found["externalKafka"]["sasl"]["password"] == ""


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"milvus.wal": "rocksmq"}, "milvus.wal", "a cluster needs woodpecker"),
        ({"milvus.wal": "pulsar"}, "milvus.pulsar", "say where it is"),
        ({"milvus.kafka": KAFKA}, "milvus.kafka", "remove this key"),
        ({"milvus.memory": "8Gi"}, "milvus.memory", "standalone's"),
        ({"milvus.chart": {"path": "charts/milvus-local", "version": "0.1.0"}}, "milvus.chart", ""),
        ({"milvus.scale.most_proxies": 1}, "milvus.scale.most_proxies", "less than proxies"),
        ({"workload.index": "GPU_CAGRA"}, "milvus.gpu", "needs GPUs"),
        (
            {"milvus.gpu": {"memory": "80Gi"}, "milvus.image.tag": "v2.6.15-gpu"},
            "milvus.gpu",
            "uses no GPU",
        ),
        ({"workload.index": "DISKANN"}, "milvus.node_selector", "local NVMe"),
        ({"milvus.tls": None}, "milvus.tls", "do not travel in the clear"),
        ({"milvus.allow_plaintext": True}, "milvus.allow_plaintext", "which is it"),
        (
            {"milvus.image.tag": "v2.6.4", "milvus.accept_known_holes": ["CVE-2026-26190"]},
            "milvus.image.tag",
            "CVE-2025-64513",
        ),
        ({"milvus.image.tag": "v2.6.9"}, "milvus.image.tag", "CVE-2026-26190"),
        (
            {"milvus.image.tag": "v2.5.27", "milvus.wal": "pulsar", "milvus.pulsar": PULSAR},
            "milvus.image.tag",
            "v2.5.27 builds indexes on index nodes",
        ),
        ({"milvus.image.tag": "v3.0.1"}, "milvus.image.tag", "another major"),
        ({"milvus.image.tag": "stable"}, "milvus.image.tag", "not the tag of a release"),
        ({"milvus.image.tag": "v2.6.15-rc1"}, "milvus.image.tag", "not the tag of a release"),
        ({"milvus.image.tag": "v2.6.15.1"}, "milvus.image.tag", "not the tag of a release"),
        ({"milvus.accept_known_holes": ["CVE-1"]}, "milvus.accept_known_holes", "is not open to"),
        ({"store.endpoint": "https://s3.example.org"}, "store.endpoint", "Data does not leave"),
        ({"sovereignty.regions": ["eu-1"]}, "store.region", "Data does not leave"),
        ({"milvus.kafka": {**KAFKA, "brokers": ["kafka"]}}, "milvus.kafka.brokers.0", "host:port"),
        (
            {"external_secrets": {"cluster_secret_store": "vault", "root_password": "milvus/root"}},
            "external_secrets.access_key_id",
            "is missing",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_its_path(
    changes: dict[str, Any], path: str, says: str
) -> None:
    assert says in refused(changes)[path]


def test_standalone_takes_nothing_of_a_cluster() -> None:
    assert (
        "standalone is one pod" in refused({"milvus.scale": {"proxies": 3}}, "dev")["milvus.scale"]
    )


def test_diskann_keeps_its_index_on_the_machines_that_were_selected() -> None:
    nvme = {"node.example.com/disk": "nvme"}
    changes = {"workload.index": "DISKANN", "milvus.node_selector": nvme}
    nodes = values(changes)["queryNode"]
    assert nodes["nodeSelector"] == nvme
    assert nodes["disk"] == {"enabled": True, "size": {"enabled": True}}
    assert mebibytes(nodes["resources"]["limits"]["ephemeral-storage"]) > 0
    assert not values()["queryNode"]["disk"]["enabled"]


def test_gpus_go_to_those_who_build_and_search() -> None:
    gpu = {"memory": "80Gi", "count": 2, "runtime_class": "nvidia"}
    changes = {
        "workload.index": "GPU_CAGRA",
        "milvus.gpu": gpu,
        "milvus.image.tag": "v2.6.15-gpu",
    }
    found = values(changes)
    with_gpus = [
        label
        for label, block in BLOCKS.items()
        if "nvidia.com/gpu" in found[block]["resources"]["limits"]
    ]
    assert sorted(with_gpus) == ["datanode", "querynode"]
    assert found["queryNode"]["runtimeClassName"] == "nvidia"
    assert "requests.nvidia.com/gpu" in decide(cluster(changes), ca_bundle=None).quota
    assert "no GPU code" in refused({**changes, "milvus.image.tag": "v2.6.15"})["milvus.image.tag"]


def test_clients_are_spoken_to_over_tls_with_the_certificate_from_its_secret() -> None:
    assert user_config()["common"]["security"]["tlsMode"] == 1
    folder = user_config()["tls"]["serverKeyPath"].rpartition("/")[0]
    proxy, everybody = values()["proxy"], values()
    (mount,) = proxy["volumeMounts"]
    (volume,) = proxy["volumes"]
    assert (mount["mountPath"], volume["secret"]["secretName"]) == (folder, "milvus-tls")
    assert "milvus-tls" not in str(everybody["volumes"])
    plain = milvus_values.values(settings(), ca_bundle=None)
    assert "tls" not in plain["extraConfigFiles"]["user.yaml"]


def test_every_component_may_write_where_it_works_although_its_root_is_read_only() -> None:
    found = values()
    assert found["containerSecurityContext"]["readOnlyRootFilesystem"]
    assert "/var/lib/milvus" in [one["mountPath"] for one in found["volumeMounts"]]


def test_every_image_comes_from_the_mirror_that_the_stack_names() -> None:
    found = values({"milvus.mirror": "registry.example.com/mirror"})
    assert found["image"]["all"]["repository"] == "registry.example.com/mirror/milvusdb/milvus"
    assert found["etcd"]["image"]["registry"] == "registry.example.com/mirror"
    assert values()["image"]["all"]["repository"] == "milvusdb/milvus"
