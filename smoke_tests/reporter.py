"""The pytest plugin that writes the report and keeps secrets out of pytest's own output."""

from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from smoke_tests import canary
from smoke_tests import report as reports
from smoke_tests.report import Report


class Reporter:
    """Collects what the smoke tests show, and no other tests of the same session."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.report = Report()
        self.leaks: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self,
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A traceback shows the arguments of library calls, a password among them."""
        made = yield
        secrets = self.report.secrets
        text = made.longreprtext
        if (clean := canary.redact(secrets, text)) != text:
            made.longrepr = clean
        made.sections = [(name, canary.redact(secrets, body)) for name, body in made.sections]
        return made

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.nodeid.startswith("smoke_tests/"):
            return
        claim = reports.sentence(report.nodeid)
        if report.failed:
            self.report.failed.append(claim)
        elif report.when == "call" and report.passed:
            self.report.proven.append(claim)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.report.proven and not self.report.failed:
            return
        target = reports.path()
        files = [Path(given) for given in [self.config.option.xmlpath] if given]
        self.leaks = self.report.leaks(files)
        if self.leaks:
            self.report.failed.append(f"no secret in the reports: {', '.join(self.leaks)}")
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if target:
            reports.write(self.report, target)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if not self.report.figures and not self.leaks:
            return
        terminalreporter.section(f"what the smoke tests of stack {self.report.stack} measured")
        for name, figure in self.report.figures.items():
            terminalreporter.line(canary.redact(self.report.secrets, f"{name}: {figure}"))
        for leak in self.leaks:
            terminalreporter.line(f"SECRET FOUND: {leak}", red=True)
