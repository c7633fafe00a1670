from collections.abc import Iterator
from pathlib import Path

import pytest

from smoke_tests.credentials import Masked
from tests.stores.store import HOST, free_ports
from tests.vault.real_etcd import compact, lock, put, running, signed_tokens
from vault import etcd
from vault.etcd import Compacted, Etcd, EtcdError, Pair

pytestmark = pytest.mark.tools
ROOT = "by-dev"
PASSWORD = "canary-etcd-root-password"  # noqa: S105 (of the test's own etcd)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with running(tmp_path) as client:
        yield client


def test_pages_show_one_revision_whatever_is_written_meanwhile(address: str) -> None:
    put(address, {f"{ROOT}/meta/{n}": "old" for n in range(7)} | {"by-dev0": "x", "by-de": "x"})
    source = Etcd(address, ROOT)
    reading = source.read(source.revision(), page=2)
    first = next(reading)
    put(address, {f"{ROOT}/meta/6": "new", f"{ROOT}/meta/9": "new"})
    found = [first, *reading]
    assert found == [Pair(f"{ROOT}/meta/{n}".encode(), b"old") for n in range(7)]


def test_sessions_stay_behind_but_their_counter_comes(address: str) -> None:
    put(address, {f"{ROOT}/meta/session/{n}": n for n in ("id", "id2", "rootcoord")})
    source = Etcd(address, ROOT)
    assert [p.key for p in source.read(source.revision())] == [b"by-dev/meta/session/id"]


def test_a_compacted_revision_is_told_and_read_again_at_a_newer_one(address: str) -> None:
    put(address, {f"{ROOT}/meta/{n}": "old" for n in range(3)})
    source = Etcd(address, ROOT)
    seen: list[int] = []

    def take(revision: int, pairs: Iterator[Pair]) -> list[Pair]:
        seen.append(revision)
        if len(seen) == 1:
            put(address, {f"{ROOT}/meta/0": "new"})
            compact(address, source.revision())
        return list(pairs)

    assert source.copy(take)[0].value == b"new"
    assert seen[1] > seen[0]
    with pytest.raises(Compacted, match="has compacted the revision"):
        list(source.read(seen[0]))


def test_what_was_read_is_written_whole_and_never_over_anything(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(etcd, "MOST_OPERATIONS", 3)
    pairs = [Pair(f"{ROOT}/kv/{n}".encode(), bytes([0, 255, n])) for n in range(10)]
    target = Etcd(address, ROOT)
    assert target.write(iter(pairs)) == 10
    assert list(target.read(target.revision())) == pairs
    with pytest.raises(EtcdError, match="holds 10 keys"):
        target.write([Pair(b"by-dev/kv/a", b"")])
    assert list(target.read(target.revision())) == pairs


def test_a_write_that_was_begun_goes_on_but_not_over_what_is_different(address: str) -> None:
    pairs = [Pair(f"{ROOT}/kv/{n}".encode(), b"1") for n in range(5)]
    target = Etcd(address, ROOT)
    put(address, {f"{ROOT}/kv/{n}": "1" for n in (0, 3)})
    assert target.write(iter(pairs), resume=True) == 5
    assert list(target.read(target.revision())) == pairs
    for foreign in ({f"{ROOT}/kv/2": "other"}, {f"{ROOT}/kv/2": "1", f"{ROOT}/more": "1"}):
        put(address, foreign)
        with pytest.raises(EtcdError, match="Someone else writes"):
            target.write(iter(pairs), resume=True)


def test_a_mark_is_made_once_and_changed_by_who_knows_it(address: str) -> None:
    target = Etcd(address, ROOT)
    assert target.mark() is None
    target.remark(None, "a writing")
    with pytest.raises(EtcdError, match="Someone else writes"):
        target.remark(None, "b writing")
    target.remark("a writing", "a written")
    with pytest.raises(EtcdError, match="Someone else writes"):
        target.remark("a writing", "c")
    assert (target.mark(), target.count()) == ("a written", 0)


def test_a_key_outside_the_root_path_is_refused(address: str) -> None:
    target = Etcd(address, ROOT)
    with pytest.raises(EtcdError, match="is not below 'by-dev/'"):
        target.write([Pair(b"other/kv", b"")])
    assert list(target.read(target.revision())) == []


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[str]:
    with running(tmp_path, signed_tokens(tmp_path, PASSWORD)) as client:
        put(client, {f"{ROOT}/meta/1": "old"})
        lock(client, PASSWORD)
        yield client


def test_an_etcd_with_a_password_is_read_and_written_by_who_knows_it(locked: str) -> None:
    target = Etcd(locked, ROOT, Masked(PASSWORD))
    assert [pair.value for pair in target.read(target.revision())] == [b"old"]
    target.remark(None, "a writing")
    assert target.mark() == "a writing"


def test_who_does_not_know_the_password_is_told_and_gets_nothing(locked: str) -> None:
    with pytest.raises(EtcdError, match="asks for a password, and none is known"):
        Etcd(locked, ROOT).revision()
    with pytest.raises(EtcdError, match="does not let root in") as refused:
        Etcd(locked, ROOT, Masked("wrong-canary-password")).revision()
    assert "canary" not in str(refused.value)


def test_a_login_that_etcd_no_longer_knows_is_made_again(address: str, tmp_path: Path) -> None:
    """An etcd with tokens of its own forgets them when it starts anew."""
    lock(address, PASSWORD)
    target = Etcd(address, ROOT, Masked(PASSWORD))
    target.remark(None, "a writing")
    target._headers = {"Authorization": "of-another-life.7"}
    target.remark("a writing", "a written")
    assert target.mark() == "a written"


def test_the_charts_tokens_outlive_the_member_that_gave_them(tmp_path: Path) -> None:
    option = signed_tokens(tmp_path, PASSWORD)
    with running(tmp_path, option) as first:
        lock(first, PASSWORD)
        target = Etcd(first, ROOT, Masked(PASSWORD))
        assert target.count() == 0
        login = dict(target._headers)
    with running(tmp_path, option) as second:
        again = Etcd(second, ROOT)
        again._headers = login
        assert again.count() == 0


def test_an_etcd_that_does_not_answer_is_told() -> None:
    with pytest.raises(EtcdError, match="does not answer"):
        Etcd(f"http://{HOST}:{free_ports(1)[0]}", ROOT).revision()
