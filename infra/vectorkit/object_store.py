"""The environment's two buckets, the same for every kind of store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi

from vectorkit import objectstore


@dataclass(frozen=True, kw_only=True)
class BucketPlan:
    """What shapes one bucket."""

    bucket: str
    policy: Mapping[str, Any] | None
    lifecycle: Sequence[Mapping[str, Any]]
    tags: Mapping[str, str]
    keeps: Mapping[str, Any]
    """What the stack promises: a change that promises less stops the plan ..."""
    allow_destroy_bucket: str | None
    """... and so does one that replaces the bucket, unless it is named here ..."""
    allow_weaker_than: Mapping[str, Any] | None
    """... or here is what was promised before."""


@dataclass(frozen=True, kw_only=True)
class ObjectStoreArgs:
    """What shapes the store."""

    kind: Literal["s3", "aws"]
    live: BucketPlan
    vault: BucketPlan
    durable: bool
    """False: whatever the buckets hold is deleted with them."""


class ObjectStore(pulumi.ComponentResource):
    """The live bucket, and the vault with Object Lock."""

    live_bucket: pulumi.Output[str]
    """Name of the bucket with Milvus's data."""
    vault_bucket: pulumi.Output[str]
    """Name of the bucket with sealed copies."""

    def __init__(
        self, name: str, args: ObjectStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vectorkit:index:ObjectStore", name, {}, opts)
        if args.kind == "aws":
            raise pulumi.RunError(
                "store.kind: 'aws' has no implementation in this version; use 's3' with an "
                "S3-compatible store."
            )
        child = pulumi.ResourceOptions(parent=self)
        live = self._bucket(f"{name}-live", args.live, args, child)
        # Object Lock exists only from creation on; what it holds is decided per sealed version.
        vault = self._bucket(f"{name}-vault", args.vault, args, child, object_lock=True)
        self.live_bucket = live.bucket
        self.vault_bucket = vault.bucket
        self.register_outputs({"live_bucket": self.live_bucket, "vault_bucket": self.vault_bucket})

    def _bucket(
        self,
        name: str,
        plan: BucketPlan,
        args: ObjectStoreArgs,
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
            keeps=plan.keeps,
            allow_destroy_bucket=plan.allow_destroy_bucket,
            allow_weaker_than=plan.allow_weaker_than,
            object_lock=object_lock,
            force_destroy=not args.durable,
            opts=opts,
        )
