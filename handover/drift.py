"""`make drift`: whether an environment still is what its stack file says.

Asks the cluster and the store, and changes nothing of the environment. The store is qualified anew,
which makes scratch buckets (vectorkit-probe-...) and removes them. Exit status 0: all as declared;
3: something differs; 1: it could not be found out.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from handover import cluster_drift, stack_files
from handover.differences import ABSENT, CHANGED, MISSING, Difference, leaves, shown
from handover.errors import HandoverError
from handover.stack_files import LOCAL, REPOSITORY, STACK_FILE

DIFFERS = 3
UNREMARKABLE = ("same", "refresh", "read")
FOUND = {
    "create": MISSING,
    "update": CHANGED,
    "delete": "no longer declared",
    "replace": "must be replaced",
}
"""What was found, by what the engine would do about it."""
LONGEST = 120
"""Characters of a value that a table shows."""


def differences(plan: Mapping[str, Any]) -> list[Difference]:
    """What a plan of the engine, made after a refresh, would change."""
    return [one for step in plan["steps"] for one in _of_step(step)]


def _of_step(step: Mapping[str, Any]) -> Iterator[Difference]:
    operation = step["op"]
    if operation in UNREMARKABLE or operation.endswith(("-replacement", "-replaced")):
        # A replacement is also told as one step that names what it replaces.
        return
    stack, kind, name = (step["urn"].split("::")[index] for index in (0, 2, 3))
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    settings = [] if operation in ("create", "delete") else sorted(step.get("diffReasons") or [])
    is_now, declared = old.get("outputs") or {}, new.get("inputs") or {}
    found = [
        leaf
        for setting in settings
        for leaf in _changed(setting, is_now.get(setting, ABSENT), declared.get(setting, ABSENT))
    ]
    for path, has, wants in found or [("", "", "")]:
        yield Difference(
            resource=name,
            kind=kind.split("$")[-1],
            found=FOUND.get(operation, operation),
            setting=path,
            is_now=shown(has),
            declared=shown(wants),
            remedy=_deployment(stack.removeprefix("urn:pulumi:")),
        )


def _changed(setting: str, has: Any, wants: Any) -> list[tuple[str, Any, Any]]:
    """What a server adds of itself is no difference, unless nothing else is. Of a secret only the
    engine knows that it differs."""
    return (
        list(leaves(setting, has, wants, added=False))
        or list(leaves(setting, has, wants, added=True))
        or [(setting, has, wants)]
    )


def _deployment(stack: str) -> str:
    return "make up REFRESH=1" if stack == LOCAL else f"pulumi up --refresh --stack {stack}"


def plan(stack: str, stack_file: str | None) -> Mapping[str, Any]:
    """The engine's plan after it has asked cluster and store. Raises HandoverError."""
    command = ["pulumi", "preview", "--refresh", "--json", "--show-sames", "--non-interactive"]
    command += ["--stack", stack, *(["--config-file", stack_file] if stack_file else [])]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    try:
        found: Mapping[str, Any] = json.loads(finished.stdout)
    except ValueError:
        found = {}
    told = [one["message"] for one in found.get("diagnostics", []) if one["severity"] == "error"]
    if finished.returncode or "steps" not in found:
        why = "\n".join(told) or finished.stderr.strip() or finished.stdout.strip()
        raise HandoverError(f"Whether stack {stack} has drifted could not be found out:\n{why}")
    return found


def together(*parts: Iterable[Difference]) -> list[Difference]:
    """All of them; what the engine and the cluster both tell is told once."""
    found: dict[tuple[str, str, str], Difference] = {}
    for one in (one for part in parts for one in part):
        found.setdefault((one.resource, one.kind, one.setting), one)
    return list(found.values())


def table(found: Sequence[Difference]) -> Table:
    """The differences for reading."""
    made = Table(show_edge=False)
    for heading in ("resource", "found", "setting", "is now", "declared"):
        made.add_column(heading, overflow="fold")
    for one in found:
        label = Text(one.resource).append(f"\n{one.kind}", style="dim")
        values = (_cut(one.is_now), _cut(one.declared))
        made.add_row(label, *map(Text, (one.found, one.setting, *values)))
    return made


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m handover.drift", description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    try:
        settings = stack_files.settings(arguments.stack)
        planned = plan(arguments.stack, os.environ.get(STACK_FILE))
        found = together(differences(planned), cluster_drift.differences(planned, settings))
    except HandoverError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    elif not found:
        print(f"Stack {arguments.stack} is as it was declared.")
    else:
        Console(soft_wrap=False).print(table(found))
        print(f"{len(found)} differences. If what is there is right, change the stack file; else:")
        for remedy in dict.fromkeys(one.remedy for one in found):
            print(f"  {remedy}")
    return DIFFERS if found else 0


if __name__ == "__main__":
    sys.exit(main())
