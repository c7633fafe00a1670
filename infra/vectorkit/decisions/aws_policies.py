"""The two roles on AWS that service accounts take, and their rights, as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vectorkit.decisions import naming
from vectorkit.decisions.access import Policy, policy
from vectorkit.decisions.aws_keys import USE_KEY, key_policy
from vectorkit.schema.stores import AwsStore


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A role, and who may take it."""

    role: str
    trust: Policy


@dataclass(frozen=True, kw_only=True)
class AwsPlan:
    """What AWS needs beside the buckets."""

    root_path: str
    milvus: Identity
    vault_writer: Identity
    live_key_policy: Policy
    vault_key_policy: Policy
    access_log_bucket: str | None


def plan(
    store: AwsStore, *, environment: str, namespace: str, root_path: str, durable: bool
) -> AwsPlan:
    """Keys and roles of an environment."""
    milvus = role_name(environment, "milvus")
    writer = role_name(environment, "vault-writer")
    milvus_arn, writer_arn = (role_arn(store, one) for one in (milvus, writer))
    # Who throws an environment away throws its key away, too.
    administrators = (*store.vault_key_administrators, *(() if durable else store.deployers))
    return AwsPlan(
        root_path=root_path,
        milvus=Identity(role=milvus, trust=trust(store, namespace, naming.SERVICE_ACCOUNT)),
        vault_writer=Identity(role=writer, trust=trust(store, namespace, naming.VAULT_ACCOUNT)),
        live_key_policy=key_policy(
            store,
            store.live.bucket,
            administrators=store.deployers,
            users={"ServeMilvus": (milvus_arn, USE_KEY), "Copy": (writer_arn, USE_KEY[:1])},
        ),
        vault_key_policy=key_policy(
            store,
            store.vault.bucket,
            administrators=administrators,
            users={"Seal": (writer_arn, USE_KEY)},
        ),
        access_log_bucket=store.access_log_bucket,
    )


def role_name(environment: str, purpose: str) -> str:
    """A role's name, within IAM's 64 characters."""
    return naming.shortened(f"vectorkit-{environment}-{purpose}", naming.ROLE_LIMIT)


def role_arn(store: AwsStore, role: str) -> str:
    """A role's ARN, before the role exists."""
    return f"arn:aws:iam::{store.account_id}:role/{role}"


def vault_writer_arn(store: AwsStore, environment: str) -> str:
    """Who writes to the vault."""
    return role_arn(store, role_name(environment, "vault-writer"))


def trust(store: AwsStore, namespace: str, service_account: str) -> Policy:
    """One service account of one namespace takes the role, with a token made out to STS."""
    issuer = store.oidc_provider
    provider = f"arn:aws:iam::{store.account_id}:oidc-provider/{issuer}"
    claims = {
        f"{issuer}:aud": "sts.amazonaws.com",
        f"{issuer}:sub": f"system:serviceaccount:{namespace}:{service_account}",
    }
    return policy(
        {
            "Sid": "OneServiceAccount",
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {"StringEquals": claims},
        }
    )


def milvus_rights(live_bucket: str, root_path: str, live_key_arn: Any) -> Policy:
    """Objects below the root path: no versions, no locks, nothing of the bucket itself.

    Listing is not bound to the prefix: Milvus asks for the bucket's head, which has none.
    """
    return policy(
        _allow(
            "FindTheBucket",
            ("s3:ListBucket", "s3:ListBucketMultipartUploads"),
            [_bucket(live_bucket)],
        ),
        _allow(
            "OwnPrefix",
            (
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ),
            [f"{_bucket(live_bucket)}/{root_path}/*"],
        ),
        _allow("OwnKey", USE_KEY, [live_key_arn]),
    )


def vault_writer_rights(
    live_bucket: str, root_path: str, vault_bucket: str, live_key_arn: Any, vault_key_arn: Any
) -> Policy:
    """Reads what Milvus wrote; writes and seals in the vault, and takes nothing back."""
    return policy(
        _allow(
            "Find",
            ("s3:ListBucket", "s3:ListBucketVersions"),
            [_bucket(live_bucket), _bucket(vault_bucket)],
        ),
        _allow("KnowTheLock", ("s3:GetBucketObjectLockConfiguration",), [_bucket(vault_bucket)]),
        _allow(
            "ReadLive",
            ("s3:GetObject", "s3:GetObjectVersion"),
            [f"{_bucket(live_bucket)}/{root_path}/*"],
        ),
        _allow(
            "Seal",
            (
                "s3:AbortMultipartUpload",
                "s3:GetObject",
                "s3:GetObjectRetention",
                "s3:GetObjectVersion",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
                "s3:PutObjectRetention",
            ),
            [f"{_bucket(vault_bucket)}/*"],
        ),
        _allow("ReadWithTheLiveKey", USE_KEY[:1], [live_key_arn]),
        _allow("UseTheVaultsKey", USE_KEY, [vault_key_arn]),
    )


def _allow(sid: str, actions: Sequence[str], resources: list[Any]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}


def _bucket(name: str) -> str:
    return f"arn:aws:s3:::{name}"
