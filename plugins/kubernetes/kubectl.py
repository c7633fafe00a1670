"""Runs kubectl and helm; what they print in an error is told without any secret."""

import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugins.errors import Refusal
from plugins.kubernetes import access_failures
from plugins.kubernetes.kubeconfig import DEFAULT_NAMESPACE, is_text

REQUEST_SECONDS = 20
SHORTEST_SECRET = 4
_NO_SUCH_KIND = ("no matches for kind", "the server could not find the requested resource")


_running: set[subprocess.Popen[str]] = set()


def end_all() -> None:
    """Ask every running program to end: helm then records its release as failed, not as pending."""
    for process in list(_running):
        process.terminate()


class Unreachable(Refusal):
    """The cluster does not answer, or does not let its user in."""


class Failed(Refusal):
    """The program ended with an error; the text is what it said."""

    @property
    def unknown_kind(self) -> bool:
        """Whether the cluster does not know such objects."""
        return any(sign in str(self) for sign in _NO_SUCH_KIND)


@dataclass(frozen=True, kw_only=True)
class Target:
    """The cluster that the provider's configuration names."""

    kubeconfig: str | None = field(default=None, repr=False)
    """A path, or the text itself; None: that of the environment."""
    context: str | None = None
    namespace: str = DEFAULT_NAMESPACE

    def kubectl(
        self,
        *arguments: str,
        namespace: str | None = None,
        stdin: str = "",
        secrets: Iterable[str] = (),
    ) -> str:
        """Run kubectl. Raises Failed, or Unreachable."""
        flags = [f"--context={self.context}"] if self.context else []
        flags.append(f"--namespace={namespace or self.namespace}")
        if not any(argument.startswith("--request-timeout") for argument in arguments):
            flags.append(f"--request-timeout={REQUEST_SECONDS}s")
        return self._run(["kubectl", *flags, *arguments], stdin, secrets)

    def helm(self, *arguments: str, stdin: str = "", secrets: Iterable[str] = ()) -> str:
        """Run helm. Raises Failed, or Unreachable."""
        flags = [f"--kube-context={self.context}"] if self.context else []
        return self._run(["helm", *flags, *arguments], stdin, secrets)

    def get(
        self, manifest: Mapping[str, Any], *, managed_fields: bool = False
    ) -> dict[str, Any] | None:
        """The live object with the manifest's identity; None when there is none.

        `managed_fields` adds to its metadata who applied what.
        """
        try:
            printed = self.kubectl(
                *("get", "--filename=-", "--ignore-not-found", "--output=json"),
                *(["--show-managed-fields"] if managed_fields else []),
                namespace=manifest["metadata"].get("namespace"),
                stdin=json.dumps(identity(manifest)),
            )
        except Failed as failed:
            # Its CustomResourceDefinition is gone, and all such objects with it.
            if failed.unknown_kind:
                return None
            raise
        # For one object from a file kubectl may print it alone or as the only one of a list.
        found: dict[str, Any] = json.loads(printed) if printed.strip() else {"items": []}
        items: list[dict[str, Any]] = found.get("items", [found])
        return items[0] if items else None

    def find(self, kind: str, *arguments: str, namespace: str) -> list[dict[str, Any]]:
        """Live objects of a kind in one namespace."""
        printed = self.kubectl("get", kind, "--output=json", *arguments, namespace=namespace)
        items: list[dict[str, Any]] = json.loads(printed)["items"]
        return items

    def _run(self, command: list[str], stdin: str, secrets: Iterable[str]) -> str:
        try:
            with self._kubeconfig_path() as (environment, descriptors):
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env=environment,
                    pass_fds=descriptors,
                )
                _running.add(process)
                try:
                    printed, complaint = process.communicate(stdin)
                finally:
                    _running.discard(process)
        except FileNotFoundError:
            raise Refusal(f"{command[0]} is not on PATH; install it or run `make up`.") from None
        if process.returncode == 0:
            return printed
        raise self._explained(without_secrets(complaint.strip() or printed.strip(), secrets))

    def _explained(self, words: str) -> Refusal:
        if why := access_failures.explained(words, self.kubeconfig, self.context):
            return Unreachable(why)
        return Failed(words.removeprefix("error: ").removeprefix("Error: "))

    @contextmanager
    def _kubeconfig_path(self) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
        """Environment and file descriptors by which the programs find the kubeconfig. One given as
        text is in a file without a name, so that nothing of it is left when this process dies."""
        if self.kubeconfig is None:
            yield dict(os.environ), ()
        elif not is_text(self.kubeconfig):
            yield {**os.environ, "KUBECONFIG": str(Path(self.kubeconfig).expanduser())}, ()
        else:
            with tempfile.TemporaryFile("w+") as file:
                file.write(self.kubeconfig)
                file.seek(0)
                number = file.fileno()
                yield {**os.environ, "KUBECONFIG": f"/dev/fd/{number}"}, (number,)


def identity(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a manifest that says which object it is."""
    metadata = manifest["metadata"]
    kept = {key: metadata[key] for key in ("name", "namespace") if metadata.get(key)}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": kept}


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret, plain, quoted or in base64, replaced."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            encoded = base64.b64encode(secret.encode()).decode()
            for form in (secret, json.dumps(secret)[1:-1], encoded):
                text = text.replace(form, "[secret]")
    return text
