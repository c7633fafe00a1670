"""check, diff and preview need no store: the endpoint below answers nobody."""

import asyncio
from typing import Any

import pytest
from pulumi.provider.experimental import provider as rpc
from pulumi.provider.experimental.property_value import PropertyValue

from plugins.objectstore.errors import StoreError
from plugins.objectstore.provider import BUCKET, ObjectStoreProvider
from plugins.properties import UNKNOWN, plain_map, property_map

URN = f"urn:pulumi:local::vectorkit::{BUCKET}::live"
NOTHING: frozenset[str] = frozenset()
CONFIG = {"endpoint": "https://127.0.0.1:1", "region": "us-east-1"}


def checked(secret: frozenset[str] = NOTHING, **inputs: Any) -> rpc.CheckResponse:
    request = rpc.CheckRequest(URN, {}, property_map(inputs, secret), b"")
    return asyncio.run(ObjectStoreProvider().check(request))


def difference(old: dict[str, Any], new: dict[str, Any], *ignored: str) -> rpc.DiffResponse:
    old_state = property_map({**plain_map(checked(**old).inputs or {}), "arn": "arn"}, NOTHING)
    request = rpc.DiffRequest(URN, "live", old_state, checked(**new).inputs or {}, list(ignored))
    provider = ObjectStoreProvider()
    # No client can be made of this, whatever credentials the machine has.
    config = property_map({**CONFIG, "ca_file": "/absent/ca.crt"}, NOTHING)
    asyncio.run(provider.configure(rpc.ConfigureRequest({}, config, True, True)))
    return asyncio.run(provider.diff(request))


def config_failures(**config: Any) -> list[tuple[str, str]]:
    request = rpc.CheckRequest("urn", {}, property_map(config, NOTHING), b"")
    response = asyncio.run(ObjectStoreProvider().check_config(request))
    return [(failure.property, failure.reason) for failure in response.failures or []]


def test_unchanged_inputs_are_no_difference() -> None:
    assert difference({"bucket": "live"}, {"bucket": "live"}).changes is False


def test_another_setting_is_an_update_of_that_setting_alone() -> None:
    diff = difference({"bucket": "live"}, {"bucket": "live", "tags": {"a": "b"}})
    assert (diff.diffs, diff.replaces) == (["tags"], [])


def test_another_name_replaces_the_bucket_after_the_new_one_is_made() -> None:
    diff = difference({"bucket": "live"}, {"bucket": "other", "allow_destroy_bucket": "live"})
    assert (diff.replaces, diff.delete_before_replace) == (["bucket"], False)


def test_another_lock_replaces_the_bucket_and_frees_its_name_first() -> None:
    agreed = {"bucket": "live", "object_lock": True, "allow_destroy_bucket": "live"}
    diff = difference({"bucket": "live"}, agreed)
    assert (diff.replaces, diff.delete_before_replace) == (["object_lock"], True)


@pytest.mark.parametrize(
    "new",
    [
        {"bucket": "other"},
        {"bucket": "other", "allow_destroy_bucket": "other"},
        {"bucket": "live", "object_lock": True},
        {"bucket": "live", "versioning": False},
        {"bucket": "live", "versioning": False, "allow_destroy_bucket": "live"},
    ],
)
def test_a_plan_that_loses_data_is_stopped_even_when_the_store_cannot_be_asked(
    new: dict[str, Any],
) -> None:
    with pytest.raises(StoreError, match=r"This plan is stopped: .*What the bucket holds is not"):
        difference({"bucket": "live"}, new)


def test_an_ignored_setting_is_no_difference() -> None:
    new = {"bucket": "live", "tags": {"a": "b"}}
    assert difference({"bucket": "live"}, new, "tags.a").changes is False


def test_a_secret_stays_secret_through_check_and_preview() -> None:
    inputs = checked(frozenset({"policy"}), bucket="live", policy='{"Statement": []}').inputs or {}
    request = rpc.CreateRequest(URN, inputs, 0, preview=True)
    outputs = asyncio.run(ObjectStoreProvider().create(request)).properties
    assert outputs["policy"].is_secret
    assert not outputs["bucket"].is_secret


def test_a_preview_with_unknown_inputs_foresees_what_it_can() -> None:
    inputs = checked(bucket=UNKNOWN, tags={"a": UNKNOWN}).inputs or {}
    request = rpc.CreateRequest(URN, inputs, 0, preview=True)
    outputs = plain_map(asyncio.run(ObjectStoreProvider().create(request)).properties)
    assert outputs["arn"] is UNKNOWN
    assert outputs["tags"] == {"a": UNKNOWN}
    assert outputs["versioning"] is True


def test_numbers_reach_boto3_as_whole_numbers() -> None:
    rule = PropertyValue({"Days": PropertyValue(3.0)})
    assert repr(plain_map({"rule": rule})) == "{'rule': {'Days': 3}}"


def test_a_complete_configuration_is_accepted() -> None:
    assert config_failures(**CONFIG, ca_file="/ca.crt", version="0.1.0") == []


def test_a_plain_http_endpoint_a_missing_region_and_a_typo_are_refused_together() -> None:
    found = dict(config_failures(endpoint="http://store", ca_fle="x"))
    assert found.keys() == {"endpoint", "region", "ca_fle"}
    assert "did you mean 'ca_file'?" in found["ca_fle"]


def test_credentials_are_not_taken_from_the_configuration() -> None:
    given = CONFIG | {"secret_key": "k"}
    assert [path for path, _ in config_failures(**given)] == ["secret_key"]
