"""The chart of the local environment, rendered by the real helm with the values of that stack."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.chart_paths import unknown_paths
from tests.infra.stack_document import settings
from vectorkit.decisions import milvus_values

REPOSITORY = Path(__file__).parents[2]
CHART = REPOSITORY / "charts" / "milvus-local"
LOCAL_VALUES = REPOSITORY / "tests" / "infra" / "golden" / "local.values.yaml"
KEY = "AKIATESTONLY"

Manifest = dict[str, Any]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["helm", *arguments], capture_output=True, text=True, check=False)


def template(*sets: str) -> subprocess.CompletedProcess[str]:
    return helm("template", "milvus", str(CHART), "-n", "trial", "-f", str(LOCAL_VALUES), *sets)


def rendered(*sets: str) -> list[Manifest]:
    finished = template(*sets)
    assert finished.returncode == 0, finished.stderr
    return [one for one in yaml.safe_load_all(finished.stdout) if one]


def of_kind(kind: str, manifests: list[Manifest]) -> list[Manifest]:
    return [one for one in manifests if one["kind"] == kind]


def pods(manifests: list[Manifest]) -> list[Manifest]:
    owners = of_kind("Deployment", manifests) + of_kind("StatefulSet", manifests)
    assert len(owners) == 2
    return [one["spec"]["template"]["spec"] for one in owners]


def milvus_template(manifests: list[Manifest]) -> Manifest:
    template: Manifest = of_kind("Deployment", manifests)[0]["spec"]["template"]
    return template


def test_every_value_has_a_name_of_the_upstream_chart() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert unknown_paths(values, settings().milvus.chart) == []


@pytest.mark.tools
def test_helm_finds_nothing_to_complain_of() -> None:
    finished = helm("lint", "--strict", str(CHART), "-f", str(LOCAL_VALUES))
    assert finished.returncode == 0, finished.stdout


@pytest.mark.tools
@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("standalone.persistance.enabled=false", "persistance"),
        ("cluster.enabled=true", "/cluster/enabled"),
        ("standalone.messageQueue=woodpecker", "/standalone/messageQueue"),
        ("service.type=LoadBalancer", "/service/type"),
        ("service.nodePort=65536", "/service/nodePort"),
        ("etcd.replicaCount=3", "/etcd/replicaCount"),
        ("externalS3.rootPath=", "externalS3.rootPath"),
    ],
)
def test_a_value_that_cannot_be_followed_is_refused_by_name(value: str, named: str) -> None:
    finished = template("--set", value)
    assert finished.returncode != 0
    assert named in finished.stderr


@pytest.mark.tools
@pytest.mark.parametrize(
    "value",
    [
        f"externalS3.accessKey={KEY}",
        f"externalS3.secretKey={KEY}",
        rf"extraConfigFiles.user\.yaml=minio: {{secretAccessKey: {KEY}}}",
        rf"extraConfigFiles.user\.yaml=minio: {{accessKeyID: {KEY}}}",
    ],
)
def test_a_key_of_the_store_is_refused_and_not_repeated(value: str) -> None:
    finished = template("--set-string", value.replace(",", r"\,"))
    assert finished.returncode != 0
    assert "come from a Secret by standalone.extraEnv" in finished.stderr
    assert KEY not in finished.stdout + finished.stderr


@pytest.mark.tools
@pytest.mark.parametrize(
    "name",
    ["MINIO_ACCESS_KEY_ID", "MINIO_SECRET_ACCESS_KEY", "COMMON_SECURITY_DEFAULTROOTPASSWORD"],
)
def test_a_secret_given_as_a_plain_variable_is_refused_and_not_repeated(name: str) -> None:
    variable = f"standalone.extraEnv[0].name={name},standalone.extraEnv[0].value={KEY}"
    finished = template("--set", variable)
    assert finished.returncode != 0
    assert f"must give {name} by valueFrom.secretKeyRef" in finished.stderr
    assert KEY not in finished.stdout + finished.stderr


@pytest.mark.tools
def test_secrets_are_only_referred_to() -> None:
    manifests = rendered()
    assert of_kind("Secret", manifests) == []
    environment = milvus_template(manifests)["spec"]["containers"][0]["env"]
    secret = [one["name"] for one in environment if "secretKeyRef" in one.get("valueFrom", {})]
    assert secret == [
        "MINIO_ACCESS_KEY_ID",
        "MINIO_SECRET_ACCESS_KEY",
        "COMMON_SECURITY_DEFAULTROOTPASSWORD",
    ]


@pytest.mark.tools
def test_every_pod_is_within_the_restricted_level_and_cannot_write_to_its_image() -> None:
    for pod in pods(rendered()):
        assert pod["automountServiceAccountToken"] is False
        assert all("hostPath" not in volume for volume in pod.get("volumes", []))
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        for container in pod["containers"]:
            context = pod.get("securityContext", {}) | container["securityContext"]
            assert context["runAsNonRoot"] is True
            assert context["runAsUser"] > 0
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert context["seccompProfile"] == {"type": "RuntimeDefault"}
            assert context["readOnlyRootFilesystem"] is True


@pytest.mark.tools
def test_every_pod_states_its_memory_and_is_probed() -> None:
    for pod in pods(rendered()):
        for container in pod["containers"]:
            assert container["resources"]["limits"]["memory"]
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)


@pytest.mark.tools
@pytest.mark.parametrize("metrics", ["true", "false"])
def test_the_management_port_is_never_published(metrics: str) -> None:
    services = of_kind("Service", rendered("--set", f"metrics.enabled={metrics}"))
    published = [one["spec"] for one in services if one["spec"]["type"] != "ClusterIP"]
    assert [[port["targetPort"] for port in one["ports"]] for one in published] == [["milvus"]]
    opened = {port["targetPort"] for one in services for port in one["spec"]["ports"]}
    assert ("metrics" in opened) is (metrics == "true")


@pytest.mark.tools
def test_a_changed_configuration_or_secret_rolls_the_pod() -> None:
    before = milvus_template(rendered())["metadata"]["annotations"]
    other_config = rendered("--set-string", r"extraConfigFiles.user\.yaml=log: {level: debug}")
    other_secret = rendered("--set", "annotations.vectorkit/secret-hash=other")
    assert before != milvus_template(other_config)["metadata"]["annotations"]
    assert before != milvus_template(other_secret)["metadata"]["annotations"]


@pytest.mark.tools
def test_two_servers_never_share_the_volume() -> None:
    deployment = of_kind("Deployment", rendered())[0]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}


@pytest.mark.tools
def test_the_server_has_stopped_by_itself_before_it_is_killed() -> None:
    grace = milvus_template(rendered())["spec"]["terminationGracePeriodSeconds"]
    assert grace > milvus_values.GRACEFUL_STOP_SECONDS


@pytest.mark.tools
def test_the_data_stays_when_the_release_is_uninstalled() -> None:
    manifests = rendered()
    (claim,) = of_kind("PersistentVolumeClaim", manifests)
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    (etcd,) = of_kind("StatefulSet", manifests)
    assert len(etcd["spec"]["volumeClaimTemplates"]) == 1
    assert "persistentVolumeClaimRetentionPolicy" not in etcd["spec"]


@pytest.mark.tools
def test_the_server_finds_its_etcd_and_its_store() -> None:
    manifests = rendered()
    config = yaml.safe_load(of_kind("ConfigMap", manifests)[0]["data"]["default.yaml"])
    (endpoint,) = config["etcd"]["endpoints"]
    services = {one["metadata"]["name"]: one["spec"] for one in of_kind("Service", manifests)}
    name, port = endpoint.split(":")
    assert int(port) in [one["port"] for one in services[name]["ports"]]
    stated = yaml.safe_load(LOCAL_VALUES.read_text())["externalS3"]
    assert config["minio"]["address"] == stated["host"]
    assert config["minio"]["useSSL"] is True
    assert config["minio"]["rootPath"] == stated["rootPath"]
