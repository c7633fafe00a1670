"""One problem of an input, as the engine shows it beside that input."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Problem:
    """What is wrong with one input; `path` starts with the input's name."""

    path: str
    reason: str


def unknown_key(path: str, key: str, known: Iterable[str]) -> Problem:
    """A key that is not understood, with the name that was probably meant."""
    names = sorted(known)
    near = get_close_matches(key, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(names)}."
    return Problem(path, f"{key!r} is not an input here; {hint}")
