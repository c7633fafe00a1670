"""What a preview does not know yet. Apart from Pulumi, which those who only ask stores lack."""

from collections.abc import Mapping
from enum import Enum
from typing import Any


class Unknown(Enum):
    """Stands for a value that a preview does not know yet."""

    VALUE = "unknown until the deployment runs"


UNKNOWN = Unknown.VALUE


def has_unknown(value: Any) -> bool:
    """Whether any part of the value is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(one) for one in value)
    return value is UNKNOWN
