"""Puts stand-ins where the engine looks for plugins."""

import shlex
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN = ("objectstore", "preflight")
"""The project's own packages, which it finds by path."""
PACKAGES = ("aws", "kubernetes", *OWN)


def version_of(package: str) -> str:
    """The engine asks for the version of the SDK."""
    return "0.1.0" if package in OWN else version(f"pulumi-{package}")


def install(home: Path) -> None:
    """Write every stand-in below PULUMI_HOME."""
    for package in PACKAGES:
        _write(folder(home, package), package)


def folder(home: Path, package: str) -> Path:
    """Where a stand-in lies, for the project file's `plugins.providers`."""
    return home / "plugins" / f"resource-{package}-v{version_of(package)}"


def _write(place: Path, package: str) -> None:
    program = place / f"pulumi-resource-{package}"
    place.mkdir(parents=True, exist_ok=True)
    python = Path(sys.executable).absolute()
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(str(python))} "
        f'-m tests.engine_plugins {package} "$@"\n'
    )
    program.chmod(0o755)
