"""What comes back from a versioned bucket: the decision on plain data, the work on a real store."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local import undelete as command
from local.errors import Refusal
from plugins.objectstore import bucket, undelete
from plugins.objectstore.errors import StoreError
from plugins.objectstore.history import Entry, step_for, steps
from smoke_tests.outputs import Outputs
from tests.stores import seaweedfs
from tests.stores.store import Identity
from vectorkit.decisions import access, naming

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LIVE, ROOT, STACK = "undelete-live", "root/path", "trial"
MILVUS = Identity("milvus", tuple(f"{verb}:{LIVE}" for verb in ("Read", "Write", "List")))
START = datetime(2026, 1, 1, tzinfo=UTC)


def history(newest_first: str) -> Iterator[Entry]:
    """Entries of one key: v is a version, m a marker; the oldest is of hour 1, the next of 2..."""
    for age, kind in enumerate(newest_first):
        hour = len(newest_first) - age
        yield Entry("key", f"{kind}{hour}", START + timedelta(hours=hour), kind == "m", 1)


def decided(newest_first: str, hour: float | None) -> tuple[str, str, list[str]] | None:
    at = None if hour is None else START + timedelta(hours=hour)
    step = step_for(history(newest_first), at)
    if step is None:
        return None
    return step.kind, step.version.version_id, [one.version_id for one in step.markers]


@pytest.mark.parametrize(
    ("newest_first", "hour", "expected"),
    [
        ("v", None, None),
        ("vv", None, None),
        ("vmv", None, None),
        ("m", None, None),
        ("mv", None, ("uncover", "v1", ["m2"])),
        ("mmvv", None, ("uncover", "v2", ["m4", "m3"])),
        ("mv", 1, ("uncover", "v1", ["m2"])),
        ("mv", 1.5, ("uncover", "v1", ["m2"])),
        ("mv", 2, None),
        ("mv", 0.5, None),
        ("vv", 2, None),
        ("vv", 1, ("restore", "v1", [])),
        ("vmv", 1, ("restore", "v1", [])),
        ("vmv", 2, None),
        ("mvv", 1, ("restore", "v1", [])),
        ("mvv", 2, ("uncover", "v2", ["m3"])),
        ("mmv", 2, None),
    ],
)
def test_a_key_comes_back_as_it_was_and_nothing_else_is_touched(
    newest_first: str, hour: float | None, expected: tuple[str, str, list[str]] | None
) -> None:
    assert decided(newest_first, hour) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yesterday", "is no time"),
        ("2026-01-01T10:00:00", "has no time zone"),
        ("2026-01-01T10:00:01Z", "still to come"),
    ],
)
def test_a_time_that_is_ambiguous_or_to_come_is_refused(text: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        command.moment(text, START + timedelta(hours=10))


def test_the_command_knows_a_live_bucket_by_the_tags_that_the_program_gives_it() -> None:
    assert command.tags(STACK) == naming.tags(STACK, "live")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seaweedfs.Store]:
    """A store with the kit's own live bucket, a bucket of another stack, and Milvus's identity."""
    folder = tmp_path_factory.mktemp("undelete")
    with seaweedfs.store(folder / "s3", identities=(MILVUS,)) as store:
        for name, purpose, versioning in (
            (LIVE, "live", True),
            ("undelete-vault", "vault", True),
            ("undelete-flat", "live", False),
        ):
            desired = {
                "bucket": name,
                "object_lock": False,
                "versioning": versioning,
                "encryption": {"algorithm": "AES256"},
                "lifecycle": [],
                "tags": naming.tags(STACK, purpose),
                "policy": access.live_policy(name, deployers=["admin*"]),
                "force_destroy": False,
            }
            bucket.create(store.client(), desired, "the tests of undelete")
        yield store


@pytest.fixture
def outputs(live: seaweedfs.Store, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outputs]:
    """Outputs of a stack whose deployer's credentials are in the environment."""
    for name, value in live.environment().items():
        monkeypatch.setenv(name, value)
    given = dict.fromkeys(("namespace", "release", "vault_bucket", "kubeconfig", "context"), "x")
    given |= {"milvus_service": "milvus:19530", "credentials_secret": "x", "live_bucket": LIVE}
    store = {
        "store_endpoint": live.endpoint,
        "store_region": live.region,
        "store_ca_file": str(live.ca_file),
    }
    return lambda **changes: Outputs(
        **({**given, **store, "milvus_uri": None, "root_path": ROOT} | changes)
    )


