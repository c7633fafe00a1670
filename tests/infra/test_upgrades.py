"""What a deployed environment may become; tests/stacks has the engine's part."""

import pytest

from tests.infra.stack_document import MILVUS_26, PULSAR, settings
from vectorkit.decisions import upgrades

NOW = {
    "image_tag": "v2.6.15",
    "wal": "woodpecker",
    "root_path": "prod",
    "store_endpoint": "https://s3.example.com",
    "live_bucket": "prod-live",
    "queue": "pulsar.example/public/default",
    "etcd_login": "password",
    "root_password_digest": "0" * 16,
    "etcd_password_digest": "0" * 16,
}
OF_AN_OLDER_KIT = {key: NOW[key] for key in ("image_tag", "wal", "root_path")}
OTHER = "1" * 16


def refused(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    return dict(upgrades.refusals({**NOW, **before}, {**NOW, **after}))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("v2.6.15", "v2.6.14", "may not read what it wrote"),
        ("v2.6.15", "v2.5.30", "may not read what it wrote"),
        ("v2.4.24", "v2.6.15", "first go to the newest 2.5"),
        ("v2.5.15", "v2.6.15", "first go to v2.5.16"),
    ],
)
def test_a_version_that_cannot_follow_is_refused_with_the_next_step(
    before: str, after: str, says: str
) -> None:
    assert says in refused({"image_tag": before}, {"image_tag": after})["milvus.image.tag"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("v2.6.15", "v2.6.15"),
        ("v2.6.15", "v2.6.21"),
        ("v2.5.16", "v2.6.15"),
        ("v2.4.24", "v2.5.27"),
    ],
)
def test_the_next_release_and_the_next_line_may_follow(before: str, after: str) -> None:
    assert refused({"image_tag": before}, {"image_tag": after}) == {}


@pytest.mark.parametrize(
    ("fact", "path"),
    [
        ("wal", "milvus.wal"),
        ("root_path", "milvus.root_path"),
        ("store_endpoint", "store"),
        ("live_bucket", "store.live.bucket"),
        ("queue", "milvus.pulsar"),
    ],
)
def test_what_the_metadata_refers_to_is_for_life(fact: str, path: str) -> None:
    found = refused({}, {fact: "other"})
    assert list(found) == [path]
    assert f"{NOW[fact]!r} is deployed, and for life" in found[path]


def test_what_an_older_kit_did_not_tell_is_not_asked_for() -> None:
    after = {**NOW, "etcd_login": "none"}
    assert dict(upgrades.refusals(OF_AN_OLDER_KIT, after)) == {}


def test_an_etcd_neither_begins_nor_ceases_to_ask_for_its_password() -> None:
    (begins,) = dict(upgrades.refusals(OF_AN_OLDER_KIT, NOW)).items()
    assert begins[0] == "milvus.allow_anonymous_etcd"
    assert "Write true here" in begins[1]
    ceases = refused({}, {"etcd_login": "none"})
    assert "Remove this key" in ceases["milvus.allow_anonymous_etcd"]


def test_etcds_password_is_for_life() -> None:
    found = refused({}, {"etcd_password_digest": OTHER})
    assert list(found) == ["etcdRootPassword"]
    assert refused({}, {}) == {}


def test_milvus_password_changes_in_milvus_first() -> None:
    found = refused({}, {"root_password_digest": OTHER})
    assert list(found) == ["milvusRootPassword"]
    assert f"milvus.changed_root_password: {OTHER}" in found["milvusRootPassword"]
    after = {**NOW, "root_password_digest": OTHER}
    assert dict(upgrades.refusals(NOW, after, changed_root_password=OTHER)) == {}
    another = dict(upgrades.refusals(NOW, after, changed_root_password="2" * 16))
    assert list(another) == ["milvusRootPassword"]
    assert dict(upgrades.refusals(after, after, changed_root_password=OTHER)) == {}


def test_a_milvus_that_was_never_started_has_no_password_yet() -> None:
    assert refused({"awaits_restore": "true"}, {"root_password_digest": OTHER}) == {}


def test_the_facts_are_those_of_the_stack() -> None:
    assert upgrades.facts(settings(MILVUS_26 | PULSAR), {}) == {
        "image_tag": "v2.6.15",
        "wal": "pulsar",
        "root_path": "vectorkit-local",
        "store_endpoint": "https://10.89.0.1:8333",
        "live_bucket": "vectorkit-local-live",
        "queue": "pulsar.example/public/default",
        "etcd_login": "none",
    }


def test_passwords_are_told_apart_by_digests_that_two_environments_do_not_share() -> None:
    def digests(stack: str, password: str) -> set[str]:
        known = {"root-password": password, "etcd-password": password, "access-key-id": "id"}
        found = upgrades.facts(settings(stack=stack), known)
        return {one for fact, one in found.items() if fact.endswith("_digest")}

    first = digests("staging", "canary")
    assert len(first) == 2
    assert "canary" not in str(first)
    assert first == digests("staging", "canary")
    assert not first & digests("staging", "other")
    assert not first & digests("dev", "canary")


def test_only_an_environment_that_never_ran_may_await_a_restore() -> None:
    awaiting = {"awaits_restore": "true"}
    assert refused(awaiting, awaiting) == {}
    assert refused(awaiting, {}) == {}
    assert "has been started here" in refused({}, awaiting)["milvus.awaits_restore"]
