"""The dashboard: Grafana imports it, Prometheus answers it, and Milvus exports what it asks."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.alerts import promtool
from vectorkit import dashboard

SELECTOR = re.compile(r"\b((?:milvus|etcd|process)_\w+)\{")
PANELS = dashboard.panels(promtool.NAMESPACE)


def expressions() -> list[str]:
    return [line for panel in PANELS for line in panel.lines.values()]


def test_every_line_is_of_this_environment_alone() -> None:
    for one in expressions():
        assert one.count("{") == one.count(f'namespace="{promtool.NAMESPACE}"'), one


def test_every_metric_was_exported_by_a_running_platform() -> None:
    exported = set()
    for name in ("milvus-2.3.5", "etcd-3.6.5"):
        names = promtool.RECORDED / f"{name}.names.txt"
        exported |= set(names.read_text().split())
    asked = {name for one in expressions() for name in SELECTOR.findall(one)}
    assert len(asked) > 8
    assert asked - exported == set()


def test_the_panels_neither_overlap_nor_leave_the_page() -> None:
    shown = dashboard.dashboard(namespace="somewhere", environment="prod")
    taken = [panel["gridPos"] for panel in shown["panels"]]
    assert len({(one["x"], one["y"]) for one in taken}) == len(PANELS)
    assert max(one["x"] + one["w"] for one in taken) <= 24
    assert len({panel["title"] for panel in shown["panels"]}) == len(PANELS)


def test_an_environment_with_a_long_name_has_an_id_that_grafana_takes() -> None:
    shown = dashboard.dashboard(namespace="somewhere", environment="e" * 60)
    assert len(shown["uid"]) <= 40
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.tools
def test_prometheus_understands_every_line(tmp_path: Path) -> None:
    rules: list[dict[str, Any]] = [
        {"record": f"panel:line:{number}", "expr": one} for number, one in enumerate(expressions())
    ]
    assert promtool.check(tmp_path, {"groups": [{"name": "dashboard", "rules": rules}]}) == ""
    rules[0]["expr"] += ")"
    assert "parse error" in promtool.check(
        tmp_path, {"groups": [{"name": "dashboard", "rules": rules}]}
    )
