from typing import Any, ClassVar

import pytest

from plugins.kubernetes import diagnosis, readiness
from plugins.kubernetes.kubectl import Failed, Target


def live(kind: str, spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "a"}, "spec": spec or {}, "status": status}


def condition(kind: str, value: str = "True") -> list[dict[str, str]]:
    return [{"type": kind, "status": value}]


def pod(state: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    container = {"name": "main", "ready": False, "state": state or {}, **more}
    return live("Pod", containerStatuses=[container])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (live("Pod", phase="Running", conditions=condition("Ready")), True),
        (live("Pod", phase="Running", conditions=condition("Ready", "False")), False),
        (live("Pod", phase="Succeeded"), True),
        (live("Job", conditions=condition("Complete")), True),
        (live("Job"), False),
        (live("PersistentVolume", phase="Available"), True),
        (live("PersistentVolume", phase="Pending"), False),
        (live("ResourceQuota", {"hard": {"memory": "1024Mi"}}, hard={"memory": "1Gi"}), True),
        (live("ResourceQuota", {"hard": {"pods": "1"}}), False),
        (live("ResourceQuota", {"hard": {"pods": "1"}}, hard={"pods": "2"}), False),
        (live("Ingress", loadBalancer={"ingress": [{"ip": "x"}]}), True),
        (live("Ingress", loadBalancer={}), False),
        (live("ReplicationController", {"replicas": 2}, availableReplicas=1), False),
        (live("Namespace", phase="Active"), True),
    ],
)
def test_an_object_is_ready_by_its_own_status(found: dict[str, Any], expected: bool) -> None:
    assert readiness.STATES[found["kind"]](found) is expected


@pytest.mark.parametrize(
    "found", [live("Pod", phase="Failed"), live("Job", conditions=condition("Failed"))]
)
def test_what_failed_is_never_ready(found: dict[str, Any]) -> None:
    with pytest.raises(Failed):
        readiness.STATES[found["kind"]](found)


def test_a_token_is_waited_for_in_the_secret_that_asks_for_one() -> None:
    asks = {**live("Secret"), "type": "kubernetes.io/service-account-token"}
    assert not readiness.STATES["Secret"](asks)
    assert readiness.STATES["Secret"]({**asks, "data": {"token": "x"}})
    assert readiness.STATES["Secret"](live("Secret"))


def test_the_callers_timeout_counts_before_the_annotation_and_the_default() -> None:
    annotated = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "7"}}}
    assert readiness.seconds(annotated, 3) == 3
    assert readiness.seconds(annotated, 0) == 7
    assert readiness.seconds({"metadata": {}}, 0) == 600


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            pod({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}),
            "pod a, container main: ImagePullBackOff, no such image",
        ),
        (
            pod(
                {"waiting": {"reason": "CrashLoopBackOff"}},
                lastState={"terminated": {"exitCode": 3, "reason": "Error"}},
            ),
            "pod a, container main: CrashLoopBackOff, last exit code 3 (Error)",
        ),
        (
            pod({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
            "pod a, container main: OOMKilled, exit code 137",
        ),
        (
            pod({"terminated": {"exitCode": 132, "reason": "Error"}}),
            "pod a, container main: Error, exit code 132: the node's CPU lacks an instruction that "
            "the program needs, such as AVX; take nodes whose CPU has it",
        ),
        (pod({"running": {}}), "pod a, container main: running, but not ready"),
        (pod({"running": {}}, ready=True), ""),
        (pod({"terminated": {"exitCode": 0}}), ""),
        (
            live(
                "Pod",
                conditions=[
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "no node",
                    }
                ],
            ),
            "pod a: Unschedulable: no node",
        ),
        (live("Pod", reason="Evicted", message="disk full"), "pod a: Evicted: disk full"),
    ],
)
def test_the_reason_names_the_pod_its_container_and_the_state(
    found: dict[str, Any], expected: str
) -> None:
    assert diagnosis.pod_reason(found) == expected


def test_an_init_container_that_fails_comes_first() -> None:
    found = pod({"waiting": {"reason": "PodInitializing"}})
    failed = {"name": "first", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}
    found["status"]["initContainerStatuses"] = [failed]
    assert diagnosis.pod_reason(found) == "pod a, container first: Error, exit code 1"


def test_what_holds_a_namespace_is_what_remains_in_it() -> None:
    message = "Some resources are remaining: pods. has 1 resource instances"
    found = live("Namespace", {"finalizers": ["kubernetes"]})
    found["status"]["conditions"] = [
        {"type": "NamespaceContentRemaining", "status": "True", "message": message}
    ]
    said = diagnosis.what_holds(found)
    assert said == f"; it waits for its finalizers kubernetes; {message}"


class Recorded(Target):
    """A cluster that holds what was recorded of one."""

    objects: ClassVar[dict[str, list[dict[str, Any]]]] = {}

    def find(self, kind: str, *arguments: str, namespace: str) -> list[dict[str, Any]]:
        about = [one.rpartition("=")[2] for one in arguments if "involvedObject" in one]
        found = self.objects.get(kind, [])
        return [one for one in found if not about or one["involvedObject"]["name"] in about]


def test_a_pod_without_a_node_is_told_with_the_claim_that_nobody_serves() -> None:
    waiting = live("Pod", {"volumes": [{"persistentVolumeClaim": {"claimName": "data-db-0"}}]})
    waiting["metadata"] = {"name": "db-0", "uid": "p"}
    waiting["status"]["conditions"] = [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "pod has unbound immediate PersistentVolumeClaims",
        }
    ]
    claim = live("PersistentVolumeClaim", phase="Pending")
    claim["metadata"] = {"name": "data-db-0", "uid": "c"}
    why = "no persistent volumes available for this claim and no storage class is set"
    event = {
        "involvedObject": {"name": "data-db-0", "uid": "c"},
        "metadata": {},
        "type": "Normal",
        "reason": "FailedBinding",
        "message": why,
    }
    Recorded.objects = {
        "pods": [waiting],
        "persistentvolumeclaims": [claim],
        "events": [event],
    }
    said = diagnosis.of_release(Recorded(), "trial", "db")
    assert said == (
        "pod db-0: Unschedulable: pod has unbound immediate PersistentVolumeClaims; "
        "PersistentVolumeClaim data-db-0 is Pending; "
        f"last event of data-db-0: FailedBinding: {why}"
    )
