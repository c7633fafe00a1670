"""The provider's configuration: which cluster, and what may change in place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugins.kubernetes import kubeconfig
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

    def mutable_data(self, manifest: Mapping[str, Any]) -> bool:
        """Whether the data of this Secret or ConfigMap may change without a new object."""
        allowed = self.mutable_secrets if manifest["kind"] == "Secret" else self.mutable_config_maps
        return allowed and manifest.get("immutable") is not True


def problems(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Settings that the stand-in cannot honour, with the reason."""
    found = []
    for key, value in given.items():
        if key.startswith("__") or not _read(value):
            continue
        if key not in _FLAGS | _WITHOUT_EFFECT | _TARGET:
            why = f"The stand-in for the Kubernetes plugin does not support the provider's {key!r}."
            found.append((key, f"{why} Leave it out, or use Pulumi's own plugin."))
    if _read(given.get("enableServerSideApply", True)) is False:
        why = "The stand-in always applies on the server's side; leave enableServerSideApply out."
        found.append(("enableServerSideApply", why))
    return found


def configure(given: Mapping[str, Any]) -> Configuration:
    """The configuration as a preview or a deployment knows it."""
    config, context = _text(given, "kubeconfig"), _text(given, "context")
    target = Target(
        kubeconfig=config,
        context=context,
        namespace=_text(given, "namespace") or kubeconfig.active(config, context).namespace,
    )
    return Configuration(
        target,
        mutable_secrets=_read(given.get("enableSecretMutable")) is True,
        mutable_config_maps=_read(given.get("enableConfigMapMutable")) is True,
    )


def other_cluster(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The settings by which the provider now means another cluster, where everything is new."""
    changed = [key for key in ("kubeconfig", "context") if old.get(key) != new.get(key)]
    before, after = (
        kubeconfig.active(_text(given, "kubeconfig"), _text(given, "context")).cluster
        for given in (old, new)
    )
    return changed if before and after and before != after else []


def _text(given: Mapping[str, Any], key: str) -> str | None:
    """What is not known yet, as in a preview, counts as not given."""
    value = given.get(key)
    if isinstance(value, Mapping):
        return json.dumps(value)
    return value if isinstance(value, str) and value else None


def _read(value: Any) -> Any:
    """SDKs send everything but text as JSON inside text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
