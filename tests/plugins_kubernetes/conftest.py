import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.plugins_kubernetes.project import Project

Kubectl = Callable[..., str]


@pytest.fixture
def kubectl() -> Kubectl:
    """Asks the cluster beside the provider's back."""

    def run(*arguments: str, stdin: str = "") -> str:
        return subprocess.run(
            ["kubectl", *arguments], input=stdin, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    return run


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """A namespace of the test's own, gone afterwards with all that is in it."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


@pytest.fixture
def project(tmp_path: Path, namespace: str) -> Project:
    """A stack whose objects go to the test's namespace unless they say another."""
    provider = {"kubeconfig": os.environ["KUBECONFIG"], "namespace": namespace}
    return Project.create(tmp_path, provider)


@pytest.fixture
def live(kubectl: Kubectl, namespace: str) -> Callable[[str], dict[str, object]]:
    """The live object as kubectl names it, `kind/name`."""
    return lambda which: json.loads(kubectl("get", which, "-n", namespace, "-o", "json"))
