"""What the provider asks of each of its two kinds of resources."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

from plugins.kubernetes import changes, secrecy
from plugins.kubernetes.configuration import Configuration
from plugins.properties import Properties, plain_map, property_map

Inputs = dict[str, Any]
Made = tuple[str, Properties]
"""Identifier and outputs."""


@dataclass(frozen=True)
class Found:
    """What a read finds."""

    identifier: str
    live: Inputs
    inputs: Inputs
    """The inputs that the live state stands for."""


@dataclass(frozen=True)
class Wanted:
    """What a creation or an update is asked for."""

    urn: str
    given: Properties
    """The inputs as the engine gave them, with their secret marks."""
    timeout: float = 0
    """In seconds; 0: the default."""

    @cached_property
    def inputs(self) -> Inputs:
        return plain_map(self.given)

    @cached_property
    def secrets(self) -> list[str]:
        """Every text that must not be repeated in a message."""
        return list(secrecy.texts(self.given))


@dataclass(frozen=True)
class Kind(ABC):
    """A kind of resource. `check`, `problems` and what a diff needs call no program."""

    configuration: Configuration

    @abstractmethod
    def check(self, inputs: Inputs, old: Inputs, *, resource: str, seed: bytes) -> Inputs:
        """The inputs with names and defaults filled in."""

    @abstractmethod
    def problems(self, inputs: Inputs) -> Iterable[tuple[str, str]]:
        """Inputs that are not supported, with the reason."""

    @abstractmethod
    def differences(self, old: Inputs, new: Inputs) -> Iterator[changes.Change]:
        """What differs between the outputs of before and the new inputs."""

    @abstractmethod
    def replaces(self, new: Inputs, path: changes.Path) -> bool:
        """Whether a change at `path` needs a new resource."""

    @abstractmethod
    def keeps_name(self, old: Inputs, new: Inputs) -> bool:
        """Whether a new resource would need the old one's name, which must then be gone first."""

    @abstractmethod
    def foresee(self, old: Inputs, wanted: Wanted) -> Inputs:
        """The outputs as far as a preview knows them; `old` is empty for a new resource."""

    @abstractmethod
    def create(self, wanted: Wanted) -> Made:
        """Make it and wait until it works."""

    @abstractmethod
    def read(self, identifier: str, token: str, old: Inputs, inputs: Inputs) -> Found | None:
        """What is there now; None when it is gone. `old` and `inputs` are empty in an import."""

    @abstractmethod
    def update(self, old: Inputs, wanted: Wanted) -> Made:
        """Change it and wait until it works."""

    @abstractmethod
    def delete(self, outputs: Inputs, timeout: float) -> None:
        """Remove it and wait until it is gone."""

    @abstractmethod
    def kept_inputs(self, inputs: Properties) -> PropertyValue:
        """The inputs as the outputs keep them for the next diff."""

    def outputs(
        self, found: Mapping[str, Any], given: Mapping[str, PropertyValue], inputs: Properties
    ) -> Properties:
        """Outputs as Pulumi keeps them: secret where `given` is, with the inputs of this moment."""
        properties = secrecy.marked(property_map(found, frozenset()), given)
        return {**properties, "__inputs": self.kept_inputs(inputs)}
