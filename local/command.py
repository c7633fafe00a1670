"""Runs programs; a failure is a sentence with the program's own last words."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.errors import CommandFailed, Refusal

LAST_LINES = 12


def run(
    arguments: Sequence[str | Path],
    *,
    what: str,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
) -> str:
    """Run one program and return what it printed. `env` is added to the environment.

    Raises CommandFailed saying that `what` failed, with the program's last lines and its log.
    """
    try:
        finished = subprocess.run(
            [str(argument) for argument in arguments],
            env={**os.environ, **(env or {})},
            cwd=cwd,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise Refusal(f"{what} failed: the program {arguments[0]} was not found.") from None
    except subprocess.TimeoutExpired:
        raise Refusal(f"{what} did not end within {timeout:.0f} seconds.") from None
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(finished.stdout + finished.stderr)
    if finished.returncode != 0:
        words = (finished.stderr.strip() or finished.stdout.strip()).splitlines()
        lines = "\n  ".join(words[-LAST_LINES:])
        where = f"\nThe whole output is in {log}." if log else ""
        raise CommandFailed(
            f"{what} failed with exit code {finished.returncode}:\n  {lines}{where}",
            finished.stdout + finished.stderr,
        )
    return finished.stdout


def succeeds(arguments: Sequence[str | Path]) -> bool:
    """Whether the program exists and ends with status 0."""
    try:
        finished = subprocess.run(
            [str(argument) for argument in arguments], capture_output=True, check=False
        )
    except FileNotFoundError:
        return False
    return finished.returncode == 0
