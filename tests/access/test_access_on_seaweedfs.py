"""The table of calls on a real S3-compatible store, with the identities of the local platform."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local import credentials
from local import store as platform_store
from tests.access.asking import ask, fill, is_as_expected
from tests.access.table import LIVE, OTHER, VAULT, Call, calls
from tests.stores import seaweedfs
from tests.stores.store import Identity
from vectorkit.decisions import access

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    secrets = tmp_path_factory.mktemp("secrets") / "secrets"
    credentials.ensure(secrets)
    declared = platform_store.identities(secrets, LIVE, VAULT)["identities"]
    identities = tuple(
        Identity(
            one["name"],
            tuple(one["actions"]),
            one["credentials"][0]["accessKey"],
            one["credentials"][0]["secretKey"],
        )
        for one in declared
        if one["name"] != "admin"
    )
    with seaweedfs.store(tmp_path_factory.mktemp("store"), identities=identities) as store:
        deployer: Any = store.client()
        for bucket in (LIVE, VAULT, OTHER):
            deployer.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == VAULT)
        made: dict[str, Any] = {one.name: store.client(one) for one in identities}
        made["versions"] = fill(deployer)
        for bucket, policy in (
            (LIVE, access.live_policy(LIVE, deployers=["admin*"])),
            (VAULT, access.vault_policy(VAULT, deployers=["admin*"], writers=["vault*"])),
        ):
            deployer.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        yield made


@pytest.mark.parametrize("call", [one for one in calls() if one.only is None], ids=str)
def test_the_store_answers_as_the_table_says(clients: dict[str, Any], call: Call) -> None:
    status = ask(clients[call.who], call, clients["versions"])
    assert is_as_expected(status, call), status
