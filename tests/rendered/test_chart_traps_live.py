"""Traps of the upstream chart that only a cluster springs: service links, and upgrades."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.guardrails.conftest import other_namespace  # noqa: F401 (a fixture)
from tests.guardrails.trial import created, kubectl, pod_manifest, running_from
from tests.rendered import rendering
from tests.rendered.rendering import OWN_CHART, REQUIRES_UPSTREAM, values_of
from vectorkit.decisions import naming

pytestmark = pytest.mark.platform


def minio_port(namespace: str, variables: list[dict[str, Any]]) -> str:
    """What a pod beside a Service named minio finds under MINIO_PORT."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "minio", "namespace": namespace},
        "spec": {"ports": [{"port": 9000}], "selector": {"no": "pod"}},
    }
    plain = [one for one in variables if "value" in one]
    with created(service):
        manifest = pod_manifest(namespace, "trial-links", {}, {"env": plain})
        with running_from(manifest) as pod:
            return pod.run("sh", "-c", "echo $MINIO_PORT").strip()


@pytest.mark.usefixtures("other_namespace")
@pytest.mark.parametrize(
    "chart",
    [
        pytest.param("own", id="our chart"),
        pytest.param("upstream", id="upstream", marks=REQUIRES_UPSTREAM),
    ],
)
def test_a_service_named_minio_does_not_become_the_port_of_the_store(
    chart: str,
    other_namespace: str,  # noqa: F811
) -> None:
    folder = OWN_CHART if chart == "own" else rendering.upstream()
    rendered = rendering.manifests(folder, values_of("local"))
    variables = rendering.milvus_container(rendered)["env"]
    ours = [one for one in variables if one["name"] == "MINIO_PORT"]
    assert minio_port(other_namespace, variables) == ours[0]["value"]
    others = [one for one in variables if one not in ours]
    assert minio_port(other_namespace, others).startswith("tcp://")


@REQUIRES_UPSTREAM
def test_an_upgrade_leaves_the_queue_alone_although_the_chart_falls_back_to_rocksmq(
    other_namespace: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    """The release of a chart that did not yet leave its annotation on the Deployment."""
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump(values_of("dev", {"milvus.wal": "woodpecker"})))
    release = (naming.RELEASE, str(rendering.upstream()), "-n", other_namespace)
    rendering.helm("install", *release, "-f", str(values))
    deployment = ("-n", other_namespace, "annotate", "deployment", "milvus-standalone")
    kubectl(*deployment, "milvus.io/message-queue-")
    dry = ("--dry-run=server", "-o", "json")
    upgraded = json.loads(rendering.helm("upgrade", *release, "-f", str(values), *dry))
    rendered = [one for one in yaml.safe_load_all(upgraded["manifest"]) if one]
    files = rendering.configuration(rendered)
    assert rendering.strictly(files["default.yaml"])["mq"] == {"type": "rocksmq"}
    assert rendering.strictly(files["user.yaml"])["mq"] == {"type": "woodpecker"}