@pytest.fixture
def milvus(live: seaweedfs.Store) -> "S3Client":
    return live.client(MILVUS)


def put(client: "S3Client", **objects: bytes) -> None:
    for name, body in objects.items():
        client.put_object(Bucket=LIVE, Key=f"{ROOT}/{name}", Body=body)


def contents(client: "S3Client", prefix: str = f"{ROOT}/") -> dict[str, bytes]:
    found = client.list_objects_v2(Bucket=LIVE, Prefix=prefix).get("Contents", [])
    names = [one["Key"] for one in found]
    return {
        name.rpartition("/")[2]: client.get_object(Bucket=LIVE, Key=name)["Body"].read()
        for name in names
    }


def clear(client: "S3Client") -> None:
    for name in contents(client):
        client.delete_object(Bucket=LIVE, Key=f"{ROOT}/{name}")


def versions(client: "S3Client") -> set[str]:
    pages = client.get_paginator("list_object_versions").paginate(Bucket=LIVE)
    return {one["VersionId"] for page in pages for one in page.get("Versions", [])}


@pytest.mark.tools
def test_everything_that_milvus_deleted_comes_back_and_nothing_else_changes(
    live: seaweedfs.Store,
    milvus: "S3Client",
    outputs: Callable[..., Outputs],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(undelete, "CHUNK", 7)
    monkeypatch.setattr(undelete, "BATCH", 3)
    before = {f"segment-{number:03}": str(number).encode() for number in range(30)}
    put(milvus, **before)
    milvus.put_object(Bucket=LIVE, Key=f"{ROOT}-other/mine", Body=b"x")
    milvus.delete_object(Bucket=LIVE, Key=f"{ROOT}-other/mine")
    clear(milvus)
    milvus.delete_object(Bucket=LIVE, Key=f"{ROOT}/segment-000")
    assert contents(milvus) == {}
    kept = versions(live.client())

    assert command.run(outputs(), STACK, None, dry_run=False) == 0
    assert contents(milvus) == before
    assert versions(live.client()) == kept
    assert contents(milvus, f"{ROOT}-other/") == {}


@pytest.mark.tools
def test_a_dry_run_names_every_key_and_changes_nothing(
    milvus: "S3Client", outputs: Callable[..., Outputs], capsys: pytest.CaptureFixture[str]
) -> None:
    clear(milvus)
    put(milvus, **{f"dry-{number}": b"x" for number in range(command.SHOWN + 5)})
    clear(milvus)
    assert command.run(outputs(), STACK, None, dry_run=True) == 0
    said = capsys.readouterr().out
    for number in range(command.SHOWN + 5):
        assert f"uncover  {ROOT}/dry-{number}  1 bytes" in said
    assert contents(milvus) == {}


@pytest.mark.tools
def test_the_state_of_a_time_comes_back_and_what_came_after_is_kept_as_a_version(
    live: seaweedfs.Store, milvus: "S3Client", outputs: Callable[..., Outputs]
) -> None:
    clear(milvus)
    milvus.put_object(
        Bucket=LIVE, Key=f"{ROOT}/rewritten", Body=b"old", Metadata={"a": "b"}, ContentType="x/y"
    )
    put(milvus, lost=b"lost", same=b"same")
    at = just_after(live, "same")
    put(milvus, rewritten=b"new", later=b"later")
    milvus.delete_object(Bucket=LIVE, Key=f"{ROOT}/lost")
    kept = versions(live.client())

    assert command.run(outputs(), STACK, at, dry_run=False) == 0
    wanted = {"rewritten": b"old", "lost": b"lost", "same": b"same", "later": b"later"}
    assert contents(milvus) == wanted
    after = versions(live.client())
    assert kept < after
    assert len(after - kept) == 1
    head = milvus.head_object(Bucket=LIVE, Key=f"{ROOT}/rewritten")
    assert (head["Metadata"]["a"], head["ContentType"]) == ("b", "x/y")
    assert head["ServerSideEncryption"] == "AES256"

    assert command.run(outputs(), STACK, at, dry_run=False) == 0
    assert versions(live.client()) == after


@pytest.mark.tools
def test_a_run_that_was_interrupted_is_continued_by_the_next_one(
    live: seaweedfs.Store, milvus: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undelete, "CHUNK", 2)
    clear(milvus)
    put(milvus, **{f"part-{number}": b"x" for number in range(6)})
    clear(milvus)
    client = live.client()

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undelete.carry_out(client, LIVE, f"{ROOT}/part-", None, interrupt)
    assert len(contents(milvus)) == 2
    assert undelete.survey(client, LIVE, f"{ROOT}/part-", None).total == 4
    undelete.carry_out(client, LIVE, f"{ROOT}/part-", None)
    assert len(contents(milvus)) == 6


@pytest.mark.tools
def test_a_put_and_a_delete_within_one_second_are_told_apart_by_the_stores_order(
    live: seaweedfs.Store, milvus: "S3Client"
) -> None:
    for _ in range(3):
        put(milvus, quick=b"x")
        milvus.delete_object(Bucket=LIVE, Key=f"{ROOT}/quick")
    put(milvus, quick=b"last")
    prefix = f"{ROOT}/quick"
    assert list(steps(live.client(), LIVE, prefix, None)) == []
    milvus.delete_object(Bucket=LIVE, Key=prefix)
    (step,) = steps(live.client(), LIVE, prefix, None)
    assert (step.kind, len(step.markers)) == ("uncover", 1)


@pytest.mark.tools
def test_milvus_itself_may_not_bring_anything_back(
    milvus: "S3Client", live: seaweedfs.Store
) -> None:
    put(milvus, guarded=b"x")
    milvus.delete_object(Bucket=LIVE, Key=f"{ROOT}/guarded")
    with pytest.raises(StoreError, match=r"Only the deployer may|these credentials may not"):
        undelete.carry_out(milvus, LIVE, f"{ROOT}/guarded", None)
    assert "guarded" not in contents(milvus)


@pytest.mark.tools
@pytest.mark.parametrize(
    ("changes", "stack", "says"),
    [
        ({"live_bucket": "undelete-absent"}, STACK, "There is no bucket 'undelete-absent'"),
        ({"live_bucket": "undelete-vault"}, STACK, "is not the stack's live bucket"),
        ({}, "another", "is not the stack's live bucket"),
        ({"live_bucket": "undelete-flat"}, STACK, "keeps no versions"),
    ],
)
def test_a_bucket_that_is_not_the_stacks_own_is_refused(
    outputs: Callable[..., Outputs], changes: dict[str, Any], stack: str, says: str
) -> None:
    with pytest.raises(StoreError, match=says):
        command.run(outputs(**changes), stack, None, dry_run=False)


def just_after(live: seaweedfs.Store, name: str) -> datetime:
    """A time after this object was written and before the next one: the store's clock has seconds,
    so an object is written again until the store says a later one."""
    client = live.client()
    written = client.head_object(Bucket=LIVE, Key=f"{ROOT}/{name}")["LastModified"]
    now = written
    while now <= written:
        client.put_object(Bucket=LIVE, Key="clock", Body=b"")
        now = client.head_object(Bucket=LIVE, Key="clock")["LastModified"]
    return written
