"""The dashboard: Grafana imports it, Prometheus answers it, and Milvus exports what it asks."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.alerts import promtool
from vectorkit.decisions import dashboard
from vectorkit.schema.versions import Version

SELECTOR = re.compile(r"\b((?:milvus|etcd|process)_\w+)\{")
VERSIONS: tuple[Version, ...] = ((2, 3, 5), (2, 6, 15))
PANELS = dashboard.panels(promtool.NAMESPACE, VERSIONS[0])


def expressions(milvus: Version) -> list[str]:
    panels = dashboard.panels(promtool.NAMESPACE, milvus)
    return [line for panel in panels for line in panel.lines.values()]


@pytest.mark.parametrize("milvus", VERSIONS)
def test_every_line_is_of_this_environment_alone(milvus: Version) -> None:
    for one in expressions(milvus):
        assert one.count("{") == one.count(f'namespace="{promtool.NAMESPACE}"'), one


@pytest.mark.parametrize("milvus", VERSIONS)
def test_every_metric_is_exported_by_the_milvus_that_is_shown(milvus: Version) -> None:
    asked = {name for one in expressions(milvus) for name in SELECTOR.findall(one)}
    assert len(asked) > 8
    assert asked - promtool.exported(milvus) == set()


@pytest.mark.parametrize(
    ("milvus", "label"), [((2, 3, 5), "index_task_status"), ((2, 6, 15), "task_state")]
)
def test_index_tasks_are_shown_by_their_state(milvus: Version, label: str) -> None:
    panels = dashboard.panels(promtool.NAMESPACE, milvus)
    (lines,) = [one.lines for one in panels if one.title == "Index tasks"]
    ((legend, line),) = lines.items()
    assert legend == f"{{{{{label}}}}}"
    assert line.startswith(f"sum by ({label}) (")


def test_the_panels_neither_overlap_nor_leave_the_page() -> None:
    shown = dashboard.dashboard(namespace="somewhere", environment="prod", milvus=VERSIONS[0])
    taken = [panel["gridPos"] for panel in shown["panels"]]
    assert len({(one["x"], one["y"]) for one in taken}) == len(PANELS)
    assert max(one["x"] + one["w"] for one in taken) <= 24
    assert len({panel["title"] for panel in shown["panels"]}) == len(PANELS)


def test_an_environment_with_a_long_name_has_an_id_that_grafana_takes() -> None:
    shown = dashboard.dashboard(namespace="somewhere", environment="e" * 60, milvus=VERSIONS[0])
    assert len(shown["uid"]) <= 40
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.tools
@pytest.mark.parametrize("milvus", VERSIONS)
def test_prometheus_understands_every_line(tmp_path: Path, milvus: Version) -> None:
    rules: list[dict[str, Any]] = [
        {"record": f"panel:line:{number}", "expr": one}
        for number, one in enumerate(expressions(milvus))
    ]
    assert promtool.check(tmp_path, {"groups": [{"name": "dashboard", "rules": rules}]}) == ""
    rules[0]["expr"] += ")"
    assert "parse error" in promtool.check(
        tmp_path, {"groups": [{"name": "dashboard", "rules": rules}]}
    )
