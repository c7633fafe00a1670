"""Every policy that the program declares on AWS, evaluated with all its conditions.

The table of calls, and what no S3 call can show: who takes a role, who uses or loses a key, who
gets round the bucket's own denials.
"""

from typing import Any

import pytest

from tests.access.aws_requests import (
    ACCOUNT,
    EVERYTHING,
    FROM_THE_TABLE,
    LIVE_KEY,
    OF_THE_BUCKETS,
    OF_THE_KEYS,
    VAULT_KEY,
    Request,
)
from tests.access.conftest import Declared, Policy
from tests.access.simulation import unknown_actions, verdicts
from tests.access.table import LIVE, VAULT

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module")
def answers(declared: Declared) -> dict[str, str]:
    """What becomes of each request; all are simulated in one run."""
    requests = [*FROM_THE_TABLE, *OF_THE_BUCKETS, *OF_THE_KEYS]
    found = verdicts([simulation(declared, one) for one in requests])
    return {str(one): verdict for one, verdict in zip(requests, found, strict=True)}


def simulation(declared: Declared, request: Request) -> dict[str, Any]:
    role = declared.roles.get(request.who)
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}" if role else request.who
    rights = declared.rights.get(request.who, EVERYTHING)
    return {
        "request": {
            "principal": arn,
            "action": request.action,
            "resource": {"resource": request.resource, "accountId": ACCOUNT},
            "contextVariables": {
                "aws:PrincipalArn": arn,
                "aws:SecureTransport": "true",
                **request.context,
            },
        },
        "identityPolicies": [{"name": "rights", "policy": rights}],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": resource_policy(declared, request.resource),
    }


def resource_policy(declared: Declared, resource: str) -> Policy | None:
    by_resource = {
        LIVE_KEY: declared.keys[LIVE],
        VAULT_KEY: declared.keys[VAULT],
    }
    bucket = resource.removeprefix("arn:aws:s3:::").split("/")[0]
    return by_resource.get(resource) or declared.buckets.get(bucket)


@pytest.mark.parametrize("request_", [*FROM_THE_TABLE, *OF_THE_BUCKETS, *OF_THE_KEYS], ids=str)
def test_aws_would_answer_as_the_table_says(answers: dict[str, str], request_: Request) -> None:
    verdict = answers[str(request_)]
    assert (verdict == "Allowed") is request_.allowed, verdict


ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
SERVICE_ACCOUNTS = {"milvus": "milvus", "vault": "milvus-vault-writer"}


def taking(declared: Declared, who: str, subject: str, audience: str) -> dict[str, Any]:
    return {
        "request": {
            "principal": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}",
            "action": "sts:AssumeRoleWithWebIdentity",
            "resource": {
                "resource": f"arn:aws:iam::{ACCOUNT}:role/{declared.roles[who]}",
                "accountId": ACCOUNT,
            },
            "contextVariables": {f"{ISSUER}:sub": subject, f"{ISSUER}:aud": audience},
        },
        "identityPolicies": [],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": declared.trust[who],
    }


@pytest.mark.parametrize("who", SERVICE_ACCOUNTS)
def test_only_its_own_service_account_takes_a_role(declared: Declared, who: str) -> None:
    own = f"system:serviceaccount:vectorkit-prod:{SERVICE_ACCOUNTS[who]}"
    sts = "sts.amazonaws.com"
    cases = {
        (own, sts): True,
        (own, "kubernetes.default.svc"): False,
        ("system:serviceaccount:vectorkit-prod:milvus-etcd", sts): False,
        ("system:serviceaccount:vectorkit-prod:default", sts): False,
        (own.replace("vectorkit-prod", "default"), sts): False,
        (f"{own}-too", sts): False,
    }
    found = verdicts([taking(declared, who, *claims) for claims in cases])
    assert [one == "Allowed" for one in found] == list(cases.values())


def test_every_action_that_a_policy_names_exists(declared: Declared) -> None:
    groups = (declared.rights, declared.trust, declared.buckets, declared.keys)
    statements = [
        one for group in groups for policy in group.values() for one in policy["Statement"]
    ]
    actions = {action for one in statements for action in one["Action"]}
    assert len(actions) > 40
    assert unknown_actions(actions) == []
    assert unknown_actions({"s3:PutBucketPolicy", "s3:PutBucketPolicies"}) == [
        "s3:PutBucketPolicies"
    ]
