"""The two buckets on AWS, each with a key of its own, and the roles of Milvus and the sealer."""

# Its types, when looked up, load the whole of pulumi_aws.s3, which no other store needs.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from vectorkit.components.bucket_plan import BucketPlan, StoreParts
from vectorkit.decisions import aws_policies, lifecycle
from vectorkit.decisions.access import Policy
from vectorkit.decisions.aws_policies import AwsPlan, Identity

DELETION_DAYS = 30
"""AWS's longest; until then a key that was given up can be had back."""
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"


def declare(
    parent: pulumi.Resource,
    name: str,
    plan: AwsPlan,
    *,
    live: BucketPlan,
    vault: BucketPlan,
    durable: bool,
) -> StoreParts:
    """Declare keys, buckets and roles; identities prove themselves by their service accounts."""
    # Not even a destroy that nothing protects any more loses durable data or its keys.
    kept = pulumi.ResourceOptions(parent=parent, retain_on_delete=durable)
    live_key = _key(f"{name}-live-key", live, plan.live_key_policy, kept)
    # The vault's administrators are others: AWS would not let a deployer lock himself out.
    vault_key = _key(
        f"{name}-vault-key",
        vault,
        plan.vault_key_policy,
        kept,
        bypass_policy_lockout_safety_check=True,
    )
    log = plan.access_log_bucket
    live_bucket = _bucket(f"{name}-live", live, live_key, log, kept, force_destroy=not durable)
    vault_bucket = _bucket(
        f"{name}-vault",
        vault,
        vault_key,
        log,
        kept,
        # Emptying it would lift governance seals, too.
        force_destroy=not durable and vault.keeps["mode"] == "none",
        # It exists only from creation on; what it holds is decided per sealed version.
        object_lock_enabled=True,
    )
    child = pulumi.ResourceOptions(parent=parent)
    milvus_rights = aws_policies.milvus_rights(live.bucket, plan.root_path, live_key.arn)
    writer_rights = aws_policies.vault_writer_rights(
        live.bucket, plan.root_path, vault.bucket, live_key.arn, vault_key.arn
    )
    return StoreParts(
        live_bucket=live_bucket.bucket,
        vault_bucket=vault_bucket.bucket,
        milvus_annotations=_role(f"{name}-milvus", plan.milvus, milvus_rights, child),
        vault_writer_annotations=_role(
            f"{name}-vault-writer", plan.vault_writer, writer_rights, child
        ),
    )


def _key(
    name: str,
    plan: BucketPlan,
    policy: Policy,
    opts: pulumi.ResourceOptions,
    **more: Any,
) -> aws.kms.Key:
    key = aws.kms.Key(
        name,
        description=f"Objects of bucket {plan.bucket}",
        enable_key_rotation=True,
        deletion_window_in_days=DELETION_DAYS,
        policy=pulumi.Output.json_dumps(policy),
        tags=dict(plan.tags),
        opts=opts,
        **more,
    )
    aws.kms.Alias(name, name=f"alias/{plan.bucket}", target_key_id=key.key_id, opts=opts)
    return key


def _bucket(
    name: str,
    plan: BucketPlan,
    key: aws.kms.Key,
    log_bucket: str | None,
    opts: pulumi.ResourceOptions,
    **more: Any,
) -> aws.s3.Bucket:
    # A destroy meets a vault with sealed versions, which stays: its key must not go before it.
    after_key = _after(opts, key)
    bucket = aws.s3.Bucket(name, bucket=plan.bucket, tags=dict(plan.tags), opts=after_key, **more)
    versioning = aws.s3.BucketVersioning(
        name, bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=opts
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, rules=[_encryption(key)], opts=opts
    )
    aws.s3.BucketOwnershipControls(
        name, bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=opts
    )
    private = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=lifecycle.in_snake_case(list(plan.lifecycle)),
        # Its rules are about versions.
        opts=_after(opts, versioning),
    )
    aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=pulumi.Output.json_dumps(plan.policy),
        # S3 refuses two such changes of a bucket at once.
        opts=_after(opts, private),
    )
    if log_bucket:
        aws.s3.BucketLogging(
            name,
            bucket=bucket.bucket,
            target_bucket=log_bucket,
            target_prefix=f"{plan.bucket}/",
            opts=opts,
        )
    return bucket


def _encryption(key: aws.kms.Key) -> Any:
    return {
        "apply_server_side_encryption_by_default": {
            "sse_algorithm": "aws:kms",
            "kms_master_key_id": key.arn,
        },
        # One request to KMS for many objects instead of one each.
        "bucket_key_enabled": True,
        "blocked_encryption_types": ["SSE-C"],
    }


def _role(
    name: str, identity: Identity, rights: Policy, opts: pulumi.ResourceOptions
) -> pulumi.Output[Mapping[str, str]]:
    """The annotation by which a service account takes the role, once it has its rights."""
    role = aws.iam.Role(
        name,
        name=identity.role,
        assume_role_policy=pulumi.Output.json_dumps(identity.trust),
        opts=opts,
    )
    granted = aws.iam.RolePolicy(
        name, name="rights", role=role.name, policy=pulumi.Output.json_dumps(rights), opts=opts
    )
    return pulumi.Output.all(role.arn, granted.id).apply(_annotations)


def _annotations(role_and_rights: list[str]) -> Mapping[str, str]:
    return {ROLE_ANNOTATION: role_and_rights[0]}


def _after(opts: pulumi.ResourceOptions, needed: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[needed]))
