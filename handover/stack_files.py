"""Stack files, read without an engine."""

import os
from pathlib import Path
from typing import Any

import yaml

from handover.errors import HandoverError
from vectorkit.schema import ca_bundles
from vectorkit.schema.problems import Problems
from vectorkit.settings import (
    KEY,
    STACK_FILES,
    Settings,
    parse,
    refuse_clashes,
)

REPOSITORY = Path(__file__).resolve().parents[1]
LOCAL = "local"
"""The stack of the local platform: backend, passphrase and stack file are the platform's own, so
that `make` alone deploys it."""
STACK_FILE = "STACK_FILE"
"""The variable that names the stack file to take instead of the stack's own in stacks/."""


def path(stack: str) -> Path:
    """Where a stack's file is."""
    given = os.environ.get(STACK_FILE)
    return Path(given) if given else STACK_FILES / f"Pulumi.{stack}.yaml"


def settings(stack: str) -> Settings:
    """The settings of a stack. Raises HandoverError with every problem, each with its path."""
    file = path(stack)
    try:
        document: Any = yaml.safe_load(file.read_text())["config"][KEY]
        found = parse(document, stack)
        refuse_clashes(found)
        return found
    except FileNotFoundError:
        known = sorted(one.name.split(".")[1] for one in file.parent.glob("Pulumi.*.yaml"))
        raise HandoverError(
            f"There is no stack {stack!r}: {file} does not exist. Stacks there: {', '.join(known)}."
        ) from None
    except (KeyError, TypeError):
        raise HandoverError(
            f"{file} has no config with {KEY}; stacks/Pulumi.local.yaml is a model."
        ) from None
    except yaml.YAMLError as error:
        raise HandoverError(f"{file} is no YAML: {error}") from None
    except Problems as problems:
        raise _invalid(file, problems) from None


def ca_bundle(stack: str, found: Settings) -> str | None:
    """The certificates of all private CAs; None where there are none, or where a file of theirs is
    not on this machine. Raises HandoverError for a file that is no such bundle."""
    if not all(os.access(file, os.R_OK) for file in ca_bundles.files(found).values() if file):
        return None
    try:
        return ca_bundles.read(found)
    except Problems as problems:
        raise _invalid(path(stack), problems) from None


def _invalid(file: Path, problems: Problems) -> HandoverError:
    lines = "\n".join(f"  {where}: {sentence}" for where, sentence in problems.found)
    return HandoverError(f"{file} is invalid:\n{lines}")
