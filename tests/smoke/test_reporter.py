"""No output of a run of the smoke tests shows a secret, whatever a failing test drags into it."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from smoke_tests import outputs

REPO = Path(outputs.__file__).parent.parent
SECRET = "canary-Zk3/9+aVq_root"  # noqa: S105
CONFTEST = """
import pytest
from smoke_tests.credentials import Masked
from smoke_tests.reporter import Reporter

def pytest_configure(config):
    reporter = Reporter(config)
    reporter.report.secrets = {"root-password": Masked(SECRET)}
    config.pluginmanager.register(reporter, "under-test")

@pytest.fixture
def report(pytestconfig):
    return pytestconfig.pluginmanager.getplugin("under-test").report
"""
LEAKY = """
import base64, logging, sys
import pytest

def connect(password):
    raise RuntimeError(f"refused: {password}")

@pytest.fixture
def broken():
    connect(SECRET)

def test_a_traceback(): connect(SECRET)
def test_an_assertion(): assert SECRET == "what was expected"
def test_a_setup(broken): pass
def test_the_streams():
    print("stdout", SECRET)
    print("stderr", base64.b64encode(f"root:{SECRET}".encode()).decode(), file=sys.stderr)
    logging.error("log %s", SECRET)
    raise AssertionError
"""
FIGURE = """
def test_a_figure(report): report.figures["password"] = SECRET
"""


def run(folder: Path, tests: str) -> tuple[int, str]:
    """The exit status, and all that pytest printed and wrote."""
    suite = folder / "smoke_tests"
    suite.mkdir()
    (folder / "conftest.py").write_text(f"SECRET = {SECRET!r}\n{CONFTEST}")
    (suite / "test_leaky.py").write_text(f"SECRET = {SECRET!r}\n{tests}")
    options = ["-p", "no:cacheprovider", "--import-mode=importlib", "--showlocals", "--rootdir=."]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--junitxml=junit.xml", "smoke_tests"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPO), "SMOKE_REPORT": str(folder / "report.json")},
    )
    written = [(folder / name).read_text() for name in ("junit.xml", "report.json")]
    return done.returncode, "\n".join([done.stdout, done.stderr, *written])


def shown(text: str) -> list[str]:
    """Lines with the secret as it is or inside base64."""
    inside = base64.b64encode(f"root:{SECRET}".encode()).decode()[8:-4]
    return [line for line in text.splitlines() if SECRET in line or inside in line]


def test_a_failing_test_shows_stars_in_place_of_a_secret(tmp_path: Path) -> None:
    status, said = run(tmp_path, LEAKY)
    assert status == pytest.ExitCode.TESTS_FAILED
    assert shown(said) == []
    for place in ("refused: ***", "stdout ***", "log ***", "'***' == 'what was expected'"):
        assert place in said
    assert len(json.loads((tmp_path / "report.json").read_text())["failed"]) == 4


def test_a_secret_among_the_figures_fails_the_run_and_is_not_shown(tmp_path: Path) -> None:
    status, said = run(tmp_path, FIGURE)
    assert status == pytest.ExitCode.TESTS_FAILED
    assert "SECRET FOUND: root-password in the report" in said
    assert shown(said) == []
