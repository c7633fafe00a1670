"""What a run has shown: figures and proven sentences, for people and as JSON."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from smoke_tests import canary
from smoke_tests.credentials import Masked


@dataclass
class Report:
    """Filled while the tests run."""

    stack: str = ""
    figures: dict[str, str] = field(default_factory=dict)
    proven: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    problem: str = ""
    """Why the environment could not be tested at all."""
    started: float = field(default_factory=time.monotonic)
    secrets: Mapping[str, Masked] = field(default_factory=dict)

    def to_json(self) -> str:
        shown = {
            "stack": self.stack,
            "passed": not self.failed and not self.problem and bool(self.proven),
            "seconds": round(time.monotonic() - self.started, 1),
            "figures": self.figures,
            "proven": self.proven,
            "failed": self.failed,
            "problem": self.problem,
        }
        return json.dumps(shown, indent=2) + "\n"

    def leaks(self, files: list[Path]) -> list[str]:
        """Secrets in this report or in the given files."""
        texts = {str(path): path.read_text(errors="replace") for path in files if path.is_file()}
        return canary.leaks(self.secrets, {"the report": self.to_json(), **texts})


def path() -> Path | None:
    """Where the report is to be written, from the environment variable SMOKE_REPORT."""
    given = os.environ.get("SMOKE_REPORT", "").strip()
    return Path(given) if given else None


def write(report: Report, target: Path) -> None:
    """Replaces an earlier report in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.new")
    fresh.write_text(canary.redact(report.secrets, report.to_json()))
    fresh.replace(target)


def sentence(test: str) -> str:
    """`test_a_wrong_password_is_refused` as words; parameters stay in brackets."""
    name = test.rsplit("::", maxsplit=1)[-1].removeprefix("test_")
    words, bracket, parameter = name.partition("[")
    return words.replace("_", " ") + (f" ({parameter[:-1]})" if bracket else "")
