"""The value paths of the pinned upstream charts, and which of ours they do not have.

`python chart_paths.py CHART [SUBCHART]` prints them for a chart folder.

SUBCHART is the unpacked etcd chart, whose values the parent may set below `etcd`. A mapping or
null that is empty in the chart is open: it is printed with a dot at its end.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from vectorkit.schema import charts
from vectorkit.schema.milvus_document import Chart

OFF = ("attu", "heaptrack", "kafka", "minio", "pulsar", "pulsarv3", "tei", "woodpecker")
OPEN = (
    "etcd.containerSecurityContext.",
    "proxy.volumeMounts",
    "proxy.volumes",
    "streamingNode.topologySpreadConstraints",
)
"""Mappings with defaults that a template still renders whole, and values that only templates
have, or values.yaml in a comment."""


def paths(tree: dict[str, Any], above: str = "") -> list[str]:
    """All paths below a mapping."""
    found: list[str] = []
    for key, value in tree.items():
        path = f"{above}{key.replace('.', '_')}"
        found.append(path)
        if isinstance(value, dict) and value:
            found += paths(value, f"{path}.")
        elif value in ({}, None):
            found.append(f"{path}.")
    return found


def unknown_paths(values: dict[str, Any], chart: Chart) -> list[str]:
    """Those paths of Helm values that the chart does not have. Our own follows the newest of the
    upstream's."""
    version = charts.known()[-1] if chart.is_own else chart.version.removeprefix("v")
    known = set(charts.value_paths(version).read_text().split())
    ours = {path.rstrip(".") for path in paths(values)}
    leaves = ours - {path.rpartition(".")[0] for path in ours}
    return sorted(path for path in leaves - known if not _is_open(path, known))


def _is_open(path: str, known: set[str]) -> bool:
    """Whether a mapping above the path takes any key."""
    steps = path.split(".")
    return any(".".join(steps[:count]) + "." in known for count in range(1, len(steps)))


def _is_ours(path: str) -> bool:
    """Of what is always switched off, only the switch."""
    head, _, rest = path.partition(".")
    return head not in OFF or rest == "enabled"


def main() -> None:
    """Print the sorted union of both charts' paths."""
    chart, *subcharts = (Path(one) / "values.yaml" for one in sys.argv[1:])
    found = {*paths(yaml.safe_load(chart.read_text())), *OPEN}
    for subchart in subcharts:
        found |= set(paths({"etcd": yaml.safe_load(subchart.read_text())}))
    print("\n".join(sorted(one for one in found if _is_ours(one))))


if __name__ == "__main__":
    main()
