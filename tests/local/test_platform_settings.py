"""What the machine's owner may choose, and how a mistake is answered."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import settings
from local.engine import EVIDENCE, STORE_USERS
from local.errors import Refusal
from local.layout import CLONE
from vault import stack

KEY = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")


def test_the_platform_needs_no_setting_at_all() -> None:
    chosen = settings.read({})
    assert (chosen.gateway, chosen.node_address(0)) == ("10.89.0.1", "10.89.0.10")
    assert chosen.kubeconfig is None
    assert chosen.store is None


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("VECTORKIT_NODES", "0", "whole number from 1 to"),
        ("VECTORKIT_NODES", "two", "whole number from 1 to"),
        ("VECTORKIT_SUBNET", "10.89.0.0/16", "private IPv4 /24"),
        ("VECTORKIT_SUBNET", "8.8.8.0/24", "private IPv4 /24"),
        ("VECTORKIT_S3_ENDPOINT", "http://store:9000", "https://host"),
        ("VECTORKIT_STATE", "relative/folder", "absolute path"),
        ("VECTORKIT_CACHE", "/var/my cache", "without spaces"),
        ("VECTORKIT_STATE", "/tmp/state", "must not lie below /tmp"),  # noqa: S108
        ("VECTORKIT_S3_CA_FILE", "/no/such/ca.crt", "does not exist"),
        ("KUBECONFIG", "/no/such/kubeconfig", "does not exist"),
        ("VECTORKIT_NODE", "2", "Did you mean VECTORKIT_NODES?"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(variable: str, value: str, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        settings.read({variable: value})
    assert variable in str(refusal.value)
    assert words in str(refusal.value)


def test_the_platforms_own_kubeconfig_is_no_given_cluster(lasting_folder: Path) -> None:
    """Or `export KUBECONFIG=$(make kubeconfig)` would have the next command end the nodes."""
    state, alias = lasting_folder / "state", lasting_folder / "alias"
    state.mkdir()
    alias.symlink_to(state)
    own, other = state / "kubeconfig", state / "other"
    other.touch()
    chosen = {"VECTORKIT_STATE": str(state)}
    # Before the first start and after `make down PURGE=1` there is no such file.
    assert settings.read(chosen | {"KUBECONFIG": str(own)}).kubeconfig is None
    own.touch()
    for exported in (own, alias / "kubeconfig"):
        assert settings.read(chosen | {"KUBECONFIG": str(exported)}).kubeconfig is None
    assert settings.read(chosen | {"KUBECONFIG": str(other)}).kubeconfig == other


def test_the_path_of_the_kubeconfig_is_printed_and_nothing_else(lasting_folder: Path) -> None:
    state = lasting_folder / "never-started"
    chosen = {name: one for name, one in os.environ.items() if name != "KUBECONFIG"}
    said = subprocess.run(
        [sys.executable, "-m", "local", "kubeconfig"],
        cwd=CLONE,
        env=chosen | {"VECTORKIT_STATE": str(state)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == f"{state}/kubeconfig\n"
    assert said.stderr == ""
    assert not state.exists()


def test_a_given_store_comes_with_its_keys_and_never_shows_them() -> None:
    given = {
        "VECTORKIT_S3_ENDPOINT": "https://store:9000",
        "VECTORKIT_S3_MILVUS_ACCESS_KEY_ID": "canary-id",
        "VECTORKIT_S3_MILVUS_SECRET_ACCESS_KEY": "canary-secret",
        "VECTORKIT_S3_DEPLOYER": "deployer",
    }
    chosen = settings.read(given)
    assert chosen.store is not None
    assert chosen.store.milvus.secret_access_key == given["VECTORKIT_S3_MILVUS_SECRET_ACCESS_KEY"]
    assert "canary" not in repr(chosen)
    for name in settings.OF_A_GIVEN_STORE:
        with pytest.raises(Refusal, match=f"{name} must be set") as refusal:
            settings.read({key: value for key, value in given.items() if key != name})
        assert "canary" not in str(refusal.value)


def test_what_deployed_commands_are_given_may_be_exported_by_whoever_runs_them() -> None:
    """`make` reads its settings again inside of what it starts."""
    keys = [f"{user}_{part}" for user in STORE_USERS for part in KEY]
    settings.read(dict.fromkeys((*stack.WRITER, *keys, EVIDENCE), "given"))


def test_a_key_without_a_store_is_refused() -> None:
    with pytest.raises(Refusal, match="without VECTORKIT_S3_ENDPOINT"):
        settings.read({"VECTORKIT_S3_DEPLOYER": "deployer"})


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Refusal) as refusal:
        settings.read({"VECTORKIT_NODES": "9", "VECTORKIT_SUBNET": "x", "VECTORKIT_WHAT": "1"})
    assert len(str(refusal.value).splitlines()) == 4


def test_platforms_on_different_subnets_share_no_name_or_address() -> None:
    one = settings.read({"VECTORKIT_SUBNET": "192.168.254.0/24"})
    two = settings.read({"VECTORKIT_SUBNET": "192.168.255.0/24"})
    ours = {one.bridge, one.link(0), one.loopback, one.gateway}
    assert ours.isdisjoint({two.bridge, two.link(0), two.loopback, two.gateway})
    assert all(len(name) <= 15 for name in (one.bridge, one.link(7)))
    assert one.loopback.startswith("127.")
