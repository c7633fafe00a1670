"""The resource types of the provider in plugins/objectstore, as the program sees them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi


class Provider(pulumi.ProviderResource):
    """One S3-compatible store. Its credentials come from boto3's default chain, never from here."""

    def __init__(
        self,
        name: str,
        *,
        endpoint: str,
        region: pulumi.Input[str],
        ca_file: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "objectstore", name, {"endpoint": endpoint, "region": region, "ca_file": ca_file}, opts
        )


class Bucket(pulumi.CustomResource):
    """A bucket, every setting of which the provider reads back after writing it."""

    bucket: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        bucket: str,
        policy: Mapping[str, Any] | None,
        lifecycle: Sequence[Mapping[str, Any]],
        tags: Mapping[str, str],
        kms_key_id: str | None = None,
        keeps: Mapping[str, Any],
        allow_destroy_bucket: str | None = None,
        allow_weaker_than: Mapping[str, Any] | None = None,
        object_lock: bool = False,
        force_destroy: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        kms = {"algorithm": "aws:kms", "kms_key_id": kms_key_id}
        properties = {
            "bucket": bucket,
            "object_lock": object_lock,
            "versioning": True,
            "encryption": kms if kms_key_id else {"algorithm": "AES256"},
            "lifecycle": list(lifecycle),
            "policy": policy,
            "tags": tags,
            "keeps": keeps,
            "allow_destroy_bucket": allow_destroy_bucket,
            "allow_weaker_than": allow_weaker_than,
            "force_destroy": force_destroy,
            "arn": None,
        }
        super().__init__("objectstore:index:Bucket", name, properties, opts)


class StoreQualification(pulumi.CustomResource):
    """Fails when the store is not shown to have what is needed."""

    capabilities: pulumi.Output[Mapping[str, str]]
    """yes, no, unclear or not-asked, by capability."""

    def __init__(
        self, name: str, *, needs: Sequence[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        found = {"capabilities": None, "probed_at": None, "left_behind": None}
        super().__init__(
            "objectstore:index:StoreQualification", name, {"needs": list(needs), **found}, opts
        )
