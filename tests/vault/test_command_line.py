"""What `python -m vault` takes, prints and ends with."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest

from smoke_tests import outputs
from smoke_tests.errors import SmokeError
from smoke_tests.outputs import Outputs, Retention
from tests.vault.command import Run, deployed
from vault import stack
from vault.places import VaultError
from vault.stack import Stack

VERBS = ("seal", "snapshots", "verify", "restore")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stacks whose outputs a command has asked for."""
    names: list[str] = []

    def read(name: str) -> Outputs:
        names.append(name)
        return deployed()

    monkeypatch.setattr(outputs, "read", read)
    return names


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "the following arguments are required: verb"),
        (("destroy",), "invalid choice: 'destroy'"),
        (("seal",), "the following arguments are required: --stack"),
        (("seal", "--stack", ""), "argument --stack: it is empty; name a stack"),
        (("snapshots", "--stack", " "), "argument --stack: it is empty; name a stack"),
        (("seal", "--stack", "dev", "--days", "a week"), "--days: invalid float value: 'a week'"),
        (("seal", "--stack", "dev", "--mode", "none"), "unrecognized arguments: --mode none"),
        (("snapshots", "--stack", "dev", "more"), "unrecognized arguments: more"),
        (("verify", "--stack", "dev", "--sample", "half"), "--sample: invalid float value"),
        (("verify", "--stack", "dev", "--days", "7"), "unrecognized arguments: --days 7"),
        (("restore", "--stack", "dev", "--wait", "-1"), "--wait: -1 are no seconds"),
        (("restore", "--stack", "dev", "--wait", "nan"), "--wait: nan are no seconds"),
        (("restore", "--stack", "dev", "--wait", "inf"), "--wait: inf are no seconds"),
    ],
)
def test_wrong_arguments_end_with_status_2_before_anything_is_asked(
    run: Run, asked: list[str], arguments: Sequence[str], says: str
) -> None:
    status, out, err = run(*arguments)
    assert (status, out, asked) == (2, "", [])
    assert says in err
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", [None, *VERBS])
def test_every_command_explains_itself(run: Run, verb: str | None) -> None:
    status, out, err = run(*([verb] if verb else []), "--help")
    assert (status, err) == (0, "")
    assert "--stack" in out if verb else "Exit status: 0 done and right" in out


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("refusal", [SmokeError("It is off."), VaultError("It is off.")])
def test_a_refusal_is_one_sentence_on_the_error_output_and_status_1(
    run: Run, monkeypatch: pytest.MonkeyPatch, verb: str, refusal: Exception
) -> None:
    def read(_: str) -> Outputs:
        raise refusal

    monkeypatch.setattr(outputs, "read", read)
    assert run(verb, "--stack", "dev", "--json") == (1, "", "error: It is off.\n")


def test_a_stack_that_pulumi_does_not_know_of_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    status, out, err = run("snapshots", "--stack", "dev")
    assert (status, out) == (1, "")
    assert err.startswith("error: `pulumi` is not on PATH")


def test_who_interrupts_is_told_how_to_go_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: str) -> Outputs:
        raise KeyboardInterrupt

    monkeypatch.setattr(outputs, "read", read)
    status, out, err = run("seal", "--stack", "dev")
    assert (status, out) == (130, "")
    assert err == "interrupted; run the same command again to continue\n"


@pytest.mark.parametrize("missing", stack.WRITER)
def test_half_of_the_writers_key_is_refused_and_not_shown(
    run: Run, asked: list[str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in stack.WRITER:
        monkeypatch.setenv(name, "half-a-key")
    monkeypatch.delenv(missing)
    status, out, err = run("snapshots", "--stack", "dev")
    assert (status, out, asked) == (1, "", ["dev"])
    assert err.startswith(f"error: Set both {stack.WRITER[0]} and {stack.WRITER[1]}")
    assert "half-a-key" not in err


@pytest.mark.parametrize(
    ("agreed", "arguments", "says"),
    [
        (None, (), "deployed by an older kit"),
        (Retention(mode="none", longest_days=90), (), "has mode none"),
        (Retention(mode="governance", days=30, longest_days=90), ("--days", "7"), "at least 30"),
    ],
)
def test_a_seal_that_the_stack_does_not_agree_to_asks_neither_milvus_nor_etcd(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    agreed: Retention | None,
    arguments: Sequence[str],
    says: str,
) -> None:
    def never(_: Stack) -> None:
        raise AssertionError

    monkeypatch.setattr(outputs, "read", lambda _: deployed(vault_retention=agreed))
    monkeypatch.setattr(Stack, "milvus", never)
    monkeypatch.setattr(Stack, "etcd", never)
    status, out, err = run("seal", "--stack", "dev", *arguments)
    assert (status, out) == (1, "")
    assert says in err


def test_a_milvus_that_does_not_start_in_time_is_told_with_what_it_said_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @contextmanager
    def down(_: Stack) -> Iterator[None]:
        raise SmokeError("No pod is ready.")
        yield

    monkeypatch.setattr(Stack, "milvus", down)
    with ExitStack() as until, pytest.raises(VaultError) as refused:
        Stack("dev", deployed()).await_milvus(0, until)
    said = str(refused.value)
    assert said.startswith("Milvus did not answer within 0 s: No pod is ready.")
    assert "run the same command again for the canaries" in said
