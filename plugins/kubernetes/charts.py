"""Helm charts that lie on this machine: what they contain and which version they say they are."""

import hashlib
import tarfile
from pathlib import Path
from typing import Any

import yaml


def local(chart: Any) -> Path | None:
    """The folder or archive that a Release's `chart` names; None for a chart from elsewhere."""
    path = Path(chart) if isinstance(chart, str) and chart else None
    if path is None or not (path.is_file() or (path / "Chart.yaml").is_file()):
        return None
    return path


def missing(chart: Any) -> bool:
    """Whether `chart` can only mean a path, and nothing is there."""
    is_path = isinstance(chart, str) and chart.startswith(("/", "./", "../"))
    return is_path and local(chart) is None


def version(chart: Any) -> str:
    """The version in the chart's Chart.yaml; empty for a chart from elsewhere."""
    path = local(chart)
    try:
        text = b"" if path is None else _chart_yaml(path)
        described = yaml.safe_load(text)
    except (OSError, tarfile.TarError, yaml.YAMLError):
        return ""
    return str(described.get("version", "")) if isinstance(described, dict) else ""


def digest(chart: Any) -> str:
    """Changes with every file of the chart; empty for a chart from elsewhere."""
    path = local(chart)
    if path is None:
        return ""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    content = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            name, size = str(file.relative_to(path)), file.stat().st_size
            content.update(f"{name}\0{size}\0".encode() + file.read_bytes())
    return content.hexdigest()


def _chart_yaml(path: Path) -> bytes:
    if path.is_dir():
        return (path / "Chart.yaml").read_bytes()
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.count("/") == 1 and member.name.endswith("/Chart.yaml"):
                file = archive.extractfile(member)
                return file.read() if file else b""
    return b""
