"""Waiting for objects under the real Pulumi engine, in a real cluster, and why a wait fails."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugins_kubernetes.objects_wanted import IMAGE, deployment, pod_spec
from tests.plugins_kubernetes.project import Project

pytestmark = pytest.mark.platform

Live = Callable[[str], dict[str, Any]]
MISSING = IMAGE.replace("busybox:", "busybox:missing-")


def pod(*command: str, **more: Any) -> list[Any]:
    return ["core.v1.Pod", {"metadata": {"name": "one"}, "spec": pod_spec(*command, **more)}, {}]


def job(*command: str) -> list[Any]:
    template = {"spec": pod_spec(*command, restart_policy="Never")}
    spec = {"backoff_limit": 0, "template": template}
    return ["batch.v1.Job", {"metadata": {"name": "work"}, "spec": spec}, {}]


def test_a_failed_wait_names_pod_container_and_event_and_keeps_the_object(
    project: Project, live: Live
) -> None:
    web = deployment(pod_spec(image=MISSING), timeout="4s")
    web[1]["metadata"] = {"name": "web"}
    web[1]["spec"]["template"]["spec"]["containers"][0]["image_pull_policy"] = "Never"
    project.want(web=web)
    said = project.fail("up", "--yes", "--skip-preview")
    assert "is not ready (waited up to 4 s): pod web-" in said
    assert "container main: ErrImageNeverPull" in said
    assert "last event of web-" in said
    uid = live("deployment/web")["metadata"]["uid"]
    assert project.state()["web"]["outputs"]["metadata"]["uid"] == uid

    working = deployment(pod_spec(), timeout="60s")
    working[1]["metadata"] = {"name": "web"}
    project.want(web=working)
    project.succeed("up", "--yes", "--skip-preview")
    assert live("deployment/web")["metadata"]["uid"] == uid


def test_what_failed_for_good_is_not_waited_for(project: Project) -> None:
    started = time.monotonic()
    project.want(work=job("sh", "-c", "exit 7"))
    assert "container main: Error, exit code 7" in project.fail("up", "--yes", "--skip-preview")
    assert time.monotonic() - started < 60


def test_what_ends_well_is_ready(project: Project) -> None:
    project.want(work=job("true"))
    project.succeed("up", "--yes", "--skip-preview")
    state = project.state()
    assert state["work"]["outputs"]["status"]["succeeded"] == 1


def test_a_quota_that_forbids_the_pods_is_the_reason(project: Project) -> None:
    quota = ["core.v1.ResourceQuota", {"spec": {"hard": {"pods": "0"}}}, {}]
    web = deployment(pod_spec(), timeout="4s", after=["quota"])
    project.want(quota=quota, web=web)
    said = project.fail("up", "--yes", "--skip-preview")
    assert "exceeded quota" in said


def test_pod_security_that_forbids_the_pods_is_the_reason(
    project: Project, kubectl: Callable[..., str], namespace: str
) -> None:
    enforced = "pod-security.kubernetes.io/enforce=restricted"
    kubectl("label", "namespace", namespace, enforced)
    web = deployment(pod_spec(), timeout="6s")
    project.want(web=web)
    said = project.fail("up", "--yes", "--skip-preview")
    assert "is not ready (waited up to 6 s): last event of web-" in said
    assert 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false' in said


def test_a_node_without_enough_cpu_is_the_reason(project: Project) -> None:
    greedy = pod_spec()
    greedy["containers"][0]["resources"] = {"requests": {"cpu": "900"}}
    project.want(web=deployment(greedy, timeout="6s"))
    said = project.fail("up", "--yes", "--skip-preview")
    assert "pod web-" in said
    assert "Unschedulable: 0/" in said
    assert "Insufficient cpu" in said


def test_a_claim_that_no_class_serves_is_the_reason(project: Project) -> None:
    spec = {
        "access_modes": ["ReadWriteOnce"],
        "storage_class_name": "no-such-class",
        "resources": {"requests": {"storage": "1Mi"}},
    }
    claim = {
        "metadata": {"name": "data", "annotations": {"pulumi.com/skipAwait": "true"}},
        "spec": spec,
    }
    volume = {"name": "data", "persistent_volume_claim": {"claim_name": "data"}}
    project.want(
        claim=["core.v1.PersistentVolumeClaim", claim, {}],
        web=deployment(pod_spec(volumes=[volume]), timeout="8s", after=["claim"]),
    )
    said = project.fail("up", "--yes", "--skip-preview")
    assert "PersistentVolumeClaim data is Pending; last event of data: ProvisioningFailed" in said
    assert 'storageclass.storage.k8s.io "no-such-class" not found' in said


def test_storage_and_services_become_ready_together_with_their_pods(project: Project) -> None:
    claim = {"access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    template = {"metadata": {"labels": {"app": "db"}}, "spec": pod_spec()}
    template["spec"]["containers"][0]["volume_mounts"] = [{"name": "data", "mount_path": "/data"}]
    database = {
        "service_name": "db",
        "selector": {"match_labels": {"app": "db"}},
        "template": template,
        "volume_claim_templates": [{"metadata": {"name": "data"}, "spec": claim}],
    }
    front = {"selector": {"app": "db"}, "ports": [{"port": 80}]}
    project.want(
        front=["core.v1.Service", {"spec": front}, {}],
        nobody=["core.v1.Service", {"spec": {**front, "selector": {"app": "none"}}}, {}],
        headless=[
            "core.v1.Service",
            {"metadata": {"name": "db"}, "spec": {**front, "cluster_ip": "None"}},
            {},
        ],
        db=["apps.v1.StatefulSet", {"spec": database}, {"after": ["headless"]}],
        alone=["core.v1.PersistentVolumeClaim", {"spec": claim}, {}],
    )
    project.succeed("up", "--yes", "--skip-preview")
    state = project.state()
    assert state["db"]["outputs"]["status"]["readyReplicas"] == 1
    assert state["alone"]["outputs"]["status"]["phase"] == "Pending"
    project.succeed("destroy", "--yes", "--skip-preview")


def test_an_annotation_turns_waiting_off(project: Project, live: Live) -> None:
    skipped = pod(image=MISSING)
    skipped[1]["metadata"] = {"name": "one", "annotations": {"pulumi.com/skipAwait": "true"}}
    project.want(one=skipped)
    started = time.monotonic()
    project.succeed("up", "--yes", "--skip-preview")
    assert time.monotonic() - started < 20
    assert live("pod/one")["status"]["phase"] == "Pending"
