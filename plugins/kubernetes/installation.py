"""Puts the stand-in where the engine looks for the official plugin."""

import shlex
import sys
from pathlib import Path

PLUGIN_VERSION = "4.34.2"
"""The version of the SDK in requirements.in: the engine asks for exactly this one."""

_ROOT = Path(__file__).resolve().parents[2]
_MARK = "vectorkit's stand-in"


def folder(plugins: Path) -> Path:
    """Where the engine looks for the plugin, below PULUMI_HOME/plugins."""
    return plugins / f"resource-kubernetes-v{PLUGIN_VERSION}"


def install(plugins: Path) -> Path:
    """Write the plugin's executable below PULUMI_HOME/plugins; returns its path."""
    program = folder(plugins) / "pulumi-resource-kubernetes"
    program.parent.mkdir(parents=True, exist_ok=True)
    # Not by this clone's link: all clones share the environment, and the state outlives a clone.
    python = Path(sys.prefix).resolve() / "bin" / "python"
    program.write_text(
        f"#!/bin/sh\n# {_MARK}: kubectl and helm do the work.\n"
        f"PYTHONPATH={shlex.quote(str(_ROOT))} exec {shlex.quote(str(python))} "
        '-m plugins.kubernetes "$@"\n'
    )
    program.chmod(0o755)
    return program


def is_stand_in(plugin: Path) -> bool:
    """Whether the plugin in this folder is ours and not the official one."""
    program = plugin / "pulumi-resource-kubernetes"
    return program.is_file() and program.read_bytes()[:200].find(_MARK.encode()) > 0
