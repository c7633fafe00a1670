"""What each command does with a stack, and what it prints."""

import argparse
import json
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from smoke_tests.errors import SmokeError
from smoke_tests.outputs import PROJECT
from vault import snapshots, stack
from vault.manifest import Manifest
from vault.milvus import RunningMilvus
from vault.places import Instance, VaultError
from vault.report import Progress, Report, silent
from vault.restore import restore
from vault.seal import seal
from vault.verify import verify

NOT_RIGHT = 3
COLUMNS = ("snapshot", "state", "age", "objects", "size", "new", "locked until")


def seal_stack(arguments: argparse.Namespace) -> int:
    found = stack.read(arguments.stack)
    with found.milvus() as milvus, found.etcd() as etcd, _progress(arguments) as progress:
        manifest = seal(
            Instance(live=found.live(), etcd=etcd, milvus=milvus),
            found.vault(arguments.vault_bucket),
            mode=arguments.mode,
            keep_for=timedelta(days=arguments.days),
            longest=timedelta(days=arguments.most_days),
            versions={"chart": found.chart(), "kit": kit_version()},
            progress=progress,
        )
    print(json.dumps(summary(manifest), indent=2) if arguments.json else told(manifest))
    return 0


def list_snapshots(arguments: argparse.Namespace) -> int:
    found = stack.read(arguments.stack)
    rows = snapshots.rows(found.vault(arguments.vault_bucket), datetime.now(UTC))
    if arguments.json:
        print(json.dumps([row.model_dump(mode="json") for row in rows], indent=2))
        return 0
    table = Table()
    for column in COLUMNS:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*snapshots.cells(row))
    # Whoever reads the table from a file has no narrow window.
    width = None if sys.stdout.isatty() else 120
    Console(width=width).print(
        table if rows else "There is no snapshot yet; `make seal` makes one."
    )
    return 0


def verify_snapshot(arguments: argparse.Namespace) -> int:
    found = stack.read(arguments.stack)
    with _progress(arguments) as progress:
        report = verify(
            found.vault(arguments.vault_bucket),
            arguments.snapshot,
            sample=arguments.sample,
            progress=progress,
        )
    sure = "" if report.confidence is None else f"; confidence {report.confidence:.4f}"
    return _print(arguments, report, f"verified, {report.bytes_read} bytes read{sure}")


def restore_into(arguments: argparse.Namespace) -> int:
    found = stack.read(arguments.stack)
    with (
        found.etcd(arguments.etcd_address) as etcd,
        ExitStack() as started,
        _progress(arguments) as progress,
    ):

        def start() -> RunningMilvus:
            progress("start Milvus now; it is awaited", 0, 0)
            found.let_milvus_start((etcd.mark() or "").partition(" ")[0])
            return awaited(found, arguments.wait, started)

        report = restore(
            found.vault(arguments.vault_bucket),
            found.live(),
            etcd,
            milvus_version=arguments.milvus_version or found.milvus_version(),
            start=start,
            snapshot=arguments.snapshot,
            sample=arguments.sample,
            progress=progress,
        )
    return _print(arguments, report, f"restored; {report.canaries_asked} canaries asked")


def summary(manifest: Manifest) -> dict[str, object]:
    """What is printed of a new snapshot; the manifest itself is as long as the bucket."""
    return {
        "snapshot": manifest.id,
        "objects": len(manifest.objects),
        "bytes": manifest.size,
        "new_bytes": manifest.new_bytes,
        "mode": manifest.mode,
        "until": manifest.until.isoformat(),
        "canaries": len(manifest.canaries),
    }


def told(manifest: Manifest) -> str:
    return (
        f"Snapshot {manifest.id}: {len(manifest.objects)} objects, {manifest.size} bytes "
        f"({manifest.new_bytes} of them new), {manifest.etcd.pairs} pairs of etcd; "
        f"{manifest.mode} until {manifest.until:%Y-%m-%dT%H:%M:%SZ}."
    )


def kit_version() -> str:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def _print(arguments: argparse.Namespace, report: Report, done: str) -> int:
    if arguments.json:
        print(json.dumps(report.model_dump(mode="json") | {"ok": report.ok}, indent=2))
    else:
        print(f"Snapshot {report.snapshot}: {report.objects} objects {done}.")
        for one in report.findings:
            print(f"{one.kind}: {one.where}: {one.says}")
    return 0 if report.ok else NOT_RIGHT


def awaited(found: stack.Stack, seconds: float, until: ExitStack) -> RunningMilvus:
    """Milvus as soon as it answers, reached for as long as `until` is open."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            # Opened anew each time: no port is forwarded to a pod that has not started.
            with ExitStack() as attempt:
                milvus = attempt.enter_context(found.milvus())
                milvus.version()
                until.push(attempt.pop_all())
                return milvus
        except (SmokeError, VaultError) as error:
            if time.monotonic() > deadline:
                raise VaultError(
                    f"Milvus did not answer within {seconds:.0f} s: {error} Everything is in "
                    "place; start Milvus, and run the same command again for the canaries."
                ) from None
        time.sleep(2)


@contextmanager
def _progress(arguments: argparse.Namespace) -> Iterator[Progress]:
    if arguments.quiet or not sys.stderr.isatty():
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
        tasks: dict[str, int] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total or None)
            bars.update(bars.task_ids[tasks[step]], completed=done)

        yield show
