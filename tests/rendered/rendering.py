"""Charts as helm renders them with the values of our stacks.

The upstream chart is no part of the project: VECTORKIT_CHART names its folder or .tgz.
"""

import os
import subprocess
import tempfile
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra import stack_document
from vectorkit.decisions import milvus_values, naming
from vectorkit.decisions.milvus_values import Values

OWN_CHART = stack_document.REPOSITORY / "charts" / "milvus-local"
GIVEN = "VECTORKIT_CHART"
REQUIRES_UPSTREAM = pytest.mark.skipif(
    not os.environ.get(GIVEN), reason=f"{GIVEN} names no upstream chart (CONTRIBUTING.md: charts)"
)
NAMESPACE = stack_document.settings().namespace

Manifest = dict[str, Any]


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that a mapping has twice, where YAML leaves open which of them counts."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"{twice} twice", node.start_mark)
        return super().construct_mapping(node, deep)


def strictly(text: str) -> Any:
    """A YAML document. Raises ConstructorError when a mapping has a key twice."""
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 (derived from SafeLoader)


def upstream() -> Path:
    """The upstream chart that was given."""
    return Path(os.environ[GIVEN])


def helm(*arguments: str) -> str:
    """What helm prints. Raises CalledProcessError."""
    finished = subprocess.run(["helm", *arguments], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def values_of(stack: str, changes: Mapping[str, Any] | None = None) -> Values:
    """The Helm values of a tracked stack with changes, and a stand-in for its private CA."""
    settings = stack_document.settings(changes, stack=stack)
    ca = stack_document.CA if settings.store.ca_file else None
    return milvus_values.values(settings, ca_bundle=ca)


def without(values: Values, path: str) -> Values:
    """The values without one of them, so that the chart's own default counts."""
    head, _, rest = path.partition(".")
    if not rest:
        return {key: value for key, value in values.items() if key != head}
    return values | {head: without(values[head], rest)}


def manifests(chart: Path, values: Values, namespace: str = NAMESPACE) -> list[Manifest]:
    """What the chart makes of the values."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        text = helm("template", naming.RELEASE, str(chart), "-n", namespace, "-f", file.name)
    return [one for one in yaml.safe_load_all(text) if one]


def of_kind(kind: str, rendered: list[Manifest]) -> list[Manifest]:
    """Those of one kind."""
    return [one for one in rendered if one["kind"] == kind]


def configuration(rendered: list[Manifest]) -> dict[str, str]:
    """Milvus's own files, as texts by name."""
    (found,) = [
        one["data"] for one in of_kind("ConfigMap", rendered) if "default.yaml" in one["data"]
    ]
    return dict(found)


def pods(rendered: list[Manifest]) -> list[Manifest]:
    """The specs of all pods that run on."""
    owners = of_kind("Deployment", rendered) + of_kind("StatefulSet", rendered)
    return [one["spec"]["template"]["spec"] for one in owners]


def milvus_container(rendered: list[Manifest]) -> Manifest:
    """The container of standalone Milvus."""
    (found,) = [
        one for pod in pods(rendered) for one in pod["containers"] if one["name"] == "standalone"
    ]
    return dict(found)
