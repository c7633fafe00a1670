"""Throw-away pods in the running cluster, and whether they reach an address."""

import json
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

IMAGE = "registry.local/busybox:1.35.0"
LISTENING_PORT = 8080
CONNECT_SECONDS = 3
POLICY_SECONDS = 30
"""Within which the network has learnt of a new pod or policy."""
REFUSALS = ("can't connect to remote host", "Connection refused", "timed out")

Manifest = dict[str, Any]


def kubectl(*arguments: str, stdin: str = "") -> str:
    """What kubectl prints. Raises CalledProcessError, with what it complains of in `stderr`."""
    return subprocess.run(
        ["kubectl", *arguments], input=stdin, capture_output=True, text=True, check=True
    ).stdout


def refusal(manifest: Manifest) -> str:
    """The cluster's reason not to create an object. Asserts that there is one."""
    try:
        kubectl("create", "-f", "-", stdin=json.dumps(manifest))
    except subprocess.CalledProcessError as error:
        return str(error.stderr)
    kubectl("delete", "-f", "-", "--wait=false", stdin=json.dumps(manifest))
    raise AssertionError(f"The cluster created {manifest['kind']} {manifest['metadata']}.")


def is_admitted(manifest: Manifest) -> bool:
    """Whether every admission lets the object in; nothing is created. Raises for refusals."""
    kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest))
    return True


def comes_to(expected: bool, ask: Callable[..., bool], *given: Any, **named: Any) -> bool:
    """Whether the answer is the expected one before long: the network learns of a policy."""
    attempts = Retrying(
        retry=retry_if_result(lambda answer: answer is not expected),
        stop=stop_after_delay(POLICY_SECONDS),
        wait=wait_fixed(0.5),
        retry_error_callback=lambda _: not expected,
    )
    return attempts(ask, *given, **named) is expected


@dataclass(frozen=True)
class Pod:
    """A container of a running pod (or of a `deploy/NAME`'s) which has busybox."""

    namespace: str
    name: str

    @property
    def address(self) -> str:
        """The pod's own address."""
        query = ("-o", "jsonpath={.status.podIP}")
        return kubectl("-n", self.namespace, "get", "pod", self.name, *query)

    def run(self, *command: str) -> str:
        """What a command prints there. Raises CalledProcessError."""
        return kubectl("-n", self.namespace, "exec", self.name, "--", *command)

    def reaches(self, host: str, port: int) -> bool:
        """Whether a TCP connection is made. Raises when the attempt itself could not be made."""
        attempt = ("nc", "-w", str(CONNECT_SECONDS), host, str(port), "-e", "/bin/true")
        try:
            self.run(*attempt)
        except subprocess.CalledProcessError as error:
            if any(sentence in error.stderr for sentence in REFUSALS):
                return False
            raise AssertionError(f"{self} could not even try: {error.stderr}") from error
        return True

    def comes_to(self, host: str, port: int, *, reach: bool) -> bool:
        """Whether the network lets it reach (or no longer reach) an address before long."""
        return comes_to(reach, self.reaches, host, port)

    def resolves(self, name: str) -> bool:
        """Whether the cluster's DNS answers with an address."""
        try:
            return "Address" in self.run("nslookup", name).partition("Name:")[2]
        except subprocess.CalledProcessError:
            return False


def pod_manifest(
    namespace: str, name: str, labels: Mapping[str, str], container: Manifest | None = None
) -> Manifest:
    """A pod within the restricted level that listens; `container` changes its container."""
    listening = ["nc", "-ll", "-p", str(LISTENING_PORT), "-e", "/bin/true"]
    within_the_level = {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "trial",
                    "image": IMAGE,
                    "command": listening,
                    "securityContext": within_the_level,
                }
                | (container or {})
            ],
        },
    }


@contextmanager
def created(manifest: Manifest) -> Iterator[None]:
    """The object, for as long as the block lasts."""
    text = json.dumps(manifest)
    kubectl("create", "-f", "-", stdin=text)
    try:
        yield
    finally:
        kubectl("delete", "-f", "-", "--ignore-not-found", "--wait=false", stdin=text)


@contextmanager
def running_pod(
    namespace: str,
    labels: Mapping[str, str],
    *,
    automount: bool | None = False,
    service_account: str = "default",
) -> Iterator[Pod]:
    """A ready pod with these labels; `automount` None leaves the token to the account."""
    name = f"trial-{uuid.uuid4().hex[:8]}"
    manifest = pod_manifest(namespace, name, labels)
    manifest["spec"] |= {
        "serviceAccountName": service_account,
        "automountServiceAccountToken": automount,
    }
    with running_from(manifest) as pod:
        yield pod


@contextmanager
def running_from(manifest: Manifest) -> Iterator[Pod]:
    """The pod of a manifest, once it is ready."""
    pod = Pod(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
    with created(manifest):
        ready = ("--for=condition=Ready", f"pod/{pod.name}", "--timeout=90s")
        kubectl("-n", pod.namespace, "wait", *ready)
        yield pod
