"""What is in the vault already: whose work it is, and that its lock only gets longer or firmer."""

import hashlib
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.vault.scene import ROOT, Scene
from vault.lease import Lease
from vault.places import Lock
from vault.sealed_objects import Sealing

pytestmark = pytest.mark.tools


def test_what_a_thief_of_the_writers_key_has_left_is_not_taken_for_a_copy(scene: Scene) -> None:
    right, wrong = b"right", b"wrong"
    version = scene.write("insert_log/0", right)
    scene.vault.client.put_object(
        Bucket=scene.vault.bucket,
        Key=f"{ROOT}/objects/{ROOT}/insert_log/0",
        Body=wrong,
        Metadata={"live-version": version, "sha256": hashlib.sha256(wrong).hexdigest()},
    )
    (sealed,) = scene.seal().objects
    assert sealed.sha256 == hashlib.sha256(right).hexdigest()
    assert scene.sealed_body(sealed.vault_key, sealed.vault_version_id) == right


def test_left_overs_are_looked_for_among_what_is_newer_than_the_last_snapshot(scene: Scene) -> None:
    scene.fill(3)
    first = scene.seal()

    def long_ago(parsed: dict[str, Any], **_: Any) -> None:
        for one in parsed.get("Versions", ()):
            if "/objects/" in one["Key"]:
                one["LastModified"] -= timedelta(days=1)

    scene.vault.client.meta.events.register("after-call.s3.ListObjectVersions", long_ago)
    lock = Lock("governance", first.until)
    sealing = Sealing(scene.live, scene.vault, lock, Lease(scene.vault), first)
    assert sealing._left_over(None).keys() == {one.vault_key for one in first.objects}
    assert sealing._left_over(first.started) == {}


def test_a_vault_that_becomes_firmer_is_sealed_anew_where_only_a_bypass_would_firm_it(
    scene: Scene,
) -> None:
    scene.fill(2)
    first = scene.seal()

    def refuse(params: Any, **_: Any) -> None:
        # SeaweedFS takes what other stores want a bypass for.
        if b"COMPLIANCE" in params["body"] and any(
            one.vault_version_id in params["url"] for one in first.objects
        ):
            error = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
            raise ClientError(error, "PutObjectRetention")  # type: ignore[arg-type]

    scene.vault.client.meta.events.register("before-call.s3.PutObjectRetention", refuse)
    second = scene.seal(mode="compliance", keep_for=timedelta(hours=2))
    assert not set(first.objects) & set(second.objects)
    for one in second.objects:
        found = scene.admin.get_object_retention(
            Bucket=scene.vault.bucket, Key=one.vault_key, VersionId=one.vault_version_id
        )["Retention"]
        assert found == {"Mode": "COMPLIANCE", "RetainUntilDate": second.until}


def test_what_is_in_the_vault_is_not_copied_again_but_kept_longer(scene: Scene) -> None:
    scene.fill(3)
    first = scene.seal()
    scene.write("insert_log/new", b"new")
    second = scene.seal(keep_for=timedelta(hours=2))
    assert set(first.objects) < set(second.objects)
    assert len(scene.vault_versions()) == 4
    assert (second.new_bytes, second.previous and second.previous.id) == (3, first.id)
    for one in second.objects:
        found = scene.admin.get_object_retention(
            Bucket=scene.vault.bucket, Key=one.vault_key, VersionId=one.vault_version_id
        )
        assert found["Retention"]["RetainUntilDate"] == second.until > first.until


def test_a_lock_that_somebody_has_made_longer_or_firmer_since_stays(scene: Scene) -> None:
    scene.fill(2)
    first = scene.seal()
    longer: Any = {"Mode": "GOVERNANCE", "RetainUntilDate": first.until + timedelta(days=3)}
    firmer: Any = {"Mode": "COMPLIANCE", "RetainUntilDate": first.until}
    places: list[Any] = [
        {"Bucket": scene.vault.bucket, "Key": one.vault_key, "VersionId": one.vault_version_id}
        for one in first.objects
    ]
    for place, lock in zip(places, (longer, firmer), strict=True):
        scene.admin.put_object_retention(**place, Retention=lock, BypassGovernanceRetention=True)
    second = scene.seal(keep_for=timedelta(hours=2))
    assert second.objects == first.objects
    found = [scene.admin.get_object_retention(**place)["Retention"] for place in places]
    assert found == [longer, firmer | {"RetainUntilDate": second.until}]


def test_what_the_last_seal_has_proven_is_extended_without_being_asked_for(scene: Scene) -> None:
    scene.fill(3)
    scene.seal()
    asked: list[str] = []
    for operation in ("GetObjectRetention", "PutObjectRetention"):
        scene.vault.client.meta.events.register(
            f"before-send.s3.{operation}",
            lambda request, event_name, **_: (
                asked.append(event_name) if "/objects/" in request.url else None
            ),
        )
    scene.seal(keep_for=timedelta(hours=2))
    counted = sorted(Counter(one.rpartition(".")[2] for one in asked).items())
    assert counted == [("GetObjectRetention", 3), ("PutObjectRetention", 3)]
