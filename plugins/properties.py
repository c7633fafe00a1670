"""Pulumi's property values as plain Python data, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime.rpc import UNKNOWN as _UNKNOWN_AS_TEXT

from plugins.unknown import UNKNOWN, has_unknown

__all__ = [
    "UNKNOWN",
    "Properties",
    "has_unknown",
    "own_type",
    "plain",
    "plain_map",
    "property_map",
    "property_value",
    "secrets_in",
]

Properties = dict[str, PropertyValue]


def own_type(parents_and_type: str) -> str:
    """The type of a resource itself: a URN has its parents' types before it, parted by $."""
    return parents_and_type.rpartition("$")[2]


def plain(value: PropertyValue) -> Any:
    """The value without secret marks; whole numbers are ints, as boto3 demands."""
    inner = value.value
    # The SDK leaves the engine's mark for an unknown value as the text that it travels as.
    if isinstance(inner, Computed) or inner == _UNKNOWN_AS_TEXT:
        return UNKNOWN
    if isinstance(inner, Mapping):
        return {key: plain(one) for key, one in inner.items()}
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [plain(one) for one in inner]
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    return inner


def plain_map(properties: Mapping[str, PropertyValue]) -> dict[str, Any]:
    """All properties as plain data, those that are null left out."""
    values = {key: plain(value) for key, value in properties.items()}
    return {key: value for key, value in values.items() if value is not None}


def secrets_in(*properties: Mapping[str, PropertyValue]) -> frozenset[str]:
    """Names of the properties that are, or contain, a secret."""
    return frozenset(
        key for one in properties for key, value in one.items() if value.contains_secret()
    )


def property_value(value: Any) -> PropertyValue:
    """Plain data as a property value."""
    if value is UNKNOWN:
        return PropertyValue(_UNKNOWN_AS_TEXT)
    if isinstance(value, Mapping):
        return PropertyValue({key: property_value(one) for key, one in value.items()})
    if isinstance(value, list | tuple):
        return PropertyValue([property_value(one) for one in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)


def property_map(values: Mapping[str, Any], secret: frozenset[str]) -> Properties:
    """Plain data as properties; those named in `secret` are marked so."""
    return {key: property_value(value).with_secret(key in secret) for key, value in values.items()}
