"""Cluster mode of the upstream chart: what it does of itself and must not, and how we shut it."""

from typing import Any

import pytest

from tests.infra import stack_document
from tests.rendered import rendering
from tests.rendered.rendering import REQUIRES_UPSTREAM, Manifest, of_kind, values_of, without
from vectorkit.decisions import namespace_rules
from vectorkit.decisions.milvus_values import with_secret_hash

pytestmark = [pytest.mark.tools, REQUIRES_UPSTREAM]

STACK = "prod-aws"
SCALED = {"milvus.scale": {"proxies": 2, "most_proxies": 6}}
STEADY = {"milvus.scale": {"proxies": 2, "most_proxies": 2}}
MILVUS = ["datanode", "mixcoord", "proxy", "querynode", "streamingnode"]


def rendered(values: dict[str, Any]) -> list[Manifest]:
    return rendering.manifests(rendering.upstream(), values)


def deployment(label: str, manifests: list[Manifest]) -> Manifest:
    (found,) = [
        one["spec"]
        for one in of_kind("Deployment", manifests)
        if one["metadata"]["labels"]["component"] == label
    ]
    return dict(found)


def mounts(label: str, values: dict[str, Any]) -> list[str]:
    (container,) = deployment(label, rendered(values))["template"]["spec"]["containers"]
    return [one["mountPath"] for one in container["volumeMounts"]]


def test_the_second_coordinator_stands_by_and_without_our_value_it_would_not() -> None:
    def active_standby(values: dict[str, Any]) -> set[bool]:
        config = rendering.strictly(rendering.configuration(rendered(values))["default.yaml"])
        coordinators = ("rootCoord", "queryCoord", "dataCoord")
        return {config[one]["enableActiveStandby"] for one in coordinators}

    assert deployment("mixcoord", rendered(values_of(STACK)))["replicas"] == 2
    assert active_standby(values_of(STACK)) == {True}
    assert active_standby(without(values_of(STACK), "mixCoordinator.activeStandby")) == {False}


@pytest.mark.parametrize("label", MILVUS)
def test_every_pod_may_write_to_its_local_disk_although_its_root_is_read_only(label: str) -> None:
    paths = mounts(label, values_of(STACK))
    assert {"/tmp", "/var/lib/milvus"} <= set(paths)  # noqa: S108 (in the container)
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("label", MILVUS)
def test_a_changed_secret_rolls_the_pods_of_every_kind(label: str) -> None:
    def annotations(digest: str) -> dict[str, str]:
        spec = deployment(label, rendered(with_secret_hash(values_of(STACK), digest)))
        return dict(spec["template"]["metadata"]["annotations"])

    before, after = annotations("one"), annotations("two")
    assert {key for key in before if before[key] != after[key]} == {"vectorkit/secret-hash"}


@pytest.mark.parametrize("label", MILVUS)
def test_pods_of_a_kind_keep_apart_and_the_selectors_find_them(label: str) -> None:
    template = deployment(label, rendered(values_of(STACK)))["template"]
    rules = template["spec"]["topologySpreadConstraints"]
    assert [one["topologyKey"] for one in rules] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    for one in rules:
        selector = one["labelSelector"]["matchLabels"]
        assert selector.items() <= template["metadata"]["labels"].items()
        assert selector["component"] == label


def test_who_is_scaled_by_cpu_has_no_fixed_number_and_nobody_else_is() -> None:
    manifests = rendered(values_of(STACK, SCALED))
    scaled = of_kind("HorizontalPodAutoscaler", manifests)
    bounds = {
        one["spec"]["scaleTargetRef"]["name"]: (
            one["spec"]["minReplicas"],
            one["spec"]["maxReplicas"],
        )
        for one in scaled
    }
    assert bounds == {"milvus-proxy": (2, 6)}
    fixed = {label for label in MILVUS if "replicas" in deployment(label, manifests)}
    assert fixed == set(MILVUS) - {"proxy"}
    steady = rendered(values_of(STACK, STEADY))
    assert of_kind("HorizontalPodAutoscaler", steady) == []
    assert deployment("proxy", steady)["replicas"] == 2


def test_etcd_has_three_members_on_three_nodes() -> None:
    (etcd,) = of_kind("StatefulSet", rendered(values_of(STACK)))
    assert etcd["spec"]["replicas"] == 3
    apart = etcd["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]
    (term,) = apart["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    labels = etcd["spec"]["template"]["metadata"]["labels"]
    assert term["labelSelector"]["matchLabels"].items() <= labels.items()


def test_without_our_value_the_members_of_etcd_may_stand_on_one_node() -> None:
    careless = without(values_of(STACK), "etcd.podAntiAffinityPreset")
    (etcd,) = of_kind("StatefulSet", rendered(careless))
    apart = etcd["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]
    assert list(apart) == ["preferredDuringSchedulingIgnoredDuringExecution"]


def test_no_service_carries_the_management_port_and_without_our_value_some_would() -> None:
    def carriers(values: dict[str, Any]) -> list[str]:
        services = of_kind("Service", rendered(values))
        return [
            one["metadata"]["name"]
            for one in services
            if 9091 in {port["port"] for port in one["spec"]["ports"]}
        ]

    assert carriers(values_of(STACK)) == []
    assert len(carriers(without(values_of(STACK), "metrics"))) > 1


def test_every_budget_finds_the_pods_of_one_kind() -> None:
    budgets = namespace_rules.budgets(stack_document.settings(stack=STACK).shape)
    manifests = rendered(values_of(STACK))
    owners = of_kind("Deployment", manifests) + of_kind("StatefulSet", manifests)
    found = {
        name: [
            one["metadata"]["name"]
            for one in owners
            if budget["selector"]["matchLabels"].items()
            <= one["spec"]["template"]["metadata"]["labels"].items()
        ]
        for name, budget in budgets.items()
    }
    assert found == {f"milvus-{one}": [f"milvus-{one}"] for one in (*MILVUS, "etcd")}


def test_every_port_that_the_chart_opens_for_other_pods_is_open_between_them() -> None:
    opened = {
        port["containerPort"]
        for pod in rendering.pods(rendered(values_of(STACK)))
        for container in pod["containers"]
        for port in container["ports"]
        if port["name"] in MILVUS
    }
    assert len(opened) == 3
    assert opened <= set(namespace_rules.COMPONENT_PORTS)
