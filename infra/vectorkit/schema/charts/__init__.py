"""The upstream charts whose value paths are known, each as milvus-VERSION.paths.txt."""

from pathlib import Path

FOLDER = Path(__file__).parent
OWN = "milvus-local"
"""The folder of our own chart, which goes with the values of this very version."""


def known() -> list[str]:
    """The versions, the oldest first."""
    found = [one.name.removesuffix(".paths.txt") for one in FOLDER.glob("milvus-*.paths.txt")]
    return sorted((one.removeprefix("milvus-") for one in found), key=_by_number)


def value_paths(version: str) -> Path:
    """The list of one version's value paths."""
    return FOLDER / f"milvus-{version}.paths.txt"


def refusal(version: str) -> str | None:
    """Why a version cannot be deployed; None when it can."""
    if version.removeprefix("v") in known():
        return None
    return (
        f"nobody has listed which values chart {version} takes, and Helm ignores those that it "
        f"does not; take {' or '.join(known())}, or add a list of its value paths as "
        "CONTRIBUTING.md says (a chart version)."
    )


def _by_number(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]
