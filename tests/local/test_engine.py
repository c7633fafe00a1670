"""What the engine finds on the machine is used, and a killed run is taken up."""

import os
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from local import credentials, settings, stack_file, tools
from local.engine import Engine
from local.errors import Refusal
from local.platform import Platform
from local.progress import Progress
from local.tools import Toolbox
from plugins.kubernetes import installation

OFFICIAL = f"plugins/resource-kubernetes-v{installation.PLUGIN_VERSION}"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def engine(state: Path, toolbox: Path, **variables: str) -> Engine:
    chosen = settings.read({"VECTORKIT_STATE": str(state), **variables})
    platform = Platform(chosen)
    credentials.ensure(platform.layout.secrets)
    return Engine(platform, Toolbox(toolbox, toolbox))


@pytest.fixture
def state(lasting_folder: Path) -> Path:
    folder = lasting_folder / "engine"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@pytest.mark.parametrize(
    ("version", "used"),
    [("v3.220.0", True), ("3.300.1", True), ("v3.219.9", False), ("v4.0.0", False), ("?", False)],
)
def test_a_new_enough_pulumi_on_path_is_used(programs: Path, version: str, used: bool) -> None:
    pulumi = program(programs / "pulumi", f"echo {version}")
    assert tools.usable_pulumi() is None, "It is of no use without its Python language host."
    program(programs / "pulumi-language-python", "")
    assert tools.usable_pulumi() == (pulumi if used else None)


def test_the_official_plugin_is_used_where_it_can_be_downloaded(
    programs: Path, state: Path
) -> None:
    program(programs / "pulumi", f'mkdir -p "$PULUMI_HOME/{OFFICIAL}"; echo "$@" > "$0.said"')
    found = engine(state, programs)
    found.layout.pulumi_home.mkdir(parents=True)
    # One of before: pulumi would take it for the official plugin of this version.
    installation.install(found.layout.pulumi_home / "plugins")
    assert "official one" in found.ensure_plugin()
    assert "--reinstall" in (programs / "pulumi.said").read_text()


def test_its_stand_in_is_used_elsewhere_after_one_try(programs: Path, state: Path) -> None:
    tries = programs / "tries"
    program(programs / "pulumi", f"echo >> '{tries}'; exit 1")
    found = engine(state, programs)
    found.layout.pulumi_home.mkdir(parents=True)
    for _ in range(2):
        assert "stand-in" in found.ensure_plugin()
    assert installation.is_stand_in(found.layout.pulumi_home / OFFICIAL)
    assert len(tries.read_text().splitlines()) == 1


def test_nobody_tries_to_download_it_when_told_not_to(programs: Path, state: Path) -> None:
    program(programs / "pulumi", "exit 1")
    found = engine(state, programs, VECTORKIT_OFFICIAL_PLUGIN="never")
    found.layout.pulumi_home.mkdir(parents=True)
    assert "stand-in" in found.ensure_plugin()
    assert not list(found.layout.pulumi_home.glob("no-kubernetes-plugin-*"))


def test_with_a_given_cluster_the_platform_brings_the_store_alone(state: Path) -> None:
    state.mkdir()
    given = state / "theirs"
    given.write_text("current-context: kind\n")
    chosen = {"VECTORKIT_STATE": str(state), "KUBECONFIG": str(given)}
    platform = Platform(settings.read(chosen))
    assert platform.supervised == ["store"]
    deployed = stack_file.overrides(platform, {})
    assert deployed["cluster"] == {"kubeconfig": str(given), "context": "kind"}
    assert deployed["store"]["endpoint"] == platform.endpoint
    assert deployed["milvus"]["image"] == stack_file.UPSTREAM["image"]


@pytest.fixture
def real(state: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """With the pulumi of the cache, and the stand-in."""
    toolbox = tools.found(settings.read().cache)
    assert toolbox is not None
    for name in [one for one in os.environ if one.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    made = engine(state, toolbox.bin, VECTORKIT_OFFICIAL_PLUGIN="never")
    made.prepare(Progress(Console(quiet=True)))
    return made


@pytest.mark.tools
def test_a_stack_without_its_file_is_taken_up_while_it_holds_nothing(real: Engine) -> None:
    """A run may be killed between the two."""
    before = real.layout.stack_file.read_text()
    real.layout.stack_file.unlink()
    real.prepare(Progress(Console(quiet=True)))
    assert real.layout.stack_file.read_text().splitlines()[0] == before.splitlines()[0]
    real.pulumi("config", "--show-secrets", what="Reading the secrets", config=True)


@pytest.mark.tools
def test_a_deployed_stack_without_its_file_is_not(real: Engine) -> None:
    exported = real.pulumi("stack", "export", what="Exporting")
    resource = '"resources": [{"urn": "urn:pulumi:local::vectorkit::a:b:C::d", "type": "a:b:C"}],'
    holding = exported.replace('"manifest"', f'{resource} "manifest"', 1)
    real.pulumi("stack", "import", what="Importing", stdin=holding)
    real.layout.stack_file.unlink()
    with pytest.raises(Refusal, match=r"stack file .* is gone"):
        real.prepare(Progress(Console(quiet=True)))


@pytest.mark.tools
def test_a_wrong_passphrase_is_named_with_its_file(real: Engine) -> None:
    passphrase = real.layout.secrets / "passphrase"
    passphrase.write_text("another")
    with pytest.raises(Refusal, match=f"The passphrase in {passphrase} does not open stack local"):
        real.pulumi("config", "--show-secrets", what="Reading the secrets", config=True)
