"""The two kinds of resources: objects of the Kubernetes API, and Helm releases."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

from plugins.errors import NotReady, Refusal
from plugins.kubernetes import changes, live, naming, objects, readiness, release
from plugins.kubernetes.configuration import Configuration
from plugins.kubernetes.kubectl import Failed
from plugins.properties import (
    UNKNOWN,
    Properties,
    plain_map,
    property_map,
    secret_texts,
    secrets_in,
)

Inputs = dict[str, Any]
Found = tuple[str, Inputs, Inputs]
"""Identifier, outputs, and the inputs that the live object stands for."""
Made = tuple[str, Properties]
_SERVER_FIELDS = ("creationTimestamp", "generation", "resourceVersion", "selfLink", "uid")


@dataclass(frozen=True)
class Wanted:
    """What a creation or an update is asked for."""

    urn: str
    given: Properties
    """The inputs as the engine gave them, with their secret marks."""
    timeout: float
    """In seconds; 0: the default."""

    @cached_property
    def inputs(self) -> Inputs:
        return plain_map(self.given)

    @cached_property
    def secrets(self) -> list[str]:
        """Every text that must not be repeated in a message."""
        return list(secret_texts(self.given))


class Kind(ABC):
    """What the provider asks of a kind of resource; nothing but the last four calls a program."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.target = configuration.target

    @abstractmethod
    def check(self, inputs: Inputs, old: Inputs, *, resource: str, seed: bytes) -> Inputs:
        """The inputs with names filled in."""

    @abstractmethod
    def problems(self, inputs: Inputs) -> list[tuple[str, str]]:
        """Inputs that are not supported, with the reason."""

    def differences(self, old: Inputs, new: Inputs) -> Iterator[changes.Change]:
        """What differs between the outputs of before and the new inputs."""
        yield from changes.changes(old.get("__inputs") or {}, new)

    @abstractmethod
    def replaces(self, new: Inputs, path: changes.Path) -> bool:
        """Whether a change at `path` needs a new resource."""

    def autonamed(self, inputs: Inputs) -> bool:
        """Whether the provider made the name up."""
        annotations = (inputs.get("metadata") or {}).get("annotations") or {}
        return bool(annotations.get(naming.AUTONAMED) == "true")

    def always_secret(self, outputs: Inputs) -> frozenset[str]:
        """Outputs that are secret whatever the inputs say."""
        return frozenset({"data", "stringData"} if outputs.get("kind") == "Secret" else ())

    @abstractmethod
    def create(self, wanted: Wanted) -> Made:
        """Make it and wait until it works."""

    @abstractmethod
    def read(self, identifier: str, token: str, inputs: Inputs) -> Found | None:
        """What is there now; None when it is gone."""

    @abstractmethod
    def update(self, old: Inputs, wanted: Wanted) -> Made:
        """Change it and wait until it works."""

    @abstractmethod
    def delete(self, outputs: Inputs, timeout: float) -> None:
        """Remove it and wait until it is gone."""

    def outputs(self, found: Inputs, given: Properties, manager: str = "") -> Properties:
        """Outputs as Pulumi keeps them, with the inputs of this moment."""
        secret = secrets_in(given) | self.always_secret(found)
        hidden = secret | ({"data"} if "stringData" in secret else set())
        properties = property_map(found, frozenset(hidden))
        properties["__inputs"] = PropertyValue(dict(given))
        if manager:
            properties["__fieldManager"] = PropertyValue(manager)
        return properties


