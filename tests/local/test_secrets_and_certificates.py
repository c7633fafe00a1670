"""Secrets and certificates of the local platform."""

import ssl
import stat
from pathlib import Path

from local import credentials, pki, store


def test_secrets_are_made_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    credentials.ensure(folder)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    credentials.ensure(folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_an_identity_cannot_be_printed(tmp_path: Path) -> None:
    credentials.ensure(tmp_path)
    identity = credentials.identity(tmp_path, "milvus")
    assert identity.secret_access_key not in f"{identity} {identity!r}"


def test_the_authority_stays_and_the_certificate_follows_the_address(tmp_path: Path) -> None:
    assert pki.ensure(tmp_path, ["10.0.0.1"], ["localhost"])
    authority = (tmp_path / "ca.crt").read_bytes()
    assert not pki.ensure(tmp_path, ["10.0.0.1"], ["localhost"])
    assert pki.ensure(tmp_path, ["10.0.0.2"], ["localhost"])
    assert (tmp_path / "ca.crt").read_bytes() == authority
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    assert len(context.get_ca_certs()) == 1
    assert stat.S_IMODE((tmp_path / "ca.key").stat().st_mode) == 0o600


def test_milvus_may_use_the_live_bucket_alone(tmp_path: Path) -> None:
    credentials.ensure(tmp_path)
    actions = {
        entry["name"]: entry["actions"]
        for entry in store.identities(tmp_path, "live", "vault")["identities"]
    }
    assert all(action.endswith(":live") for action in actions["milvus"])
    assert "Write:live" not in actions["vault"]
    assert actions["admin"] == ["Admin"]
