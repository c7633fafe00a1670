"""The report as one page that needs nothing else: styles and plots are inside."""

from pathlib import Path

from plugins import pages
from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.probe.latency_plot import svg
from plugins.objectstore.probe.model import Report
from plugins.objectstore.probe.report_table import left_sentence, size_label

TEMPLATE = Path(__file__).with_name("report.html.jinja")


def page(report: Report) -> str:
    """The whole page; whatever the store said is text in it, never markup."""
    filters: pages.Filters = {"size_label": size_label, "left_sentence": left_sentence}
    subjects = dict.fromkeys(one.subject for one in CAPABILITIES.values())
    grouped = {
        subject: [one for one in report.findings if CAPABILITIES[one.capability].subject == subject]
        for subject in subjects
    }
    plot = svg(report.latency) if report.latency else None
    return pages.render(TEMPLATE, filters, report=report, grouped=grouped, plot=plot)
