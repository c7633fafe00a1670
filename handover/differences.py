"""What is there and what was declared, compared leaf by leaf."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = "absent"
SECRET = "[secret]"  # noqa: S105 (what stands in its place)
CHANGED, MISSING, UNDECLARED = "changed", "missing", "not declared"
Leaf = tuple[str, Any, Any]
"""Where, what is there, and what was declared."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One property, or a whole resource, that is not as declared."""

    resource: str
    kind: str
    found: str
    setting: str
    """Empty for a whole resource."""
    is_now: str
    declared: str
    remedy: str
    """What makes it as declared again."""


def leaves(path: str, has: Any, wants: Any, *, added: bool) -> Iterator[Leaf]:
    """Where two values differ; keys that are only there count where `added` says so."""
    has, wants = _opened(has), _opened(wants)
    if isinstance(has, Mapping) and isinstance(wants, Mapping):
        for key in {**wants, **(has if added else {})}:
            yield from leaves(
                f"{path}.{key}" if path else str(key),
                has.get(key, ABSENT),
                wants.get(key, ABSENT),
                added=added,
            )
    elif isinstance(has, list) and isinstance(wants, list):
        yield from _elements(path, has, wants, added=added)
    # Some stores give a policy's list of one back as its element.
    elif wants not in (has, [has]) and has != [wants]:
        yield path, has, wants


def _elements(path: str, has: list[Any], wants: list[Any], *, added: bool) -> Iterator[Leaf]:
    if len(has) == len(wants):
        for index, (one, other) in enumerate(zip(has, wants, strict=True)):
            yield from leaves(f"{path}[{index}]", one, other, added=added)
        return
    # One that was put in or taken out would make all that follow differ.
    yield from ((f"{path}[{i}]", one, ABSENT) for i, one in enumerate(has) if one not in wants)
    yield from ((f"{path}[{i}]", ABSENT, one) for i, one in enumerate(wants) if one not in has)


def _opened(value: Any) -> Any:
    """A policy that is a text of JSON as what it says."""
    if not (isinstance(value, str) and value.startswith("{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def shown(value: Any) -> str:
    """A value as text."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
