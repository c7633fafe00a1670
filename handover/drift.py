"""`make drift`: whether an environment still is what its stack file says.

Asks the cluster and the store, changes nothing. Exit status 0: all as declared; 3: something
differs; 1: it could not be found out.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from handover.errors import HandoverError
from handover.stack_files import REPOSITORY, STACK_FILE

DIFFERS = 3
UNREMARKABLE = ("same", "refresh", "read")
FOUND = {
    "create": "missing",
    "update": "changed",
    "delete": "no longer declared",
    "replace": "must be replaced",
}
"""What was found, by what the engine would do about it."""
LONGEST = 60
ABSENT = "absent"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One property, or a whole resource, that is not as declared."""

    resource: str
    kind: str
    found: str
    setting: str
    """Empty for a whole resource."""
    is_now: str
    declared: str


def differences(plan: Mapping[str, Any]) -> list[Difference]:
    """What a plan of the engine, made after a refresh, would change."""
    return [one for step in plan["steps"] for one in _of_step(step)]


def _of_step(step: Mapping[str, Any]) -> Iterator[Difference]:
    operation = step["op"]
    if operation in UNREMARKABLE or operation.endswith(("-replacement", "-replaced")):
        # A replacement is also told as one step that names what it replaces.
        return
    kind, name = step["urn"].split("::")[2:4]
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    settings = [] if operation in ("create", "delete") else sorted(step.get("diffReasons") or [])
    is_now, declared = old.get("outputs") or {}, new.get("inputs") or {}
    found = {
        path: values
        for setting in settings
        for path, values in _leaves(
            setting, is_now.get(setting, ABSENT), declared.get(setting, ABSENT)
        )
    }
    for path, (has, wants) in (found or {"": ("", "")}).items():
        yield Difference(
            resource=name,
            kind=kind.split("$")[-1],
            found=FOUND.get(operation, operation),
            setting=path,
            is_now=_shown(has),
            declared=_shown(wants),
        )


def _leaves(path: str, has: Any, wants: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Where what is declared differs; what a server adds of itself is no difference."""
    if isinstance(has, Mapping) and isinstance(wants, Mapping):
        for key, wanted in wants.items():
            if has.get(key, ABSENT) != wanted:
                yield from _leaves(f"{path}.{key}", has.get(key, ABSENT), wanted)
    else:
        yield path, (has, wants)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def plan(stack: str, stack_file: str | None) -> Mapping[str, Any]:
    """The engine's plan after it has asked cluster and store. Raises HandoverError."""
    command = ["pulumi", "preview", "--refresh", "--json", "--non-interactive", "--stack", stack]
    command += ["--config-file", stack_file] if stack_file else []
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


def table(found: Sequence[Difference]) -> Table:
    """The differences for reading."""
    made = Table(show_edge=False)
    for heading in ("resource", "found", "setting", "is now", "declared"):
        made.add_column(heading, overflow="fold")
    for one in found:
        label = Text(one.resource).append(f"\n{one.kind}", style="dim")
        made.add_row(label, *map(Text, (one.found, one.setting, one.is_now, one.declared)))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m handover.drift", description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    try:
        found = differences(plan(arguments.stack, os.environ.get(STACK_FILE)))
    except HandoverError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    elif not found:
        print(f"Stack {arguments.stack} is as it was declared.")
    else:
        Console(soft_wrap=False).print(table(found))
        print(
            f"{len(found)} differences. `pulumi up --refresh --stack {arguments.stack}` makes "
            "everything as declared; if what is there is right, change the stack file."
        )
    return DIFFERS if found else 0


if __name__ == "__main__":
    sys.exit(main())
