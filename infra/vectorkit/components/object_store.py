"""The environment's two buckets: one interface, whatever kind of store has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from vectorkit.components import aws_store, objectstore, s3_compatible_store
from vectorkit.components.bucket_plan import BucketPlan, StoreParts
from vectorkit.decisions.aws_policies import AwsPlan
from vectorkit.schema.stores import AwsStore, Store


@dataclass(frozen=True, kw_only=True)
class ObjectStoreArgs:
    """What shapes the store."""

    endpoint: str
    region: str
    live: BucketPlan
    vault: BucketPlan
    durable: bool
    """False: whatever the buckets hold is deleted with them, but nothing that is sealed."""
    needs: Sequence[str]
    """Capabilities without which no bucket is made; AWS's own store is not asked."""
    aws: AwsPlan | None
    """Keys and roles on AWS; None: an S3-compatible store, which has its own users."""


class ObjectStore(pulumi.ComponentResource):
    """The live bucket, the vault with Object Lock, and how Milvus and its sealer are let in."""

    live_bucket: pulumi.Output[str]
    """Name of the bucket with Milvus's data."""
    vault_bucket: pulumi.Output[str]
    """Name of the bucket with sealed copies."""
    endpoint: pulumi.Output[str]
    region: pulumi.Output[str]
    milvus_annotations: pulumi.Output[Mapping[str, str]]
    """Of Milvus's service account: what identity the store knows it by, beside any key."""
    vault_writer_annotations: pulumi.Output[Mapping[str, str]]
    """Of the service account of whatever seals copies."""

    def __init__(
        self, name: str, args: ObjectStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vectorkit:index:ObjectStore", name, {}, opts)
        parts = _declare(self, name, args)
        self.live_bucket = parts.live_bucket
        self.vault_bucket = parts.vault_bucket
        self.endpoint = pulumi.Output.from_input(args.endpoint)
        self.region = pulumi.Output.from_input(args.region)
        self.milvus_annotations = parts.milvus_annotations
        self.vault_writer_annotations = parts.vault_writer_annotations
        self.register_outputs(
            {
                "live_bucket": self.live_bucket,
                "vault_bucket": self.vault_bucket,
                "endpoint": self.endpoint,
                "region": self.region,
                "milvus_annotations": self.milvus_annotations,
                "vault_writer_annotations": self.vault_writer_annotations,
            }
        )


def provider(
    name: str,
    store: Store,
    region: pulumi.Input[str],
    opts: pulumi.ResourceOptions | None = None,
) -> pulumi.ProviderResource:
    """Who makes the buckets of this kind of store; its credentials come from the environment."""
    if isinstance(store, AwsStore):
        return aws.Provider(name, region=region, allowed_account_ids=[store.account_id], opts=opts)
    return objectstore.Provider(
        name, endpoint=store.endpoint, region=region, ca_file=store.ca_file, opts=opts
    )


def _declare(parent: ObjectStore, name: str, args: ObjectStoreArgs) -> StoreParts:
    if args.aws is None:
        return s3_compatible_store.declare(
            parent,
            name,
            live=args.live,
            vault=args.vault,
            durable=args.durable,
            needs=args.needs,
        )
    return aws_store.declare(
        parent, name, args.aws, live=args.live, vault=args.vault, durable=args.durable
    )
