"""A plan as plain data, and how to look into data that somebody else wrote.

What a preview does not know yet is UNKNOWN, and a rule leaves it alone. A rule about a resource
sees the value on `pulumi up`, before that resource is made. A rule about the stack is asked at the
end of a preview, and again when everything is made: with `--skip-preview` it comes too late.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Unknown(Enum):
    """Stands for a value that is not known before the deployment runs."""

    VALUE = "unknown"


UNKNOWN = Unknown.VALUE


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a plan."""

    type: str
    name: str
    properties: Mapping[str, Any]
    protect: bool = False
    urn: str = ""
    uses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """URNs of the resources that a property was made from."""


Plan = Sequence[Resource]
Findings = Iterator[tuple[Resource, str]]
"""Which resource, and the sentence about it."""


def at(value: Any, *path: str) -> Any:
    """What is at a path: None when nothing is, UNKNOWN when that cannot be told yet."""
    for key in path:
        if value is UNKNOWN:
            return UNKNOWN
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    """The value when it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> Sequence[Any]:
    """The value when it is a list; a single value is a list of one; nothing is an empty one."""
    if value is None or value is UNKNOWN:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def has_unknown(value: Any) -> bool:
    """Whether any part of the value is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(one) for one in value)
    return value is UNKNOWN


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every part of the value with its dotted path, the value itself first."""
    yield path, value
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from walk(one, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from walk(one, f"{path}[{number}]")


def of_type(plan: Plan, *types: str) -> list[Resource]:
    """The plan's resources of these types."""
    return [one for one in plan if one.type in types]
