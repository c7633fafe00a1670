"""Runs the capability probe against every real server of the tests and keeps what it found.

Writes docs/stores/<store>.json and, from those, docs/stores.md. Times are printed, never kept.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.stores_page import page
from local.layout import CLONE
from plugins.objectstore.probe import Report, probe
from tests.stores.launchers import LAUNCHERS
from tests.stores.target import target

FOLDER = CLONE / "docs" / "stores"
PAGE = CLONE / "docs" / "stores.md"
_FLEETING = {
    r"vectorkit-probe-[0-9a-f]+": "vectorkit-probe-TOKEN",
    r"\d{4}-\d{2}-\d{2}T[0-9:.]+(Z|[+-]\d{2}:\d{2})?": "TIME",
    r"\b\d{2}:\d{2}:\d{2}\b": "TIME",
    r"VersionId=[^\s,)]+": "VersionId=ID",
}
"""What is another word in every run."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stores", description=__doc__)
    parser.add_argument("stores", nargs="*", help=f"which ones (default: {' '.join(LAUNCHERS)})")
    names = parser.parse_args().stores or list(LAUNCHERS)
    if unknown := [name for name in names if name not in LAUNCHERS]:
        parser.error(f"no such store: {', '.join(unknown)}; there are {', '.join(LAUNCHERS)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    figures = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            report, started = ask(name, Path(folder) / "store")
        file(name).write_text(text(record(name, report)))
        figures[name] = {
            "start_seconds": round(started, 2),
            "probe_seconds": report.seconds,
            "probe_requests": report.requests,
        }
    PAGE.write_text(page(recorded()))
    print(json.dumps(figures, indent=2))
    return 0


def ask(name: str, folder: Path) -> tuple[Report, float]:
    """The probe's report on a store started in `folder`, and the seconds that the start took."""
    began = time.monotonic()
    with LAUNCHERS[name].store(folder) as store:
        started = time.monotonic() - began
        return probe(target(store), latency=False), started


def record(name: str, report: Report) -> dict[str, Any]:
    """What is kept of a report: nothing that differs from run to run."""
    return {
        "store": name,
        "version": LAUNCHERS[name].version(),
        "verdict": report.verdict.model_dump(mode="json"),
        "findings": [_finding(one.model_dump()) for one in report.findings],
    }


def recorded() -> list[dict[str, Any]]:
    """Every record there is, in the order of the launchers."""
    return [json.loads(file(name).read_text()) for name in LAUNCHERS if file(name).exists()]


def file(name: str) -> Path:
    return FOLDER / f"{name}.json"


def text(kept: Mapping[str, Any]) -> str:
    return json.dumps(kept, indent=2, ensure_ascii=False) + "\n"


def _finding(said: Mapping[str, Any]) -> dict[str, str]:
    kept = {key: said[key] for key in ("capability", "outcome")}
    if said["outcome"] == "yes":
        return kept
    received = said["received"]
    for pattern, word in _FLEETING.items():
        received = re.sub(pattern, word, received)
    return {**kept, "received": received}


if __name__ == "__main__":
    sys.exit(main())
