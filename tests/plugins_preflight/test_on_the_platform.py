"""A real cluster is asked: by a user with few rights, and for a namespace that does not go."""

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from plugins.preflight import namespace, rights
from plugins.preflight.cluster import Cluster
from tests.infra import stack_document
from tests.plugins_preflight.project import COMMANDS, Asking
from vectorkit.decisions import cluster_rights
from vectorkit.decisions.decide import decide

pytestmark = pytest.mark.platform


def kubectl(*arguments: str, stdin: str = "") -> str:
    return subprocess.run(
        ["kubectl", *arguments], input=stdin, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@pytest.fixture
def trial() -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


def cluster(kubeconfig: str | Path) -> Cluster:
    document = yaml.safe_load(Path(kubeconfig).read_text())
    return Cluster(kubeconfig=str(kubeconfig), context=document["current-context"])


def as_account(trial: str, role: str, file: Path) -> Path:
    """A kubeconfig of a service account that has a role in its namespace and nowhere else."""
    kubectl("create", "serviceaccount", "weak", "-n", trial)
    binding = (f"--clusterrole={role}", f"--serviceaccount={trial}:weak")
    kubectl("create", "rolebinding", "weak", "-n", trial, *binding)
    token = kubectl("create", "token", "weak", "-n", trial).strip()
    document = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    for user in document["users"]:
        user["user"] = {"token": token}
    file.write_text(yaml.safe_dump(document))
    return file


def test_the_deployer_of_the_platform_lacks_no_right() -> None:
    settings = stack_document.settings(stack="prod-onprem")
    needed = cluster_rights.needed(settings, decide(settings, ca_bundle=stack_document.CA))
    admin = cluster(os.environ["KUBECONFIG"])
    assert rights.missing(admin, "vectorkit-prod", needed) == []
    assert admin.uid() == kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}")


def test_a_deployer_with_few_rights_is_told_all_that_are_lacking_and_nothing_is_made(
    tmp_path: Path, trial: str
) -> None:
    file = as_account(trial, "edit", tmp_path / "config")
    stack = Asking.create(tmp_path)
    stack.set("cluster", {"kubeconfig": str(file), "context": cluster(file).context})
    for command in COMMANDS:
        answer = stack.run(command)
        assert answer.code != 0
        # Outside of its namespace the account may do nothing at all.
        assert "may not create, delete, get, patch namespaces; create, delete, get," in answer.words
        assert "networkpolicies.networking.k8s.io" in answer.words
    assert stack.made() == []
    assert kubectl("get", "namespace", "vectorkit-dev", "--ignore-not-found") == ""


def test_what_a_role_grants_in_the_namespace_is_not_lacking(tmp_path: Path, trial: str) -> None:
    settings = stack_document.settings(stack="local")
    needed = cluster_rights.needed(settings, decide(settings, ca_bundle=None))
    weak = cluster(as_account(trial, "edit", tmp_path / "config"))
    lacking = rights.missing(weak, trial, needed)
    assert lacking == [
        "create, delete, get, patch namespaces",
        "create, delete, patch, update limitranges",
        "create, delete, patch, update resourcequotas",
    ]


def test_a_namespace_that_does_not_go_is_told_with_what_remains_in_it(trial: str) -> None:
    held = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "held", "namespace": trial, "finalizers": ["example.com/keep"]},
    }
    kubectl("apply", "--filename=-", stdin=json.dumps(held))
    kubectl("delete", "namespace", trial, "--wait=false")
    remaining = "--for=condition=NamespaceFinalizersRemaining"
    try:
        kubectl("wait", f"namespace/{trial}", remaining, "--timeout=120s")
        admin = cluster(os.environ["KUBECONFIG"])
        live = admin.namespace(trial)
        assert live is not None
        said = namespace.refusal(admin, live, {}, own=True, limit=1)
        assert said is not None
        assert f"namespace {trial} is being deleted and was not gone after 1 s" in said
        assert "example.com/keep" in said
    finally:
        kubectl("patch", "configmap", "held", "-n", trial, "--type=merge",
                '--patch={"metadata":{"finalizers":null}}')  # fmt: skip
