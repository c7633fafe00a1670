"""Which versions of Milvus have holes that are known, and which may follow which.

Floors by the advisories: a line of versions that is not named has no fix.
"""

import re
from dataclasses import dataclass

Version = tuple[int, int, int]
MAJOR = 2
"""Of Milvus; what another one makes of chart, metadata and client is not known here."""
LOGS_IN_TO_ETCD: Version = (2, 5, 0)
"""The first line whose every part does; it came into 2.3 and 2.4 bit by bit."""

ETCD_PASSWORD_IN_LOG = "etcd-password-in-log"  # noqa: S105 (a hole's name)
"""No advisory: in every line of MAJOR a Milvus that logs in prints the password when it starts, at
a level that no setting changes (pkg/config/etcd_source.go; seen with the source of 2.6.16)."""


@dataclass(frozen=True, kw_only=True)
class Advisory:
    """A published hole, and the first version of each line without it."""

    name: str
    allows: str
    fixed: dict[tuple[int, int], Version]
    """By line (2.6 is one); later lines than these have it not."""


ADVISORIES = (
    Advisory(
        name="CVE-2025-64513",
        allows="whoever reaches the proxy becomes root without a password",
        fixed={(2, 4): (2, 4, 24), (2, 5): (2, 5, 21), (2, 6): (2, 6, 5)},
    ),
    Advisory(
        name="CVE-2026-26190",
        allows="whoever reaches port 9091 runs code and reads data without a password",
        fixed={(2, 5): (2, 5, 27), (2, 6): (2, 6, 10)},
    ),
)


def parsed(tag: str) -> Version | None:
    """The release in an image's tag such as v2.6.15-gpu; None for a tag of another kind.

    v2.6.10-rc1 came before v2.6.10: what that has fixed it may not have.
    """
    found = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)(-gpu)?(@sha256:[0-9a-f]{64})?", tag)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def holes(version: Version) -> list[Advisory]:
    """The advisories that a version is open to."""
    return [one for one in ADVISORIES if _is_open(one, version)]


def _is_open(advisory: Advisory, version: Version) -> bool:
    line = version[:2]
    if line > max(advisory.fixed):
        return False
    return line not in advisory.fixed or version < advisory.fixed[line]
