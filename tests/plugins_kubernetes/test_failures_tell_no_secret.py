"""What fails is told in full, except for what the program gave as a secret."""

import base64
from pathlib import Path

import pytest

from tests.plugins_kubernetes.objects_wanted import deployment, pod_spec
from tests.plugins_kubernetes.project import Project

pytestmark = pytest.mark.platform

CANARY = "canary-in-a-failure"
HIDDEN = {"$secret": CANARY}
CHART = "apiVersion: v2\nname: tiny\nversion: 0.1.0\n"
POD = """
apiVersion: v1
kind: Pod
metadata: {name: tiny, labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
spec:
  containers:
    - name: main
      image: {{ .Values.image }}
      imagePullPolicy: Never
"""


@pytest.fixture(autouse=True)
def canary(project: Project) -> None:
    project.secrets += [CANARY, base64.b64encode(CANARY.encode()).decode()]


def nothing_in_the_state(project: Project) -> None:
    # Project.run looks for the canary in whatever it prints.
    assert "deployment" in project.run("stack", "export").text


def test_a_manifest_that_the_cluster_refuses(project: Project) -> None:
    labels = {"bad": {"$secret": f"{CANARY} is no label"}}
    secret = {"metadata": {"labels": labels}, "string_data": {"password": HIDDEN}}
    project.want(key=["core.v1.Secret", secret, {}])
    for command in (["preview"], ["up", "--yes", "--skip-preview"]):
        said = project.fail(*command)
        assert "a valid label must" in said
        assert "[secret]" in said
    nothing_in_the_state(project)


def test_a_container_that_cannot_start(project: Project) -> None:
    spec = pod_spec()
    spec["containers"][0] |= {"image": HIDDEN, "image_pull_policy": "Never"}
    project.want(web=deployment(spec, timeout="4s"))
    said = project.fail("up", "--yes", "--skip-preview")
    assert 'container main: ErrImageNeverPull, Container image "[secret]"' in said
    nothing_in_the_state(project)


def test_a_release_whose_container_cannot_start(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART)
    (folder / "templates" / "pod.yaml").write_text(POD)
    inputs = {"chart": str(folder), "timeout": 4, "values": {"image": HIDDEN}}
    project.want(tiny=["helm.v3.Release", inputs, {}])
    said = project.fail("up", "--yes", "--skip-preview")
    assert 'pod tiny, container main: ErrImageNeverPull, Container image "[secret]"' in said
    nothing_in_the_state(project)


def test_a_chart_that_fails_with_its_values(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART)
    (folder / "templates" / "a.yaml").write_text("{{ fail .Values.password }}")
    inputs = {"chart": str(folder), "values": {"password": HIDDEN}}
    project.want(tiny=["helm.v3.Release", inputs, {}])
    assert "[secret]" in project.fail("up", "--yes", "--skip-preview")
    nothing_in_the_state(project)
