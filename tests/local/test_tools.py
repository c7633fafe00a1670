"""The programs of the cache: who finds them, and what killed and simultaneous builds leave."""

import argparse
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from local import commands, settings, tools


@pytest.mark.tools
def test_a_machine_without_kubectl_uses_the_one_in_the_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    kubectl = tools.kubectl(settings.read().cache)
    said = subprocess.run(
        [kubectl, "version", "--client"], capture_output=True, text=True, check=False
    )
    assert "Client Version" in said.stdout


@pytest.mark.tools
def test_what_runs_against_another_stack_finds_the_cache_behind_the_callers_own_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "kubectl"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    seen: dict[str, str] = {}

    def command(_: argparse.Namespace, variables: Mapping[str, str]) -> int:
        seen.update(variables)
        return 0

    monkeypatch.setitem(commands.OF_ANY_STACK, "smoke", command)
    monkeypatch.setenv("PATH", str(tmp_path))
    commands.run(argparse.Namespace(verb="smoke", stack="dev"))
    assert seen["STACK"] == "dev"
    assert shutil.which("kubectl", path=seen["PATH"]) == str(own)
    assert Path(shutil.which("pulumi", path=seen["PATH"]) or "").is_relative_to(
        settings.read().cache
    )


def test_without_a_cache_there_is_only_what_is_on_path(tmp_path: Path) -> None:
    assert tools.found(tmp_path) is None
    assert tools.kubectl(tmp_path) == Path("kubectl")
