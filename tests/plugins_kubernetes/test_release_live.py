"""Helm releases under the real Pulumi engine, in a real cluster."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plugins_kubernetes.objects_wanted import IMAGE
from tests.plugins_kubernetes.project import Project

pytestmark = pytest.mark.platform

Kubectl = Callable[..., str]
CHART = "apiVersion: v2\nname: tiny\nversion: 0.1.0\nappVersion: '1.2'\n"
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-web}
spec:
  selector: {matchLabels: {of: {{ .Release.Name }}}}
  template:
    metadata: {labels: {of: {{ .Release.Name }}, app.kubernetes.io/instance: {{ .Release.Name }}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: {{ .Values.image }}
          imagePullPolicy: Never
          command: [sleep, "3600"]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-colour}
data: {colour: {{ .Values.colour | quote }}}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "my charts" / "tiny"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART)
    (folder / "values.yaml").write_text(f"image: {IMAGE}\ncolour: red\n")
    (folder / "templates" / "web.yaml").write_text(WEB)
    return folder


def release(chart: Path, **inputs: Any) -> list[Any]:
    return ["helm.v3.Release", {"chart": str(chart), "timeout": 60, **inputs}, {}]


def helm(project: Project, *arguments: str) -> str:
    return subprocess.run(
        ["helm", *arguments, "-n", project.provider["namespace"]],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def test_the_life_of_a_release(project: Project, chart: Path, kubectl: Kubectl) -> None:
    namespace = project.provider["namespace"]
    project.secrets.append("canary-of-the-values")
    values = {"colour": {"$secret": project.secrets[0]}, "nothing": None, "list": [1, 2.5]}
    exports = {
        "status": ["tiny", "status"],
        "version": ["tiny", "version"],
        "names": ["tiny", "resource_names"],
    }
    project.want(exports=exports, tiny=release(chart, values=values))
    project.succeed("preview")
    project.succeed("up", "--yes", "--skip-preview")
    status = project.outputs()["status"]
    name = status.pop("name")
    assert name.startswith("tiny-")
    assert status == {
        "app_version": "1.2",
        "chart": "tiny",
        "namespace": namespace,
        "revision": 1,
        "status": "deployed",
        "version": "0.1.0",
    }
    assert project.outputs()["version"] == "0.1.0"
    assert project.outputs()["names"] == {
        "ConfigMap/v1": [f"{name}-colour"],
        "Deployment.apps/apps/v1": [f"{name}-web"],
    }
    project.succeed("preview", "--expect-no-changes")
    project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    project.succeed("preview", "--expect-no-changes")

    project.want(exports=exports, tiny=release(chart, values={"colour": "green"}))
    project.succeed("up", "--yes", "--skip-preview")
    assert project.outputs()["status"]["revision"] == 2
    said = kubectl("get", "configmap", f"{name}-colour", "-n", namespace, "-o", "json")
    assert json.loads(said)["data"] == {"colour": "green"}
    assert kubectl("get", "deployment", f"{name}-web", "-n", namespace, "-o", "name")

    (chart / "more.txt").write_text("changed")
    # What was installed counts, not what lies there when the state is read again.
    project.succeed("refresh", "--yes", "--skip-preview")
    assert "chart" in project.succeed("up", "--yes", "--skip-preview", "--diff")
    assert project.outputs()["status"]["revision"] == 3
    project.succeed("preview", "--expect-no-changes")

    helm(project, "upgrade", name, str(chart), "--set", "colour=blue")
    assert "blue" in project.succeed("refresh", "--yes", "--skip-preview", "--diff")
    project.succeed("up", "--yes", "--skip-preview")
    said = kubectl("get", "configmap", f"{name}-colour", "-n", namespace, "-o", "json")
    assert json.loads(said)["data"] == {"colour": "green"}

    helm(project, "uninstall", name)
    project.succeed("refresh", "--yes", "--skip-preview")
    assert "tiny" not in project.state()
    project.succeed("up", "--yes", "--skip-preview")
    project.succeed("destroy", "--yes", "--skip-preview")
    assert helm(project, "list", "-q").strip() == ""


def test_a_failed_release_says_which_pod_and_is_repaired_by_the_next_run(
    project: Project, chart: Path
) -> None:
    bad = IMAGE.replace("busybox:", "busybox:missing-")
    project.want(tiny=release(chart, name="tiny", timeout=4, values={"image": bad}))
    said = project.fail("up", "--yes", "--skip-preview")
    namespace = project.provider["namespace"]
    assert f"The Helm release {namespace}/tiny failed (waited up to 4 s)" in said
    assert "pod tiny-web-" in said
    assert "container main: ErrImageNeverPull" in said
    assert "last event of tiny-web-" in said
    assert project.state()["tiny"]["outputs"]["status"]["status"] == "failed"

    # These three only mean something to an upgrade.
    repaired = release(chart, name="tiny", maxHistory=3, cleanupOnFail=True, resetValues=True)
    repaired[1] = {_snake(key): value for key, value in repaired[1].items()}
    project.want(tiny=repaired)
    project.succeed("up", "--yes", "--skip-preview")
    assert json.loads(helm(project, "list", "-o", "json"))[0]["status"] == "deployed"


def test_an_atomic_release_that_fails_leaves_nothing(project: Project, chart: Path) -> None:
    bad = {"image": IMAGE.replace("busybox:", "busybox:missing-")}
    project.want(tiny=release(chart, name="tiny", timeout=4, values=bad, atomic=True))
    project.fail("up", "--yes", "--skip-preview")
    assert "tiny" not in project.state()
    assert helm(project, "list", "-q").strip() == ""


def test_a_release_that_a_killed_run_left_names_its_repair(
    project: Project, chart: Path, kubectl: Kubectl
) -> None:
    namespace = project.provider["namespace"]
    helm(project, "install", "tiny", str(chart))
    project.want(tiny=release(chart, name="tiny"))
    said = project.fail("up", "--yes", "--skip-preview")
    assert f"The Helm release {namespace}/tiny exists already" in said

    _set_status(kubectl, namespace, "pending-install")
    said = project.fail("up", "--yes", "--skip-preview")
    assert f"`helm uninstall tiny -n {namespace}`" in said
    helm(project, "uninstall", "tiny")
    project.succeed("up", "--yes", "--skip-preview")

    _set_status(kubectl, namespace, "pending-upgrade")
    project.want(tiny=release(chart, name="tiny", values={"colour": "green"}))
    said = project.fail("up", "--yes", "--skip-preview")
    assert f"`helm rollback tiny -n {namespace}`" in said


def test_wrong_inputs_are_refused_before_anything_is_made(project: Project, chart: Path) -> None:
    options = {"repo": "https://example.com", "username": "me", "password": "x"}
    wanted = release(chart, postrender="cat", repository_opts=options)
    project.want(tiny=wanted)
    said = project.fail("preview")
    assert "does not support Release's postrender" in said
    assert "does not support Release's repositoryOpts.password" in said
    project.want(tiny=release(Path("/nowhere/chart")))
    said = project.fail("preview")
    assert "There is no chart at /nowhere/chart" in said


def _set_status(kubectl: Kubectl, namespace: str, status: str) -> None:
    """What helm finds when it was killed at work: the same as in its own secret."""
    import base64  # noqa: PLC0415
    import gzip  # noqa: PLC0415

    name = "sh.helm.release.v1.tiny.v1"
    secret = json.loads(kubectl("get", "secret", name, "-n", namespace, "-o", "json"))
    stored = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    held = json.loads(gzip.decompress(stored))
    held["info"]["status"] = status
    packed = base64.b64encode(gzip.compress(json.dumps(held).encode()))
    data = {"release": base64.b64encode(packed).decode()}
    patch = {"metadata": {"labels": {"status": status}}, "data": data}
    kubectl("patch", "secret", name, "-n", namespace, "--type=merge", "-p", json.dumps(patch))


def _snake(key: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in key)
