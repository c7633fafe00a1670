"""The latency series as an SVG drawing."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from plugins import pages
from plugins.objectstore.probe.model import Series
from plugins.objectstore.probe.report_table import size_label

PERCENTILES = (
    ("p50_ms", "p50", "o", "#3f7cac"),
    ("p95_ms", "p95", "s", "#d08a2e"),
    ("p99_ms", "p99", "^", "#a3161f"),
)


def svg(series: Sequence[Series]) -> Markup:
    """One panel per concurrency: p50, p95 and p99 as marks on a logarithmic scale."""
    concurrencies = sorted({one.concurrency for one in series})
    with pages.style():
        figure = Figure(figsize=(10, 3.6 * len(concurrencies)), layout="constrained")
        panels = figure.subplots(len(concurrencies), 1, sharey=True, squeeze=False)
        for panel, concurrency in zip(panels[:, 0], concurrencies, strict=True):
            _draw(panel, [one for one in series if one.concurrency == concurrency])
            panel.set_title(f"{concurrency} at once", loc="left")
        panels[0, 0].legend(frameon=False, ncols=len(PERCENTILES), loc="upper right")
        return pages.drawing(figure)


def _draw(panel: Any, shown: Sequence[Series]) -> None:
    places = range(len(shown))
    lowest, highest = ([getattr(one, name) for one in shown] for name in ("p50_ms", "p99_ms"))
    panel.vlines(places, lowest, highest, color="#b8c4d0", linewidth=5, zorder=1)
    for name, label, mark, colour in PERCENTILES:
        values = [getattr(one, name) for one in shown]
        panel.scatter(places, values, marker=mark, color=colour, label=label, zorder=2)
    for name, side in (("p50_ms", -11), ("p99_ms", 7)):
        for place, one in enumerate(shown):
            value = getattr(one, name)
            at, text = (place, value), f"{value:.0f}" if value >= 10 else f"{value:.1f}"
            panel.annotate(text, at, (0, side), textcoords="offset points", ha="center", fontsize=8)
    panel.set_xticks(places, [f"{one.operation}\n{size_label(one.size_bytes)}" for one in shown])
    panel.set_yscale("log")
    panel.set_ylabel("milliseconds")
    panel.yaxis.set_major_formatter("{x:g}")
    panel.margins(y=0.2)
    panel.grid(axis="y", which="major", alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
