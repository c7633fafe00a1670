"""Whether helm can have the chart that a deployment pins."""

import shutil
from collections.abc import Mapping

from plugins.errors import Refusal
from plugins.kubernetes import charts
from plugins.preflight.cluster import Cluster


def refusal(cluster: Cluster, chart: Mapping[str, str]) -> str | None:
    """Why the chart cannot be had; None when it can, or when there is no helm to ask: Pulumi's
    own Kubernetes plugin brings one, and asks it in every preview."""
    name, version, repository = chart["chart"], chart["version"], chart.get("repo")
    if charts.missing(name):
        return f"there is no chart at {name}: no Chart.yaml, no archive. Correct the path."
    if charts.local(name) or shutil.which("helm") is None:
        return None
    source = [f"--repo={repository}"] if repository else []
    try:
        cluster.target.helm("show", "chart", name, f"--version={version}", *source)
    except Refusal as refused:
        where = f" from {repository}" if repository else ""
        return (
            f"chart {name} {version} cannot be had{where}: {_first_line(str(refused))}. Correct "
            "version or repository, or deploy a mirrored archive by `path`."
        )
    return None


def _first_line(text: str) -> str:
    return text.splitlines()[0].rstrip(".") if text else "helm did not say why"
