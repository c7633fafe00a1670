"""docs/stores.md from what the probe recorded: pure functions on plain data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from plugins.objectstore.probe.capabilities import CAPABILITIES

HEAD = """\
# What the stores can do

`python -m bench.stores` starts each server, runs the capability probe against it, and writes this
page and `docs/stores/`; `make test` starts them again and compares. No line is written by hand.

yes: shown to work; **no**: shown not to work, or refused; unclear: the answer fits neither;
not asked: something that the question needs is missing.
"""
_CELLS = {"no": "**no**", "not-asked": "not asked"}

Record = Mapping[str, Any]


def page(records: Sequence[Record]) -> str:
    """The whole page, for records in the order of its columns."""
    lines = [HEAD, "## What each store can carry", "", *_carries(records), ""]
    for one in records:
        said = one["verdict"]["sentences"]
        lines += [f"### {_name(one)}", "", *(f"- {sentence}" for sentence in said), ""]
    lines += ["## Capability by capability", "", *_capabilities(records)]
    lines += ["## What came back instead", ""]
    for one in records:
        lines += [f"### {_name(one)}", "", *_shortcomings(one), ""]
    return "\n".join(lines).rstrip() + "\n"


def _carries(records: Sequence[Record]) -> Iterator[str]:
    yield from _head(["store", "live bucket", "vault", "lock modes", "WAL", "weakening is denied"])
    for one in records:
        said = one["verdict"]
        lists = ("; ".join(said[name]) or "nowise" for name in ("lock_modes", "wal", "denials"))
        yield _row([_name(one), _cell(said["live_bucket"]), _cell(said["vault"]), *lists])


def _capabilities(records: Sequence[Record]) -> Iterator[str]:
    outcomes = [{one["capability"]: one["outcome"] for one in r["findings"]} for r in records]
    asked = [name for name in CAPABILITIES if any(name in one for one in outcomes)]
    for subject in dict.fromkeys(CAPABILITIES[name].subject for name in asked):
        yield from (f"### {subject.capitalize()}", "")
        yield from _head([*(_name(one) for one in records), "capability", "why it matters"])
        for name in asked:
            if CAPABILITIES[name].subject == subject:
                said = [one.get(name, "not-asked") for one in outcomes]
                cells = [_CELLS.get(word, word) for word in said]
                yield _row([*cells, f"`{name}`", CAPABILITIES[name].why])
        yield ""


def _shortcomings(record: Record) -> Iterator[str]:
    short = [one for one in record["findings"] if one["outcome"] != "yes"]
    if not short:
        yield "Nothing is missing."
        return
    yield from _head(["capability", "", "what came back"])
    for one in short:
        outcome = _CELLS.get(one["outcome"], one["outcome"])
        yield _row([f"`{one['capability']}`", outcome, one["received"]])


def _name(record: Record) -> str:
    version = record["version"]
    # The date of a pseudo-version says more than its zeroes and its commit.
    parts = version.split("-")
    short = parts[1][:8] if len(parts) == 3 else version
    return f"{record['store']} {short}"


def _cell(value: bool) -> str:
    return "yes" if value else "**no**"


def _head(titles: Sequence[str]) -> Iterator[str]:
    yield _row(titles)
    yield _row(["---"] * len(titles))


def _row(cells: Iterable[str]) -> str:
    escaped = (one.replace("|", "\\|").replace("\n", " ") for one in cells)
    return f"| {' | '.join(escaped)} |"
