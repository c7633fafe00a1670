"""Which parts of an object are secret: those that were given so, and the data of every Secret."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from pulumi.provider.experimental.property_value import PropertyValue

from plugins.properties import Properties, plain

_DATA = ("data", "stringData")


def marked(found: Mapping[str, PropertyValue], given: Mapping[str, PropertyValue]) -> Properties:
    """`found` with the secret marks of `given`. A list that differs is marked whole: its order may
    be another."""
    marks = {key: _marked(value, given.get(key)) for key, value in found.items()}
    if _is_secret(found):
        return marks | {key: marks[key].with_secret(True) for key in _DATA if key in marks}
    return marks


def texts(given: Mapping[str, PropertyValue]) -> Iterator[str]:
    """Every secret text, and what a Secret's data decodes to; no message may repeat it."""
    for key, value in given.items():
        found = list(_texts(value, inside=False))
        yield from found
        if key == "data" and _is_secret(given):
            yield from (clear for one in found if (clear := _decoded(one)))


def _marked(found: PropertyValue, given: PropertyValue | None) -> PropertyValue:
    if given is None:
        return found
    if isinstance(found.value, Mapping) and isinstance(given.value, Mapping):
        return found.with_value(marked(found.value, given.value)).with_secret(
            found.is_secret or given.is_secret
        )
    if isinstance(found.value, list | tuple) and plain(found) == plain(given):
        # No more than what was given so: messages must still name containers and images.
        pairs = zip(found.value, cast(Sequence[PropertyValue], given.value), strict=True)
        return found.with_value([_marked(one, other) for one, other in pairs]).with_secret(
            found.is_secret or given.is_secret
        )
    return found.with_secret(found.is_secret or given.contains_secret())


def _is_secret(found: Mapping[str, PropertyValue]) -> bool:
    kind = found.get("kind")
    return kind is not None and kind.value == "Secret"


def _decoded(encoded: str) -> str:
    """The text behind base64, or nothing where there is none."""
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return ""


def _texts(value: PropertyValue, *, inside: bool) -> Iterator[str]:
    secret, inner = inside or value.is_secret, value.value
    if isinstance(inner, str):
        if secret:
            yield inner
    elif isinstance(inner, Mapping):
        for one in inner.values():
            yield from _texts(one, inside=secret)
    elif isinstance(inner, list | tuple):
        for item in inner:
            yield from _texts(item, inside=secret)