class Objects(Kind):
    """Objects of every kind of the Kubernetes API."""

    def check(self, inputs: Inputs, old: Inputs, *, resource: str, seed: bytes) -> Inputs:
        return naming.with_name(inputs, old, resource=resource, seed=seed)

    def problems(self, inputs: Inputs) -> list[tuple[str, str]]:
        if inputs.get("apiVersion") and inputs.get("kind"):
            return []
        return [("kind", "An object needs apiVersion and kind.")]

    def replaces(self, new: Inputs, path: changes.Path) -> bool:
        mutable = self.configuration.mutable_data(new["kind"])
        return changes.replaces(new["kind"], path, mutable_data=mutable)

    def create(self, wanted: Wanted) -> Made:
        manager = naming.field_manager(wanted.urn)
        made = objects.create(self.target, wanted.inputs, manager=manager, secrets=wanted.secrets)
        return self._ready(made, wanted, manager)

    def read(self, identifier: str, token: str, inputs: Inputs) -> Found | None:
        api_version, kind = naming.kind_of(token)
        manifest = {
            "apiVersion": inputs.get("apiVersion", api_version),
            "kind": inputs.get("kind", kind),
            "metadata": naming.from_identifier(identifier),
        }
        found = objects.read(self.target, manifest)
        if found is None:
            return None
        now = live.as_inputs(inputs, found) if inputs else _importable(found)
        return naming.identifier(found), found, now

    def update(self, old: Inputs, wanted: Wanted) -> Made:
        manager = old.get("__fieldManager") or naming.field_manager(wanted.urn)
        made = objects.update(self.target, wanted.inputs, manager=manager, secrets=wanted.secrets)
        return self._ready(made, wanted, manager)

    def delete(self, outputs: Inputs, timeout: float) -> None:
        limit = readiness.seconds(outputs, timeout)
        objects.delete(self.target, outputs, limit)

    def _ready(self, made: Inputs, wanted: Wanted, manager: str) -> Made:
        identifier = naming.identifier(made)
        try:
            found = objects.await_ready(self.target, made, wanted.timeout)
        except readiness.NeverReady as error:
            properties = self.outputs(made, wanted.given, manager)
            raise NotReady(str(error), identifier, properties, wanted.given) from None
        return identifier, self.outputs(found, wanted.given, manager)


class Releases(Kind):
    """Helm releases."""

    def check(self, inputs: Inputs, old: Inputs, *, resource: str, seed: bytes) -> Inputs:
        name = inputs.get("name") or old.get("name") or naming.suffixed(resource, seed)
        namespace = inputs.get("namespace") or self.target.namespace
        return {**inputs, "name": name, "namespace": namespace}

    def problems(self, inputs: Inputs) -> list[tuple[str, str]]:
        unsupported = [
            (key, f"The stand-in for the Kubernetes plugin does not support Release's {key}.")
            for key in release.unsupported(inputs)
        ]
        missing = [] if inputs.get("chart") else [("chart", "A Release needs a chart.")]
        return missing + unsupported

    def differences(self, old: Inputs, new: Inputs) -> Iterator[changes.Change]:
        yield from super().differences(old, new)
        chart = new.get("chart")
        before = old.get("__chartDigest", "")
        if chart is not UNKNOWN and before and release.chart_digest(chart) != before:
            yield ("chart",), "UPDATE"

    def replaces(self, new: Inputs, path: changes.Path) -> bool:
        return path[0] in release.REPLACING

    def autonamed(self, inputs: Inputs) -> bool:
        return False

    def create(self, wanted: Wanted) -> Made:
        return self._deployed(wanted, new=True)

    def read(self, identifier: str, token: str, inputs: Inputs) -> Found | None:
        wanted = naming.from_identifier(identifier)
        known = {**inputs, "namespace": self.target.namespace, **wanted}
        status = release.status(self.target, known)
        if status is None:
            return None
        values = release.live_values(self.target, known)
        now = {**known, "values": values}
        if "version" in inputs:
            now["version"] = status["version"]
        if not inputs:
            now["chart"] = status["chart"]
        return f"{known['namespace']}/{known['name']}", self._outputs(now, status), now

    def update(self, old: Inputs, wanted: Wanted) -> Made:
        return self._deployed(wanted, new=False)

    def delete(self, outputs: Inputs, timeout: float) -> None:
        limit = timeout or outputs.get("timeout") or release.DEFAULT_SECONDS
        release.delete(self.target, outputs, limit)

    def _deployed(self, wanted: Wanted, *, new: bool) -> Made:
        inputs, given = wanted.inputs, wanted.given
        identifier = f"{inputs['namespace']}/{inputs['name']}"
        try:
            (release.create if new else release.update)(self.target, inputs, wanted.secrets)
        except Failed as failed:
            status = release.status(self.target, inputs)
            if status is None:
                raise Refusal(str(failed)) from None
            properties = self.outputs(self._outputs(inputs, status), given)
            raise NotReady(str(failed), identifier, properties, given) from None
        status = release.status(self.target, inputs) or {}
        return identifier, self.outputs(self._outputs(inputs, status), given)

    def _outputs(self, inputs: Inputs, status: Mapping[str, Any]) -> Inputs:
        digest = release.chart_digest(inputs.get("chart"))
        return {**inputs, "status": dict(status), "__chartDigest": digest}


def _importable(found: Inputs) -> Inputs:
    """The inputs that a live object stands for when nothing else is known."""
    metadata = {key: value for key, value in found["metadata"].items() if key not in _SERVER_FIELDS}
    kept = {key: value for key, value in found.items() if key not in ("status", "metadata")}
    return {**kept, "metadata": metadata}
