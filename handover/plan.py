"""`make plan`: what a stack file means, before anything is deployed.

Asks no engine, no cluster and no store. Exit status 1: the stack file is invalid; every problem is
named with its path.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from handover import stack_files
from handover.errors import HandoverError
from handover.meaning import meaning

SHOWN = (
    *("environment", "sizes", "quota", "budgets", "storage", "buckets", "rights", "network"),
    *("losses", "destroy_keeps", "risks", "left_out"),
)


def show(console: Console, found: Mapping[str, Any]) -> None:
    """Every section as a table, headed by its name."""
    for section in SHOWN:
        content = found[section]
        if not content:
            continue
        console.print(Text(f"\n{section.replace('_', ' ')}", style="bold"))
        if isinstance(content, Mapping):
            content = [{"": key, " ": value} for key, value in content.items()]
        if isinstance(content[0], str):
            content = [{"": one} for one in content]
        console.print(_table(content))


def _table(rows: list[dict[str, str]]) -> Table:
    headings = list(rows[0])
    table = Table(box=None, show_header=bool(headings[0]), pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[heading]) for heading in headings))
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m handover.plan", description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--json", action="store_true", help="print JSON, the Helm values with it")
    parser.add_argument("--values", action="store_true", help="print the Helm values alone")
    arguments = parser.parse_args()
    try:
        known = stack_files.settings(arguments.stack)
        found = meaning(known, stack_files.ca_bundle(arguments.stack, known))
    except HandoverError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.values:
        for sentence in found["left_out"]:
            print(f"note: {sentence}", file=sys.stderr)
    if arguments.json or arguments.values:
        print(json.dumps(found["values"] if arguments.values else found, indent=2))
    else:
        show(Console(), found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
