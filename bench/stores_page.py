"""docs/stores.md from what the probe recorded: pure functions on plain data."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

HEAD = """\
# What the stores can do

`python -m bench.stores` starts each server, runs the capability probe against it, and writes this
page and `docs/stores/`; `make test` starts them again and compares. No line is written by hand.
"""
LEGEND = """
yes: shown to work · **no**: shown not to work, or refused · unclear: the answer fits neither ·
not asked: something it needs is missing.
"""
_CELLS = {"no": "**no**", "not-asked": "not asked"}


def page(records: Sequence[Mapping[str, Any]]) -> str:
    """The whole page, for records in the order of its columns."""
    parts = [HEAD, _table(records), LEGEND, *(_section(one) for one in records)]
    return "\n".join(parts).rstrip() + "\n"


def _table(records: Sequence[Mapping[str, Any]]) -> str:
    outcomes = [{one["capability"]: one["outcome"] for one in r["findings"]} for r in records]
    lines = [
        _row(["capability", *(f"{one['store']} {one['version']}" for one in records)]),
        _row(["---"] * (len(records) + 1)),
    ]
    capabilities = dict.fromkeys(name for one in outcomes for name in one)
    for name in capabilities:
        said = (one.get(name, "not-asked") for one in outcomes)
        lines.append(_row([name, *(_CELLS.get(word, word) for word in said)]))
    return "\n".join(lines)


def _section(record: Mapping[str, Any]) -> str:
    lines = [f"\n## {record['store']} {record['version']}\n"]
    lines += [f"- {sentence}" for sentence in record["verdict"]]
    short = [one for one in record["findings"] if one["outcome"] in ("no", "unclear")]
    if short:
        lines += ["", _row(["not there", "what came back"]), _row(["---"] * 2)]
        lines += [_row([one["capability"], one["received"]]) for one in short]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return (
        "| " + " | ".join(str(one).replace("|", "\\|").replace("\n", " ") for one in cells) + " |"
    )
