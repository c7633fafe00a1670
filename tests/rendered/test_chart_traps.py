"""What the upstream chart does of itself and must not: each trap, shut by a value of ours.

A test of the open trap fails once the chart has mended it, and the value may go.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra import stack_document
from tests.infra.chart_paths import unknown_paths
from tests.infra.stack_document import STACKS
from tests.rendered import rendering
from tests.rendered.rendering import OWN_CHART, REQUIRES_UPSTREAM, values_of, without
from vectorkit.decisions import cluster_values, images, milvus_values

SHUT_BY = {
    "woodpecker.enabled": False,
    "pulsarv3.enabled": False,
    "kafka.enabled": False,
    "minio.enabled": False,
    "metrics.enabled": False,
}


def at(values: dict[str, Any], path: str) -> Any:
    for key in path.split("."):
        values = values[key]
    return values


@pytest.mark.parametrize("stack", STACKS)
def test_what_the_chart_switches_on_by_itself_is_switched_off_at_paths_that_it_has(
    stack: str,
) -> None:
    values, milvus = values_of(stack), stack_document.settings(stack=stack).milvus
    assert {path: at(values, path) for path in SHUT_BY} == SHUT_BY
    assert values["cluster"] == {"enabled": milvus.mode == "cluster"}
    assert unknown_paths(values, milvus.chart) == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_queue_is_said_where_the_chart_cannot_change_it(stack: str) -> None:
    values = values_of(stack)
    wal = stack_document.settings(stack=stack).milvus.wal
    assert "standalone" not in values or values["standalone"]["messageQueue"] == wal
    assert yaml.safe_load(values["extraConfigFiles"]["user.yaml"])["mq"] == {"type": wal}


@pytest.mark.parametrize("stack", STACKS)
def test_the_port_of_the_store_is_not_left_to_a_service_named_minio(stack: str) -> None:
    values = values_of(stack)
    blocks = ["standalone"] if "standalone" in values else cluster_values.BLOCKS.values()
    for block in blocks:
        environment = {one["name"]: one.get("value") for one in values[block]["extraEnv"]}
        assert environment["MINIO_PORT"] == values["externalS3"]["port"]


@pytest.mark.tools
@REQUIRES_UPSTREAM
@pytest.mark.parametrize("stack", STACKS)
def test_the_upstream_chart_names_one_queue_and_starts_milvus_and_etcd_alone(stack: str) -> None:
    rendered = rendering.manifests(rendering.upstream(), values_of(stack))
    files = rendering.configuration(rendered)
    wal = stack_document.settings(stack=stack).milvus.wal
    own = ["standalone"] if "standalone" in values_of(stack) else list(cluster_values.BLOCKS)
    # In cluster mode the chart names a log only when it starts one, or knows one outside.
    named = rendering.strictly(files["default.yaml"]).get("mq")
    assert named in ([{"type": wal}] if own == ["standalone"] else [None, {"type": wal}])
    assert rendering.strictly(files["user.yaml"])["mq"] == {"type": wal}
    containers = [one["name"] for pod in rendering.pods(rendered) for one in pod["containers"]]
    assert sorted(containers) == sorted(["etcd", *own])
    assert rendering.of_kind("Job", rendered) == []


@pytest.mark.tools
@REQUIRES_UPSTREAM
@pytest.mark.parametrize("mirror", [None, "registry.example.com/mirror"])
@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_pulled_that_the_list_of_images_does_not_name(
    stack: str, mirror: str | None
) -> None:
    settings = stack_document.settings({"milvus.mirror": mirror}, stack=stack)
    values = milvus_values.values(settings, ca_bundle=None)
    rendered = rendering.manifests(rendering.upstream(), values)
    named = {str(one).removeprefix("docker.io/") for one in images.pulled(settings.milvus).values()}
    found = {one["image"] for pod in rendering.pods(rendered) for one in pod["containers"]}
    assert {one.removeprefix("docker.io/") for one in found} == named


@pytest.mark.tools
@REQUIRES_UPSTREAM
@pytest.mark.parametrize("stack", STACKS)
def test_without_our_value_the_upstream_chart_names_another_queue(stack: str) -> None:
    careless = without(values_of(stack), "pulsarv3")
    rendered = rendering.manifests(rendering.upstream(), careless)
    text = rendering.configuration(rendered)["default.yaml"]
    assert "type: pulsar" in text
    if "standalone" in careless:
        with pytest.raises(yaml.constructor.ConstructorError, match="'mq'"):
            rendering.strictly(text)


@pytest.mark.tools
@REQUIRES_UPSTREAM
@pytest.mark.parametrize(
    ("path", "comes"),
    [("pulsarv3", "pulsarv3"), ("minio", "minio"), ("cluster", "mixcoord")],
)
def test_without_our_value_the_upstream_chart_starts_more(path: str, comes: str) -> None:
    def names(values: dict[str, Any]) -> str:
        rendered = rendering.manifests(rendering.upstream(), values)
        return " ".join(one["metadata"]["name"] for one in rendered)

    assert comes in names(without(values_of("local"), path))
    assert comes not in names(values_of("local"))


@pytest.mark.tools
@REQUIRES_UPSTREAM
def test_without_our_value_the_upstream_chart_publishes_the_management_port() -> None:
    def published(values: dict[str, Any]) -> set[int]:
        services = rendering.of_kind("Service", rendering.manifests(rendering.upstream(), values))
        open_ = [one["spec"] for one in services if one["spec"].get("type") == "NodePort"]
        return {port["port"] for spec in open_ for port in spec["ports"]}

    assert published(without(values_of("local"), "metrics")) == {19530, 9091}
    assert published(values_of("local")) == {19530}


@pytest.mark.tools
@pytest.mark.parametrize(
    "chart",
    [
        pytest.param("own", id="our chart"),
        pytest.param("upstream", id="upstream", marks=REQUIRES_UPSTREAM),
    ],
)
def test_both_charts_hand_the_port_to_milvus(chart: str) -> None:
    folder: Path = OWN_CHART if chart == "own" else rendering.upstream()
    rendered = rendering.manifests(folder, values_of("local"))
    environment = rendering.milvus_container(rendered)["env"]
    ports = [one["value"] for one in environment if one["name"] == "MINIO_PORT"]
    assert ports == [values_of("local")["externalS3"]["port"]]


@pytest.mark.tools
def test_our_chart_takes_no_service_for_a_setting() -> None:
    for pod in rendering.pods(rendering.manifests(OWN_CHART, values_of("local"))):
        assert pod["enableServiceLinks"] is False


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(yaml.constructor.ConstructorError):
        rendering.strictly("mq: {type: pulsar}\nmq: {type: rocksmq}\n")
    assert rendering.strictly("a: {type: 1}\nb: {type: 1}") == {"a": {"type": 1}, "b": {"type": 1}}
