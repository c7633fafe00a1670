"""The programs of the cache: who finds them, and what killed and simultaneous builds leave."""

import argparse
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.console import Console

from local import commands, settings, tools
from local.progress import Progress


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


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tools.GoTool:
    """A program that builds within seconds, from nothing but Go itself."""
    source = tmp_path / "tools" / "sample"
    source.mkdir(parents=True)
    (source / "go.mod").write_text("module example.com/sample\n\ngo 1.26\n")
    (source / "go.sum").touch()
    (source / "main.go").write_text("package main\n\nfunc main() {}\n")
    monkeypatch.setattr(tools, "FOLDER", tmp_path / "tools")
    return tools.GoTool("sample", ("example.com/sample",))


def test_platforms_that_share_a_cache_build_a_tool_once(
    sample: tools.GoTool, tmp_path: Path
) -> None:
    quiet = Console(quiet=True)
    told = [Progress(quiet), Progress(quiet)]
    with ThreadPoolExecutor(2) as pool:
        built = list(pool.map(lambda one: tools.built(sample, tmp_path / "cache", one), told))
    assert built[0] == built[1]
    assert subprocess.run(built, check=False).returncode == 0


def test_what_a_killed_build_left_is_gone_after_the_next(
    sample: tools.GoTool, tmp_path: Path
) -> None:
    cache, progress = tmp_path / "cache", Progress(Console(quiet=True))
    folder = tools.built(sample, cache, progress).parent
    shutil.copytree(folder, folder.with_name(f"{folder.name}.7.part"))
    shutil.rmtree(folder)
    tools.built(sample, cache, progress)
    assert list(folder.parent.glob("*part")) == []
