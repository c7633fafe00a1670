"""What the job in the cluster is told, and what it refuses."""

from pathlib import Path

import pytest

from tests.infra.stack_document import SEALED_BY_A_JOB, settings
from vault import job
from vault.places import VaultError
from vectorkit import naming, seal_job
from vectorkit.settings import Settings


@pytest.fixture(scope="module", params=["local", "staging", "prod-aws"])
def stack(request: pytest.FixtureRequest) -> Settings:
    """Without a certificate of Milvus, with one of a private CA, and with one of a public CA."""
    return settings(SEALED_BY_A_JOB, stack=request.param)


@pytest.mark.parametrize("private_ca", [True, False])
def test_what_the_program_declares_is_what_the_job_reads(stack: Settings, private_ca: bool) -> None:
    variables = seal_job.environment(stack, private_ca=private_ca)
    known = job.told(variables)
    read = {f"VECTORKIT_{name.upper()}" for name in known.model_dump(exclude_none=True)}
    assert read == set(variables)
    assert (known.live_bucket, known.vault_bucket) == (
        stack.store.live.bucket,
        stack.store.vault.bucket,
    )
    assert known.vault_retention_days == 30


def test_every_variable_that_is_missing_is_named_at_once(stack: Settings) -> None:
    variables = seal_job.environment(stack, private_ca=False)
    left = {name: value for name, value in variables.items() if "BUCKET" not in name}
    with pytest.raises(VaultError) as refused:
        job.told(left | {"VECTORKIT_VAULT_MODE": "none"})
    for name in ("LIVE_BUCKET", "VAULT_BUCKET", "VAULT_MODE"):
        assert f"VECTORKIT_{name}:" in str(refused.value)


def test_a_credential_that_is_not_mounted_is_named_and_nothing_is_asked(
    stack: Settings, tmp_path: Path
) -> None:
    variables = seal_job.environment(stack, private_ca=False)
    known = job.told(variables | {"VECTORKIT_CREDENTIALS": str(tmp_path)})
    (tmp_path / naming.ACCESS_KEY_ID_KEY).write_text("key")
    with pytest.raises(VaultError, match=r"secret-access-key cannot be read"):
        job.run(known)
    (tmp_path / naming.SECRET_ACCESS_KEY_KEY).write_text("secret")
    with pytest.raises(VaultError, match=r"root-password cannot be read"):
        job.run(known)


def test_without_a_word_it_ends_with_a_sentence_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in job.Told.model_fields:
        monkeypatch.delenv(f"VECTORKIT_{name.upper()}", raising=False)
    assert job.main() == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: This job is not told what to seal")
    assert said.out == ""
