"""`make drill`: what it does with a stack, and what it prints."""

import argparse
import fcntl
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from handover import stack_files
from smoke_tests.outputs import PROJECT
from vault.commands import NOT_RIGHT, progress_bars
from vault.drill import environments, on_stack
from vault.drill.drill import Say, write
from vault.drill.on_stack import Ground, Keys
from vault.drill.scratch_stack import ScratchStack
from vault.places import VaultError
from vault.record import Record

FOLDER = "VECTORKIT_EVIDENCE"
"""The variable that names the folder for reports; without it, handoff/ of the clone."""


def drill_stack(arguments: argparse.Namespace) -> int:
    """Status 0 when the lock held and every answer came back, else NOT_RIGHT."""
    stack: str = arguments.stack
    settings = stack_files.settings(stack)  # Refuses what is no valid file, in its own words.
    file: dict[str, Any] = yaml.safe_load(stack_files.path(stack).read_text())
    document, provider = file["config"]["vectorkit:environment"], file.get("secretsprovider")
    milvus, writer = on_stack.credentials(os.environ)
    folder = Path(os.environ.get(FOLDER) or PROJECT / "handoff")
    work = folder / "drill"
    work.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with _alone(work, stack), progress_bars(arguments) as progress:
        record = Record(folder, f"drill-{stack}")
        report = Ground(
            name=stack,
            mode=settings.store.vault.mode,
            attacked=ScratchStack(environments.attacked(stack, document), work, provider),
            restored=ScratchStack(environments.restored(stack, document), work, provider),
            keys=Keys(
                milvus=milvus,
                writer=writer,
                password=secrets.token_urlsafe(24),
                etcd_password=secrets.token_urlsafe(24),
            ),
            record=record,
            say=_say(quiet=arguments.quiet),
            progress=progress,
        ).run(lambda found: files.extend(write(found, folder)))
    if arguments.json:
        print(report.model_dump_json(indent=2))
    else:
        for sentence in report.sentences():
            print(sentence)
        for one in (*files, record.file):
            print(one)
    return 0 if report.has_held else NOT_RIGHT


def _say(*, quiet: bool) -> Say:
    began = time.monotonic()

    def say(what: str) -> None:
        if not quiet:
            print(f"{time.monotonic() - began:6.1f} s  {what}", file=sys.stderr, flush=True)

    return say


@contextmanager
def _alone(work: Path, stack: str) -> Iterator[None]:
    with (work / f"{stack}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise VaultError(
                f"A drill of stack {stack!r} is under way; wait for its end, then try again."
            ) from None
        yield
