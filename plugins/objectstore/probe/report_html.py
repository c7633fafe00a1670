"""The report as one page that needs nothing else: styles and plots are inside."""

from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.probe.latency_plot import svg
from plugins.objectstore.probe.model import Report
from plugins.objectstore.probe.report_table import left_sentence, size_label

TEMPLATE = Path(__file__).with_name("report.html.jinja")


def page(report: Report) -> str:
    """The whole page; whatever the store said is text in it, never markup."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"size_label": size_label, "left_sentence": left_sentence}
    template = environment.from_string(TEMPLATE.read_text())
    subjects = dict.fromkeys(one.subject for one in CAPABILITIES.values())
    grouped = {
        subject: [one for one in report.findings if CAPABILITIES[one.capability].subject == subject]
        for subject in subjects
    }
    # The plot is made here from numbers alone, so it cannot hold foreign markup.
    plot = Markup(svg(report.latency)) if report.latency else None  # noqa: S704
    return template.render(report=report, grouped=grouped, plot=plot)
