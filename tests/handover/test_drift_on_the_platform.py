"""Drift of the deployed environment: found, told as it is and as it was declared, and repaired."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handover.drift import DIFFERS
from plugins.objectstore.s3_client import StoreConfig, connect
from smoke_tests import outputs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1200)]

REPOSITORY = Path(__file__).resolve().parents[2]
NAMESPACE = "vectorkit-local"
SECRET, CANARY = "milvus-credentials", "canary-of-a-secret"
OPEN: dict[str, Any] = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "open-by-hand"},
    "spec": {"podSelector": {"matchLabels": {"trial": "none"}}, "ingress": [{}]},
}
"""It lets in to no pod that there is."""


def drift(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "handover.drift", "--stack", "local", *options]
    known = os.environ | {"PYTHONPATH": str(REPOSITORY / "infra")}
    return subprocess.run(
        command, cwd=REPOSITORY, env=known, capture_output=True, text=True, check=False
    )


def differing() -> list[dict[str, str]]:
    done = drift("--json")
    assert done.returncode == DIFFERS, done.stderr
    assert CANARY not in done.stdout + done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def told(found: list[dict[str, str]]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """By kind and setting, what was found."""
    return {
        (one["kind"].rpartition(":")[2], one["setting"]): (
            one["found"],
            one["is_now"],
            one["declared"],
        )
        for one in found
    }


def kubectl(*arguments: str, given: Any = None) -> str:
    stdin = None if given is None else json.dumps(given)
    command = ["kubectl", "--namespace", NAMESPACE, *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


def patch(kind: str, name: str, change: Any) -> None:
    kubectl("patch", kind, name, "--type=merge", "--patch", json.dumps(change))


def deploy() -> None:
    """As `make up REFRESH=1` does, whose lock these tests hold."""
    command = ["pulumi", "up", "--refresh", "--yes", "--skip-preview", "--non-interactive"]
    command += ["--stack", "local", "--config-file", os.environ["STACK_FILE"]]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def take_back() -> None:
    """What a deployment does not take away."""
    patch("networkpolicy", "deny-all", {"spec": {"ingress": None}})
    patch("secret", SECRET, {"data": {"added": None}})
    patch("service", "milvus", {"spec": {"externalIPs": None}})
    kubectl("delete", "networkpolicy", OPEN["metadata"]["name"], "--ignore-not-found")


@pytest.fixture(scope="module")
def store() -> "S3Client":
    """As the deployer."""
    found = outputs.read("local")
    return connect(
        StoreConfig(endpoint=found.endpoint, region=found.store_region, ca_file=found.store_ca_file)
    )


@pytest.fixture(scope="module", autouse=True)
def put_right() -> Iterator[None]:
    """Whatever a test has left: others need the platform as it was declared."""
    milvus = "deployment/milvus-standalone"
    with ExitStack() as after:
        # The last comes first, and each comes whatever becomes of the others.
        after.callback(kubectl, "rollout", "status", milvus, "--timeout=240s")
        after.callback(kubectl, "scale", milvus, "--replicas=1")
        after.callback(take_back)
        after.callback(deploy)
        yield


def test_changes_by_hand_are_found_and_gone_when_they_are_taken_back(store: "S3Client") -> None:
    assert drift().returncode == 0, drift().stdout
    bucket = "vectorkit-local-live"
    policy = json.loads(store.get_bucket_policy(Bucket=bucket)["Policy"])
    kept = next(one for one in policy["Statement"] if one["Sid"] == "KeepEveryVersion")
    kept["Action"].remove("s3:DeleteObjectVersion")
    store.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    pods = kubectl("get", "resourcequota", "environment", "-o", "jsonpath={.spec.hard.pods}")
    patch("resourcequota", "environment", {"spec": {"hard": {"pods": "99"}}})
    patch("networkpolicy", "deny-all", {"spec": {"ingress": [{}]}})
    patch("secret", SECRET, {"stringData": {"added": CANARY}})
    patch("service", "milvus", {"spec": {"externalIPs": ["192.0.2.1"]}})
    kubectl("apply", "--filename=-", given=OPEN)
    kubectl("scale", "deployment", "milvus-standalone", "--replicas=0")
    kubectl("rollout", "restart", "statefulset/milvus-etcd")

    found = differing()
    rows = told(found)
    action = "policy.Statement[2].Action[1]"
    assert rows == {
        ("Bucket", action): ("changed", "absent", "s3:DeleteObjectVersion"),
        ("ResourceQuota", "spec.hard.pods"): ("changed", "99", pods),
        ("NetworkPolicy", "spec.ingress"): ("not declared", "[{}]", "absent"),
        ("NetworkPolicy", ""): ("not declared", "", ""),
        ("Secret", "data.added"): ("not declared", "[secret]", "absent"),
        ("Service", "spec.externalIPs"): ("not declared", '["192.0.2.1"]', "absent"),
        ("Deployment", "spec.replicas"): ("changed", "0", "1"),
    }

    by_setting = {(one["kind"].rpartition(":")[2], one["setting"]): one["remedy"] for one in found}
    assert by_setting["Bucket", action] == "make up REFRESH=1"
    deploy()
    for what in (("NetworkPolicy", ""), ("Deployment", "spec.replicas")):
        # As somebody would paste it.
        subprocess.run(["bash", "-c", by_setting[what]], check=True)
    take_back()
    kubectl("rollout", "status", "deployment/milvus-standalone", "--timeout=240s")
    assert drift().returncode == 0, drift().stdout


def test_a_secret_that_was_deleted_is_missing() -> None:
    kubectl("delete", "secret", SECRET)
    found, *others = differing()
    assert others == []
    assert (found["kind"], found["found"]) == ("kubernetes:core/v1:Secret", "missing")
    deploy()
    assert drift().returncode == 0, drift().stdout
