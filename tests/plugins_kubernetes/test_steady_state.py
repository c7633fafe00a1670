"""What the server fills in or writes otherwise is no change; what somebody else changes is."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugins_kubernetes.objects_wanted import deployment, pod_spec
from tests.plugins_kubernetes.project import Project

pytestmark = pytest.mark.platform

Live = Callable[[str], dict[str, Any]]


def test_servers_defaults_stay_unseen_and_a_changed_label_does_not(
    project: Project, kubectl: Callable[..., str], live: Live
) -> None:
    web = deployment(pod_spec(), after=["quota"])
    limits = {"cpu": "0.05", "memory": "16384Ki"}
    web[1]["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": limits}
    hard = {"limits.cpu": "1000m", "limits.memory": "1024Mi", "pods": 4}
    metadata = {"name": "closed", "labels": {"colour": "red"}}
    ingress = [{"ports": [{"port": 80}], "from": [{"pod_selector": {}}]}]
    policy = {"pod_selector": {}, "policy_types": ["Ingress"], "ingress": ingress}
    inputs = {"metadata": metadata, "spec": policy}
    project.want(
        quota=["core.v1.ResourceQuota", {"spec": {"hard": hard}}, {}],
        closed=["networking.v1.NetworkPolicy", inputs, {}],
        web=web,
    )
    project.succeed("up", "--yes", "--skip-preview")
    assert live("networkpolicy/closed")["spec"]["ingress"][0]["ports"][0]["protocol"] == "TCP"
    project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    project.succeed("preview", "--expect-no-changes")

    namespace = project.provider["namespace"]
    patch = json.dumps({"metadata": {"labels": {"colour": "blue"}}})
    kubectl("patch", "networkpolicy/closed", "-n", namespace, "--type=merge", "-p", patch)
    assert "~ 1 updated" in project.succeed("refresh", "--yes", "--skip-preview")
    assert "~ 1 updated" in project.succeed("up", "--yes", "--skip-preview")
    assert live("networkpolicy/closed")["metadata"]["labels"] == {"colour": "red"}
