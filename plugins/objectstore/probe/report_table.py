"""The report for a person at a terminal."""

from rich.console import Console
from rich.table import Table

from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.probe.model import LeftBehind, Report, Series

COLOURS = {"yes": "green", "no": "red", "unclear": "yellow", "not-asked": "dim"}
RECEIVED = 300
"""Characters of an answer in the table; the JSON has all."""


def show(report: Report, console: Console) -> None:
    """Print everything that was found, the verdict last."""
    console.print(
        f"{report.endpoint} (region {report.region}), {report.probed_at:%Y-%m-%d %H:%M} UTC"
    )
    console.print(_findings(report))
    if report.latency:
        console.print(_latency(report.latency))
    console.print(f"{report.requests} requests, {report.seconds:g} s.")
    for one in report.left_behind:
        console.print(left_sentence(one), markup=False)
    for sentence in report.verdict.sentences:
        console.print(sentence, markup=False)


def left_sentence(left: LeftBehind) -> str:
    """What stays in the store, where, until when."""
    what = f"version {left.version} of {left.key!r}" if left.key else "the scratch bucket itself"
    return f"Left behind in bucket {left.bucket}: {what} ({left.reason})."


def _findings(report: Report) -> Table:
    table = Table("capability", "", "what came back")
    subject = ""
    for one in report.findings:
        now = CAPABILITIES[one.capability].subject
        if now != subject:
            table.add_section()
            subject = now
        colour = COLOURS[one.outcome]
        # The store's words are text, whatever brackets they hold.
        received = one.received[:RECEIVED].replace("[", "\\[")
        table.add_row(one.capability, f"[{colour}]{one.outcome}[/]", received)
    return table


def _latency(series: tuple[Series, ...]) -> Table:
    table = Table("operation", "size", "at once", "samples", "p50 ms", "p95 ms", "p99 ms")
    for one in series:
        figures = (f"{value:.1f}" for value in (one.p50_ms, one.p95_ms, one.p99_ms))
        table.add_row(
            one.operation,
            size_label(one.size_bytes),
            str(one.concurrency),
            f"{one.samples}" + (f" ({one.failures} failed)" if one.failures else ""),
            *figures,
        )
    return table


def size_label(size: int) -> str:
    """4 KiB, 2 MiB; a dash where there is no size."""
    if not size:
        return "-"
    mib = 1024 * 1024
    return f"{size // mib} MiB" if size >= mib else f"{size // 1024} KiB"
