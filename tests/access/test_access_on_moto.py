"""The table of calls on moto's server with IAM enforced, by the roles' own credentials.

moto evaluates the roles' own policies for the action that it thinks a call needs, and no bucket
policy. Where it asks for another action than AWS does, the row is in OTHER_ACTIONS, and the
simulation beside this file judges it; a row that moto gets right one day fails here.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import urllib3

from tests.access.asking import ask, fill, is_as_expected
from tests.access.conftest import Declared
from tests.access.table import LIVE, OTHER, VAULT, Call, calls
from tests.stores import moto
from tests.stores.store import Store

UNJUDGED = {
    ("milvus", "head_bucket", LIVE): "asks for s3:HeadBucket, which AWS does not have",
    ("milvus", "put_object_retention", LIVE): "asks for s3:PutObject",
    ("milvus", "put_object_legal_hold", LIVE): "asks for s3:PutObject",
    ("vault", "put_object_legal_hold", VAULT): "asks for s3:PutObject",
    ("vault", "get_object_retention", VAULT): "grants it, and fails on its own (500)",
}
TOKEN = "a.service.account"  # noqa: S105 (moto reads no token; the simulation judges the claims)


@pytest.fixture(scope="module")
def clients(
    declared: Declared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    with moto.store(tmp_path_factory.mktemp("moto")) as store:
        deployer: Any = store.client()
        for bucket in (LIVE, VAULT, OTHER):
            deployer.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == VAULT)
        made: dict[str, Any] = {"versions": fill(deployer)}
        # With rights enforced moto refuses the one call that AWS takes without a signature.
        _enforce(store, "inf")
        made |= {who: _client(store, declared, who) for who in declared.roles}
        _enforce(store, "0")
        yield made


@pytest.mark.parametrize("call", calls(), ids=str)
def test_a_role_may_do_what_the_table_says_and_nothing_else(
    clients: dict[str, Any], call: Call
) -> None:
    status = ask(clients[call.who], call, clients["versions"])
    different = UNJUDGED.get((call.who, call.operation, call.bucket))
    assert is_as_expected(status, call) is (different is None), (status, different)


def _client(store: Store, declared: Declared, who: str) -> Any:
    """boto3 with the credentials of an identity's role."""
    options: dict[str, Any] = {
        "endpoint_url": store.endpoint,
        "region_name": store.region,
        "verify": str(store.ca_file),
    }
    admin: Any = boto3.Session(store.admin.access_key, store.admin.secret_key)
    iam, sts = (admin.client(one, **options) for one in ("iam", "sts"))
    role = declared.roles[who]
    trust, rights = json.dumps(declared.trust[who]), json.dumps(declared.rights[who])
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="rights", PolicyDocument=rights)
    key = sts.assume_role_with_web_identity(
        RoleArn=arn, RoleSessionName=who, WebIdentityToken=TOKEN
    )["Credentials"]
    session: Any = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    return session.client("s3", **options)


def _enforce(store: Store, after_requests: str) -> None:
    web = urllib3.PoolManager(ca_certs=str(store.ca_file))
    web.request("POST", f"{store.endpoint}/moto-api/reset-auth", body=after_requests.encode())
