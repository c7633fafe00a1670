"""The executable by which the engine starts the provider."""

import subprocess
import sys
from pathlib import Path

import pytest

from plugins.kubernetes import installation


def test_paths_may_hold_spaces_quotes_and_what_a_shell_would_expand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / 'it\'s a "home" for $HOME'
    (odd / "bin").mkdir(parents=True)
    python = odd / "bin" / "python"
    python.write_text('#!/bin/sh\nprintf "%s|" "$PYTHONPATH" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "prefix", str(odd))
    monkeypatch.setattr(installation, "_ROOT", odd)
    program = installation.install(odd / "plugins")
    said = subprocess.run([program, "a b"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said == f"{odd}|-m|plugins.kubernetes|a b|"


def test_a_folder_without_the_stand_in_is_not_taken_for_it(tmp_path: Path) -> None:
    assert not installation.is_stand_in(tmp_path)
    (tmp_path / "pulumi-resource-kubernetes").write_bytes(b"\x7fELF official")
    assert not installation.is_stand_in(tmp_path)
