"""kubectl on the environment's cluster and namespace."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smoke_tests.errors import SmokeError

KUBECTL_SECONDS = 60


@dataclass(frozen=True)
class Pod:
    """One incarnation of a pod: a new one under the same name has another uid."""

    name: str
    uid: str


@dataclass(frozen=True)
class Cluster:
    """Where kubectl looks. Nothing it prints is part of an error, since it may be a secret."""

    kubeconfig: str
    context: str
    namespace: str

    def command(self, *arguments: str) -> list[str]:
        place = ["--kubeconfig", self.kubeconfig, "--context", self.context]
        return ["kubectl", *place, "--namespace", self.namespace, *arguments]

    def run(self, *arguments: str) -> str:
        """What kubectl prints; raises SmokeError with kubectl's own complaint."""
        shown = f"kubectl {' '.join(arguments)}"
        try:
            done = subprocess.run(
                self.command(*arguments), capture_output=True, timeout=KUBECTL_SECONDS, check=True
            )
        except FileNotFoundError:
            raise SmokeError(
                "`kubectl` is not on PATH. Install it, or run `make start` once, which brings one."
            ) from None
        except subprocess.TimeoutExpired:
            raise SmokeError(f"`{shown}` did not end within {KUBECTL_SECONDS} s.") from None
        except subprocess.CalledProcessError as error:
            complaint = error.stderr.decode(errors="replace").strip() or "no reason given"
            raise SmokeError(
                f"`{shown}` failed in namespace {self.namespace!r} of context "
                f"{self.context!r}: {complaint}"
            ) from None
        return done.stdout.decode(errors="replace")

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects that `kubectl get` finds."""
        found: list[dict[str, Any]] = json.loads(self.run("get", *arguments, "--output=json"))[
            "items"
        ]
        return found

    def pods(self) -> list[Pod]:
        return [_pod(item) for item in self.items("pods")]

    def ready_pods_behind(self, service: str) -> list[Pod]:
        """The pods to which the service sends traffic now."""
        slices = self.items("endpointslices", "--selector", f"kubernetes.io/service-name={service}")
        endpoints = [endpoint for item in slices for endpoint in item.get("endpoints") or []]
        targets = [e["targetRef"] for e in endpoints if _is_ready(e) and "targetRef" in e]
        pods = [Pod(t["name"], t["uid"]) for t in targets if t["kind"] == "Pod"]
        return sorted(set(pods), key=lambda pod: pod.name)

    def kill(self, pods: Sequence[Pod]) -> None:
        """End the pods at once, without a chance to tidy up."""
        names = [pod.name for pod in pods]
        self.run("delete", "pod", *names, "--grace-period=0", "--force", "--wait=false")

    def state(self) -> str:
        """One line on every pod, for messages."""
        lines = [f"{i['metadata']['name']} {i['status'].get('phase')}" for i in self.items("pods")]
        return ", ".join(lines) or "no pod"

    def logs(self, pod: Pod) -> str:
        """All that the containers of the pod wrote, the previous ones' too when they are kept."""
        every = ("--all-containers", "--tail=-1")
        text = self.run("logs", pod.name, *every)
        try:
            return text + self.run("logs", pod.name, *every, "--previous")
        except SmokeError:
            return text


def _pod(item: dict[str, Any]) -> Pod:
    return Pod(item["metadata"]["name"], item["metadata"]["uid"])


def _is_ready(endpoint: dict[str, Any]) -> bool:
    return endpoint.get("conditions", {}).get("ready") is not False
