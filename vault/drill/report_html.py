"""The report as one page with a timeline."""

from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from plugins import pages
from vault.drill.model import ATTACKERS
from vault.drill.report import DrillReport

TEMPLATE = Path(__file__).with_name("report.html.jinja")
COLOURS = {"withstood": "#13683a", "changed": "#d08a2e", "lost": "#a3161f"}
STAGE_COLOUR = "#3f7cac"


def page(report: DrillReport) -> str:
    """The whole page; whatever a store or Milvus said is text in it, never markup."""
    tried = {one: report.of(one) for one in ATTACKERS}
    drawing = timeline(report)
    return pages.render(TEMPLATE, {}, report=report, tried=tried, timeline=drawing)


def timeline(report: DrillReport) -> Markup:
    """A bar for each stage, and a mark for each attack, coloured by what was left after it."""
    rows = [one.name for one in report.stages] + [one for one in ATTACKERS if report.of(one)]
    with pages.style():
        figure = Figure(figsize=(10, 0.8 + 0.36 * len(rows)), layout="constrained")
        axes = figure.subplots()
        for row, stage in enumerate(report.stages):
            _bar(axes, row, stage, STAGE_COLOUR)
        for result in report.results:
            _bar(axes, rows.index(result.attacker), result, COLOURS[result.verdict])
        axes.set_yticks(range(len(rows)), rows)
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        return pages.drawing(figure)


def _bar(axes: Any, row: int, span: Any, colour: str) -> None:
    # A short request is to be seen, too: its edge has a width of its own.
    width = span.ended - span.began
    axes.barh(row, width, left=span.began, height=0.6, color=colour, edgecolor=colour)
