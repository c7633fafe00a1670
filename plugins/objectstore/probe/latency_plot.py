"""The latency series as an SVG drawing."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from plugins.objectstore.probe.model import Series
from plugins.objectstore.probe.report_table import size_label

PERCENTILES = (
    ("p50_ms", "p50", "#8fb8de"),
    ("p95_ms", "p95", "#3f7cac"),
    ("p99_ms", "p99", "#1b3a57"),
)
WIDTH = 0.27
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vectorkit",
    "font.family": "sans-serif",
}


def svg(series: Sequence[Series]) -> str:
    """One panel per concurrency, bars for p50, p95 and p99, on a logarithmic scale."""
    concurrencies = sorted({one.concurrency for one in series})
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 3.6 * len(concurrencies)), layout="constrained")
        panels = figure.subplots(len(concurrencies), 1, sharey=True, squeeze=False)
        for panel, concurrency in zip(panels[:, 0], concurrencies, strict=True):
            shown = [one for one in series if one.concurrency == concurrency]
            for place, (name, label, colour) in enumerate(PERCENTILES):
                at = [number + (place - 1) * WIDTH for number in range(len(shown))]
                bars = panel.bar(
                    at, [getattr(one, name) for one in shown], WIDTH, label=label, color=colour
                )
                panel.bar_label(bars, fmt="%.3g", fontsize=7, padding=1)
            labels = [f"{one.operation}\n{size_label(one.size_bytes)}" for one in shown]
            panel.set_xticks(range(len(shown)), labels)
            panel.set_yscale("log")
            panel.set_ylabel("milliseconds")
            panel.set_title(f"{concurrency} at once", loc="left")
            panel.grid(axis="y", which="major", alpha=0.3)
            panel.spines[["top", "right"]].set_visible(False)
        panels[0, 0].legend(frameon=False, ncols=len(PERCENTILES), loc="upper right")
        drawing = StringIO()
        # Without a date the same figures give the same page.
        figure.savefig(drawing, format="svg", metadata={"Date": None})
    text = drawing.getvalue()
    # What comes before the root is for a file of its own and names an address.
    return text[text.index("<svg") :]
