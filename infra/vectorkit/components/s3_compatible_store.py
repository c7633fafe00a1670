"""The two buckets on an S3-compatible store, whose own administration has the identities."""

from collections.abc import Mapping, Sequence

import pulumi

from vectorkit.components import objectstore
from vectorkit.components.bucket_plan import BucketPlan, StoreParts


def declare(
    parent: pulumi.Resource,
    name: str,
    *,
    live: BucketPlan,
    vault: BucketPlan,
    durable: bool,
    needs: Sequence[str],
) -> StoreParts:
    """Declare the buckets; identities prove themselves by access keys alone."""
    qualified = objectstore.StoreQualification(
        f"{name}-qualification",
        needs=needs,
        # It holds no data: a durable stack protects its buckets, not the answer to a question.
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )
    opts = pulumi.ResourceOptions(parent=parent, depends_on=[qualified])
    nothing: pulumi.Output[Mapping[str, str]] = pulumi.Output.from_input({})
    return StoreParts(
        live_bucket=_bucket(f"{name}-live", live, durable, opts).bucket,
        # Object Lock exists only from creation on; what it holds is decided per sealed version.
        vault_bucket=_bucket(f"{name}-vault", vault, durable, opts, object_lock=True).bucket,
        milvus_annotations=nothing,
        vault_writer_annotations=nothing,
    )


def _bucket(
    name: str,
    plan: BucketPlan,
    durable: bool,
    opts: pulumi.ResourceOptions,
    *,
    object_lock: bool = False,
) -> objectstore.Bucket:
    return objectstore.Bucket(
        name,
        bucket=plan.bucket,
        policy=plan.policy,
        lifecycle=plan.lifecycle,
        tags=plan.tags,
        kms_key_id=plan.kms_key_id,
        keeps=plan.keeps,
        allow_destroy_bucket=plan.allow_destroy_bucket,
        allow_weaker_than=plan.allow_weaker_than,
        object_lock=object_lock,
        force_destroy=not durable,
        opts=opts,
    )
