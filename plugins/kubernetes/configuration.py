"""The provider's configuration: which cluster, and what may change in place."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.kubernetes.kubectl import Target

_FLAGS = {"enableConfigMapMutable", "enableSecretMutable", "enableServerSideApply"}
_WITHOUT_EFFECT = {"suppressDeprecationWarnings", "suppressHelmHookWarnings", "version"}
_TARGET = {"context", "kubeconfig", "namespace"}


@dataclass(frozen=True)
class Configuration:
    """What the program said about the provider."""

    target: Target
    mutable_secrets: bool = False
    mutable_config_maps: bool = False

    def mutable_data(self, kind: str) -> bool:
        """Whether the data of a Secret or ConfigMap may change without a new object."""
        return self.mutable_secrets if kind == "Secret" else self.mutable_config_maps


def problems(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Settings that the stand-in cannot honour, with the reason."""
    found = []
    for key, value in given.items():
        if key.startswith("__") or not _read(value):
            continue
        if key not in _FLAGS | _WITHOUT_EFFECT | _TARGET:
            found.append((key, f"The stand-in for the Kubernetes plugin does not know {key!r}."))
    if _read(given.get("enableServerSideApply", True)) is False:
        why = "The stand-in always applies on the server's side; leave enableServerSideApply out."
        found.append(("enableServerSideApply", why))
    return found


def configure(given: Mapping[str, Any], scratch: Path) -> Configuration:
    """The configuration; a kubeconfig given as text becomes a private file below `scratch`."""
    kubeconfig = given.get("kubeconfig") or None
    if isinstance(kubeconfig, str) and ("\n" in kubeconfig or kubeconfig.lstrip().startswith("{")):
        path = scratch / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(kubeconfig)
        kubeconfig = str(path)
    target = Target(
        kubeconfig=kubeconfig,
        context=given.get("context") or None,
        namespace=given.get("namespace") or "default",
    )
    return Configuration(
        target,
        mutable_secrets=bool(_read(given.get("enableSecretMutable"))),
        mutable_config_maps=bool(_read(given.get("enableConfigMapMutable"))),
    )


def scratch_folder() -> Path:
    """A folder for this process alone."""
    return Path(tempfile.mkdtemp(prefix="pulumi-kubernetes-"))


def _read(value: Any) -> Any:
    """SDKs send everything but text as JSON inside text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
