"""What AWS gives to Milvus's pods in place of a key: a role, for the token of their account."""

import json

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from smoke_tests.cluster import Cluster
from smoke_tests.credentials import Masked, StoreKey
from smoke_tests.errors import SmokeError

ROLE = "eks.amazonaws.com/role-arn"
AUDIENCE = "sts.amazonaws.com"


def assumed(cluster: Cluster, service: str, region: str) -> StoreKey:
    """A key for an hour, of the role of the service account that the pods behind `service` have.

    Raises SmokeError when the account has no role or AWS does not give it.
    """
    account = _account(cluster, service)
    shown = json.loads(cluster.run("get", "serviceaccount", account, "--output=json"))
    role = shown["metadata"].get("annotations", {}).get(ROLE)
    if not role:
        raise SmokeError(
            f"Service account {account!r} in namespace {cluster.namespace!r} has no annotation "
            f"{ROLE!r}, and the environment's Secret no key for the store. Expected one of them; "
            "deploy the stack again."
        )
    token = cluster.run("create", "token", account, f"--audience={AUDIENCE}", "--duration=1h")
    try:
        given = boto3.client("sts", region_name=region).assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName="vectorkit-smoke-tests",
            WebIdentityToken=token.strip(),
            DurationSeconds=3600,
        )["Credentials"]
    except (BotoCoreError, ClientError) as error:
        # boto3's own text may quote the request, which holds the token.
        reason = (
            error.response["Error"]["Code"]
            if isinstance(error, ClientError)
            else type(error).__name__
        )
        raise SmokeError(
            f"AWS does not give role {role} to service account {account!r} of namespace "
            f"{cluster.namespace!r} ({reason}). Check that the role trusts this account, and that "
            "`store.oidc_provider` names the cluster's own OIDC provider."
        ) from None
    return StoreKey(
        access_key_id=Masked(given["AccessKeyId"]),
        secret_access_key=Masked(given["SecretAccessKey"]),
        session_token=Masked(given["SessionToken"]),
    )


def _account(cluster: Cluster, service: str) -> str:
    """Of the pods that the service sends traffic to."""
    pods = cluster.ready_pods_behind(service)
    if not pods:
        raise SmokeError(f"No pod is ready behind {service!r}: {cluster.state()}")
    query = "--output=jsonpath={.spec.serviceAccountName}"
    return cluster.run("get", "pod", pods[0].name, query).strip()
