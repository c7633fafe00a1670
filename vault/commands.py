"""What each command does with a stack, and what it prints."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from vault import snapshots, stack
from vault.manifest import Manifest
from vault.milvus import RunningMilvus
from vault.period import period
from vault.places import Instance
from vault.report import Progress, Report, silent, summary
from vault.restore import restore
from vault.seal import seal
from vault.verify import verify

NOT_RIGHT = 3
COLUMNS = ("snapshot", "state", "age", "objects", "size", "new", "locked until")


def seal_stack(arguments: argparse.Namespace) -> int:
    found = stack.read(arguments.stack)
    wanted = period(found.name, found.outputs.vault_retention, arguments.days)
    with found.milvus() as milvus, found.etcd() as etcd, progress_bars(arguments) as progress:
        manifest = seal(
            Instance(live=found.live(), etcd=etcd, milvus=milvus),
            found.vault(arguments.vault_bucket),
            mode=wanted.mode,
            keep_for=wanted.keep_for,
            longest=wanted.longest,
            versions=found.versions(),
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
    with progress_bars(arguments) as progress:
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
        progress_bars(arguments) as progress,
    ):

        def start() -> RunningMilvus:
            progress("start Milvus now; it is awaited", 0, 0)
            snapshot = (etcd.mark() or "").partition(" ")[0]
            return found.start_milvus(snapshot, arguments.wait, started)

        report = restore(
            stack.vault_of(found, arguments.from_stack, arguments.vault_bucket),
            found.live(),
            etcd,
            milvus_version=arguments.milvus_version or found.milvus_version(),
            start=start,
            snapshot=arguments.snapshot,
            sample=arguments.sample,
            progress=progress,
        )
    return _print(arguments, report, f"restored; {report.canaries_asked} canaries asked")


def told(manifest: Manifest) -> str:
    return (
        f"Snapshot {manifest.id}: {len(manifest.objects)} objects, {manifest.size} bytes "
        f"({manifest.new_bytes} of them new), {manifest.etcd.pairs} pairs of etcd; "
        f"{manifest.mode} until {manifest.until:%Y-%m-%dT%H:%M:%SZ}."
    )


def _print(arguments: argparse.Namespace, report: Report, done: str) -> int:
    if arguments.json:
        print(json.dumps(report.model_dump(mode="json") | {"ok": report.ok}, indent=2))
    else:
        print(f"Snapshot {report.snapshot}: {report.objects} objects {done}.")
        for one in report.findings:
            print(f"{one.kind}: {one.where}: {one.says}")
        for one in report.warnings:
            print(f"warning: {one.kind}: {one.where}: {one.says}")
    return 0 if report.ok else NOT_RIGHT


@contextmanager
def progress_bars(arguments: argparse.Namespace) -> Iterator[Progress]:
    """Bars on a terminal; nothing elsewhere, or when asked to be quiet."""
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
