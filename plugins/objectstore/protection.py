"""What a planned change would give up, and whether the stack has agreed to it. Pure functions.

The engine asks for differences in a preview too, so a plan that loses data stops there.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plugins.objectstore.settings import REPLACING
from plugins.properties import has_unknown

AGREEMENTS = ("allow_destroy_bucket", "allow_weaker_than")
"""Inputs by which a stack agrees to one loss, naming what is lost; they are no settings."""

MODES = ("none", "versions", "governance", "compliance")
"""What keeps data from being destroyed, weakest first."""


def losses(
    known: Mapping[str, Any], desired: Mapping[str, Any], changed: Sequence[str]
) -> list[str]:
    """A sentence for everything that the change would lose and the stack has not agreed to."""
    return [*_replacement(known, desired, changed), *_weakening(known, desired, changed)]


def weaker(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Whether `new` keeps data less firmly, or for fewer days, than `old`."""
    if not old:
        return False
    return _rank(new) < _rank(old) or _days(new) < _days(old)


def _replacement(
    known: Mapping[str, Any], desired: Mapping[str, Any], changed: Sequence[str]
) -> Iterator[str]:
    name = known.get("bucket")
    causes = [one for one in REPLACING if one in changed and not has_unknown(desired.get(one))]
    if not causes or desired.get("allow_destroy_bucket") == name:
        return
    told = ", ".join(f"{one} {known.get(one)!r} -> {desired.get(one)!r}" for one in causes)
    yield (
        f"bucket {name!r} would be replaced by another one ({told}), and deleted with all its "
        f"versions. Take the change back, or agree to the loss with `allow_destroy_bucket: {name}`."
    )


def _weakening(
    known: Mapping[str, Any], desired: Mapping[str, Any], changed: Sequence[str]
) -> Iterator[str]:
    if "versioning" in changed and known.get("versioning") is True:
        yield (
            "versioning would be switched off: from then on every overwrite and delete is final. "
            "Leave `versioning` out; a bucket that needs none is another bucket."
        )
    old, new = known.get("keeps"), desired.get("keeps")
    if "keeps" in changed and weaker(old, new) and desired.get("allow_weaker_than") != old:
        yield (
            f"what it keeps would be weakened from {worded(old)} to {worded(new)}; versions sealed "
            "before keep their own dates, everything else loses. Take the change back, or agree "
            f"to it with `allow_weaker_than: {_as_written(old)}`."
        )


def worded(keeps: Mapping[str, Any] | None) -> str:
    """How data is kept, for a sentence."""
    mode, days = (keeps or {}).get("mode", "none"), _days(keeps)
    return f"{mode} for {days} days" if days else f"{mode}"


def _as_written(keeps: Mapping[str, Any] | None) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in sorted((keeps or {}).items())) + "}"


def _rank(keeps: Mapping[str, Any] | None) -> int:
    return MODES.index((keeps or {}).get("mode", "none"))


def _days(keeps: Mapping[str, Any] | None) -> int:
    return int((keeps or {}).get("days", 0))
