"""What a deployed environment may become: log and root path are for life, versions only go up."""

from collections.abc import Mapping

from vectorkit import versions
from vectorkit.settings import Settings
from vectorkit.strict import Found

BEFORE_26 = (2, 5, 16)
"""The first release whose coordinators are one, as those of 2.6 are (milvus-helm's README)."""

AWAITS_RESTORE = "awaits_restore"


def facts(settings: Settings) -> dict[str, str]:
    """What the next deployment must know of this one."""
    milvus = settings.milvus
    return {
        "image_tag": milvus.image.tag,
        "wal": milvus.wal,
        "root_path": milvus.root_path,
        **({AWAITS_RESTORE: "true"} if milvus.awaits_restore else {}),
    }


def refusals(before: Mapping[str, str], after: Mapping[str, str]) -> Found:
    """Why what is deployed may not become that; empty when it may."""
    for key, what in (
        ("wal", "rows that are only in the old log would be lost"),
        ("root_path", "Milvus would find neither its metadata nor its objects"),
    ):
        if before[key] != after[key]:
            yield (
                f"milvus.{key}",
                f"{before[key]!r} is deployed, and for life: {what}. Set it back, or deploy "
                "another environment and bring the data there.",
            )
    if AWAITS_RESTORE in after and AWAITS_RESTORE not in before:
        yield (
            f"milvus.{AWAITS_RESTORE}",
            "Milvus has been started here, and would be stopped for a restore that only an empty "
            "environment takes. Remove this key, or deploy another environment.",
        )
    old, new = versions.parsed(before["image_tag"]), versions.parsed(after["image_tag"])
    if old and new and (reason := _no_way(old, new)):
        yield "milvus.image.tag", f"{before['image_tag']} is deployed; {reason}"


def _no_way(old: versions.Version, new: versions.Version) -> str | None:
    if new < old:
        return "an older release may not read what it wrote. Take that or a newer one."
    if new[0] == old[0] and new[1] > old[1] + 1:
        return f"lines follow each other: first go to the newest {old[0]}.{old[1] + 1}."
    if old[:2] == (2, 5) and new[:2] == (2, 6) and old < BEFORE_26:
        first = ".".join(map(str, BEFORE_26))
        return f"2.6 takes over from {first} and later alone: first go to v{first}."
    return None
