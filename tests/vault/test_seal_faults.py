"""Clocks, locks and garbage collectors that get in the way of a whole seal, on a real store."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import format_datetime
from typing import Any

import botocore.auth
import pytest
from botocore.compat import get_current_datetime
from botocore.exceptions import ClientError

from plugins.objectstore.errors import StoreError
from tests.vault.scene import ROOT, Scene
from tests.vault.test_seal import MINUTES
from tests.vault.test_verify import destroy
from vault import catalogue
from vault.object_version import SealRefused

pytestmark = pytest.mark.tools


def wrong_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """This machine's clock, as the seal reads it and as requests are signed by it."""
    off = timedelta(seconds=seconds)

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + off

    def signed(*args: Any, **options: Any) -> datetime:
        return get_current_datetime(*args, **options) + off

    monkeypatch.setattr("vault.seal.datetime", Wrong)
    monkeypatch.setattr("vault.object_version.datetime", Wrong)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", signed)


@pytest.mark.parametrize("hours", [-2, -1 / 30, 1 / 30, 2])
def test_a_seal_by_a_wrong_clock_is_refused_and_leaves_nothing_in_the_vault(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, hours: float
) -> None:
    scene.fill(3)
    wrong_clock(monkeypatch, hours * 3600)
    with pytest.raises(StoreError, match=r"Correct the clock that is wrong \(NTP\)"):
        scene.seal()
    monkeypatch.undo()
    assert catalogue.snapshots(scene.vault) == []
    assert scene.vault_versions() == []
    assert len(scene.seal().objects) == 3


def test_half_a_minute_between_the_clocks_is_accepted_and_the_lock_is_as_long_as_it_says(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.fill(2)
    wrong_clock(monkeypatch, -30)
    manifest = scene.seal()
    for one in manifest.objects:
        found = scene.admin.get_object_retention(
            Bucket=scene.vault.bucket, Key=one.vault_key, VersionId=one.vault_version_id
        )
        assert found["Retention"]["RetainUntilDate"] == manifest.until


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_live_store_with_a_clock_of_its_own_is_read_by_that_clock(
    scene: Scene, hours: float
) -> None:
    scene.fill(3)
    scene.write("insert_log/before", b"gone")
    scene.remove("insert_log/before")
    scene.date("insert_log/before", -MINUTES)
    scene.date("insert_log/after", MINUTES)
    events = scene.live.client.meta.events
    events.register("after-call.s3", _another_clock(timedelta(hours=hours)))

    def progress(step: str, done: int, total: int) -> None:
        if step == "list the live bucket":
            scene.write("insert_log/after", b"later")

    manifest = scene.seal(progress)
    keys = {one.live_key for one in manifest.objects}
    assert keys == {f"{ROOT}/insert_log/{at}" for at in range(3)}


def _another_clock(off: timedelta) -> Callable[..., None]:
    """What a store says of its time and of its versions' times."""

    def shift(parsed: dict[str, Any], **_: Any) -> None:
        theirs = format_datetime(datetime.now(UTC) + off, usegmt=True)
        parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = theirs
        for one in (*parsed.get("Versions", ()), *parsed.get("DeleteMarkers", ())):
            one["LastModified"] += off

    return shift


@pytest.mark.parametrize("step", ["list the live bucket 0", "seal objects 0", "seal objects 1"])
def test_an_object_that_is_collected_while_others_are_copied_is_sealed_all_the_same(
    scene: Scene, step: str
) -> None:
    bodies = scene.fill(12)

    def progress(at: str, done: int, total: int) -> None:
        if f"{at} {done}" == step:
            for key in bodies:
                scene.remove(key)

    manifest = scene.seal(progress, threads=1)
    assert {one.live_key for one in manifest.objects} == {f"{ROOT}/{key}" for key in bodies}


def test_a_version_that_is_destroyed_before_it_is_copied_is_named_and_nothing_is_sealed(
    scene: Scene,
) -> None:
    scene.fill(2)
    version = scene.write("insert_log/9", b"old")

    def progress(step: str, done: int, total: int) -> None:
        if step == "seal objects" and not done:
            where: Any = {"Bucket": scene.live.bucket, "VersionId": version}
            scene.admin.delete_object(**where, Key=f"{ROOT}/insert_log/9")

    with pytest.raises(StoreError, match=f"version '{version}' of '{ROOT}/insert_log/9'"):
        scene.seal(progress)
    assert list(catalogue.whole(scene.vault)) == []
    assert len(scene.seal().objects) == 2


def until_past(date: datetime) -> None:
    while datetime.now(UTC) <= date + timedelta(seconds=1):
        time.sleep(0.2)


def test_what_has_an_expired_lock_is_locked_anew_and_what_was_removed_since_is_copied_again(
    scene: Scene,
) -> None:
    scene.fill(3)
    first = scene.seal(keep_for=timedelta(seconds=4))
    until_past(first.until)
    gone = first.objects[1]
    # As the lifecycle of the vault does when no lock holds a version any more.
    destroy(scene, gone.vault_key, gone.vault_version_id)
    second = scene.seal()
    assert len(scene.vault_versions()) == 3
    assert [one.live_version_id for one in second.objects] == [
        one.live_version_id for one in first.objects
    ]
    kept = [old == new for old, new in zip(first.objects, second.objects, strict=True)]
    assert kept == [True, False, True]
    for one in second.objects:
        with pytest.raises(ClientError, match="AccessDenied"):
            scene.admin.delete_object(
                Bucket=scene.vault.bucket, Key=one.vault_key, VersionId=one.vault_version_id
            )


def test_a_store_that_tells_no_time_is_refused(scene: Scene) -> None:
    scene.fill(1)

    def silence(parsed: dict[str, Any], **_: Any) -> None:
        parsed["ResponseMetadata"]["HTTPHeaders"].pop("date", None)

    scene.vault.client.meta.events.register("after-call.s3.HeadObject", silence)
    with pytest.raises(SealRefused, match="does not tell its time"):
        scene.seal()
    assert scene.vault_versions() == []
