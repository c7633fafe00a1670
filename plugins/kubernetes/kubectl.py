"""Runs kubectl and helm; what they print in an error is told without any secret."""

import base64
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.errors import Refusal

REQUEST_SECONDS = 20
SHORTEST_SECRET = 4
_UNREACHABLE = (
    "Unable to connect to the server",
    "was refused - did you specify the right host",
    "cluster unreachable",
    "i/o timeout",
    "no such host",
    "TLS handshake timeout",
    "context deadline exceeded (Client.Timeout",
)


_running: set[subprocess.Popen[str]] = set()


def end_all() -> None:
    """Ask every running program to end: helm then records its release as failed, not as pending."""
    for process in list(_running):
        process.terminate()


class Failed(Refusal):
    """The program ended with an error; the text is what it said."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The cluster that the provider's configuration names."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str = "default"

    def kubectl(
        self,
        *arguments: str,
        namespace: str | None = None,
        stdin: str = "",
        secrets: Iterable[str] = (),
    ) -> str:
        """Run kubectl. Raises Failed, or Refusal when the cluster cannot be reached."""
        command = [
            "kubectl",
            *self._flags("--context"),
            f"--namespace={namespace or self.namespace}",
        ]
        if not any(argument.startswith("--request-timeout") for argument in arguments):
            command.append(f"--request-timeout={REQUEST_SECONDS}s")
        return self._run([*command, *arguments], stdin, secrets)

    def helm(self, *arguments: str, stdin: str = "", secrets: Iterable[str] = ()) -> str:
        """Run helm. Raises Failed, or Refusal when the cluster cannot be reached."""
        return self._run(["helm", *self._flags("--kube-context"), *arguments], stdin, secrets)

    def get(self, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
        """The live object with the manifest's identity; None when there is none."""
        printed = self.kubectl(
            *(
                "get",
                "--filename=-",
                "--ignore-not-found",
                "--output=json",
                "--show-managed-fields",
            ),
            namespace=manifest["metadata"].get("namespace"),
            stdin=json.dumps(identity(manifest)),
        )
        # For one object from a file kubectl may print it alone or as the only one of a list.
        found: dict[str, Any] = json.loads(printed) if printed.strip() else {"items": []}
        items: list[dict[str, Any]] = found.get("items", [found])
        return items[0] if items else None

    def find(self, kind: str, *arguments: str, namespace: str) -> list[dict[str, Any]]:
        """Live objects of a kind in one namespace."""
        printed = self.kubectl("get", kind, "--output=json", *arguments, namespace=namespace)
        items: list[dict[str, Any]] = json.loads(printed)["items"]
        return items

    def _flags(self, context_flag: str) -> list[str]:
        flags = [f"--kubeconfig={self.kubeconfig}"] if self.kubeconfig else []
        return [*flags, f"{context_flag}={self.context}"] if self.context else flags

    def _run(self, command: list[str], stdin: str, secrets: Iterable[str]) -> str:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        except FileNotFoundError:
            raise Refusal(f"{command[0]} is not on PATH; install it or run `make up`.") from None
        _running.add(process)
        try:
            printed, complaint = process.communicate(stdin)
        finally:
            _running.discard(process)
        if process.returncode == 0:
            return printed
        words = without_secrets(complaint.strip() or printed.strip(), secrets)
        if any(sign in words for sign in _UNREACHABLE):
            raise Refusal(
                f"The cluster of {self._named()} cannot be reached, so nothing was changed: "
                f"{words.splitlines()[-1]} Check that it runs and that kubeconfig and context are "
                "the right ones, then try again."
            )
        if "does not exist" in words and "context" in words:
            raise Refusal(f"The cluster of {self._named()} is unknown: {words}")
        raise Failed(words.removeprefix("error: ").removeprefix("Error: "))

    def _named(self) -> str:
        return f"kubeconfig {self.kubeconfig or 'by default'}, context {self.context or 'current'}"


def identity(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a manifest that says which object it is."""
    metadata = manifest["metadata"]
    kept = {key: metadata[key] for key in ("name", "namespace") if metadata.get(key)}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": kept}


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret, plain or in base64, replaced."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            for form in (secret, base64.b64encode(secret.encode()).decode()):
                text = text.replace(form, "[secret]")
    return text
