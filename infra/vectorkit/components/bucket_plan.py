"""What goes into a store's buckets and comes out of them, the same for every kind of store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True, kw_only=True)
class BucketPlan:
    """What shapes one bucket."""

    bucket: str
    policy: Mapping[str, Any] | None
    lifecycle: Sequence[Mapping[str, Any]]
    tags: Mapping[str, str]
    kms_key_id: str | None
    """The store's key; None: one that the store, or the program, manages."""
    keeps: Mapping[str, Any]
    """What the stack promises: a change that promises less stops the plan ..."""
    allow_destroy_bucket: str | None
    """... and so does one that replaces the bucket, unless it is named here ..."""
    allow_weaker_than: Mapping[str, Any] | None
    """... or here is what was promised before."""


@dataclass(frozen=True, kw_only=True)
class StoreParts:
    """What every kind of store tells of itself once it is declared."""

    live_bucket: pulumi.Output[str]
    vault_bucket: pulumi.Output[str]
    milvus_annotations: pulumi.Output[Mapping[str, str]]
    vault_writer_annotations: pulumi.Output[Mapping[str, str]]
