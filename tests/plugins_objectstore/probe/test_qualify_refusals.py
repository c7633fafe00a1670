"""What `make qualify` refuses, each in one sentence, before or instead of asking."""

import sys
from pathlib import Path

import pytest

from plugins.objectstore import qualify
from tests.stores.store import Store
from tests.throwaway_ca import write_server_certificate

PLACE = ["--region", "us-east-1", "--no-latency"]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        sys.exit(qualify.main([*PLACE, *arguments]))
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--endpoint", "http://store"], "must begin with https://"),
        (["--endpoint", "https://store", "--region", ""], "--region must not be empty"),
        (["--endpoint", "https://store", "--what"], "unrecognized arguments: --what"),
        (["--endpoint", "https://store", "--json", "/no/such/x.json"], "does not exist"),
        (["--endpoint", "https://store", "--addressing", "host"], "invalid choice"),
        ([], "--endpoint"),
    ],
)
def test_wrong_use_is_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in refused(capsys, *arguments)


def test_half_a_second_identity_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUALIFY_SCOPED_ACCESS_KEY_ID", "CANARY")
    said = refused(capsys, "--endpoint", "https://127.0.0.1:1")
    assert "QUALIFY_SCOPED_SECRET_ACCESS_KEY is not set" in said
    assert "CANARY" not in said


@pytest.mark.tools
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"AWS_ACCESS_KEY_ID": "CANARYCANARY"}, "does not know this access key"),
        ({"AWS_SECRET_ACCESS_KEY": "CANARYCANARY"}, "the secret key is wrong"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no complete S3 credentials"),
    ],
)
def test_wrong_credentials_are_told_apart_and_never_printed(
    changed: dict[str, str],
    says: str,
    store: Store,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in (store.environment() | changed).items():
        monkeypatch.setenv(name, value)
    said = refused(capsys, "--endpoint", store.endpoint, "--ca-file", str(store.ca_file))
    assert says in said
    assert "CANARY" not in said


@pytest.mark.tools
def test_a_store_that_cannot_be_reached_or_trusted_is_named(
    store: Store,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in store.environment().items():
        monkeypatch.setenv(name, value)
    assert "cannot be reached" in refused(capsys, "--endpoint", "https://127.0.0.1:1")
    other = write_server_certificate(tmp_path, "127.0.0.1")
    said = refused(capsys, "--endpoint", store.endpoint, "--ca-file", str(other))
    assert "certificate is not trusted" in said
