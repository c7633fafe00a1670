"""Prometheus's own judge of rules, over series that were recorded from a running Milvus."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from local.tools import PROMTOOL
from tests.stores.programs import program
from vectorkit.schema.versions import Version

RECORDED = Path(__file__).parent / "recorded"
NAMES = ("milvus-2.3.5", "milvus-2.6.14", "etcd-3.6.5")
NAMESPACE = "vectorkit-local"
HOURS = 3

Series = dict[str, str]
"""Values in promtool's notation, by series."""


def recorded() -> Series:
    """Each recorded sample, standing still, with the labels that scraping adds."""
    return dict(_samples("milvus-2.3.5", "standalone")) | dict(_samples("etcd-3.6.5", "etcd"))


def exported(milvus: Version) -> set[str]:
    """Names of the metrics of a Milvus of this line, and of etcd.

    2.3.5 and etcd were asked. The list of 2.6 was read in the source of 2.6.14: what is registered,
    without what is deprecated, for nobody sets that any more.
    """
    told = {file: set((RECORDED / f"{file}.names.txt").read_text().split()) for file in NAMES}
    old, new, etcd = (told[file] for file in NAMES)
    if milvus[:2] == (2, 3):
        return old | etcd
    return new | etcd


def _samples(file: str, container: str) -> Iterator[tuple[str, str]]:
    added = f'namespace="{NAMESPACE}",container="{container}"'
    for line in (RECORDED / f"{file}.prom").read_text().splitlines():
        series, value = line.rsplit(" ", 1)
        name, _, labels = series.rstrip("}").partition("{")
        inside = f"{labels},{added}" if labels else added
        yield f"{name}{{{inside}}}", f"{float(value):g}x{HOURS * 60}"


def complaints(folder: Path, rules: Mapping[str, Any], series: Series) -> str:
    """What promtool says of alerts that fire near the end of the series; empty when none does."""
    (folder / "rules.yaml").write_text(yaml.safe_dump(dict(rules)))
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    case = {
        "interval": "1m",
        "input_series": [{"series": key, "values": value} for key, value in series.items()],
        "alert_rule_test": [
            {"eval_time": f"{HOURS - 1}h", "alertname": name, "exp_alerts": []} for name in names
        ],
    }
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [case]}
    (folder / "tests.yaml").write_text(yaml.safe_dump(tests))
    return _run("test", "rules", str(folder / "tests.yaml"))


def check(folder: Path, rules: Mapping[str, Any]) -> str:
    """What promtool says of rules that Prometheus would not load; empty when it would."""
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump(dict(rules)))
    return _run("check", "rules", "--lint=all", "--lint-fatal", str(file))


def _run(*arguments: str) -> str:
    done = subprocess.run(
        [str(program(PROMTOOL)), *arguments], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
