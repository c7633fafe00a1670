"""Reads a live object back into the shape of the inputs: drift shows, defaults do not."""

import base64
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_QUANTITY = re.compile(r"^([+-]?[0-9.]+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$")
_DECIMAL = {"m": Decimal("0.001"), "": Decimal(1)} | {
    suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)
}
_FACTORS = _DECIMAL | {
    f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)
}


def as_inputs(inputs: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The live values of those fields that the inputs set; a field that is gone is left out."""
    found: dict[str, Any] = _like(inputs, live)
    if "stringData" in inputs:
        data = live.get("data") or {}
        decoded = {key: _decoded(data[key]) for key in inputs["stringData"] if key in data}
        found["stringData"] = decoded
    return found


def same_quantity(one: Any, other: Any) -> bool:
    """Whether two Kubernetes quantities are equal however they are written: 1Gi is 1024Mi."""
    first, second = _quantity(one), _quantity(other)
    return first is not None and first == second


def _like(wanted: Any, live: Any) -> Any:
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        # The API leaves empty values out of what it answers.
        return {
            key: _like(value, live[key]) if key in live else value
            for key, value in wanted.items()
            if key in live or not value
        }
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        return [_like(one, other) for one, other in zip(wanted, live, strict=True)]
    return wanted if same_quantity(wanted, live) else live


def _quantity(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.match(str(value))
    if match is None:
        return None
    try:
        return Decimal(match.group(1)) * _FACTORS[match.group(2) or ""]
    except ArithmeticError:
        return None


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")
