"""Who may do what with the two buckets: one table for AWS and for every S3-compatible store.

Each row is a real boto3 call. Who judges it is in the tests beside this file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

LIVE, VAULT, OTHER, ABSENT = "access-live", "access-vault", "access-other", "access-new"
ROOT = "root"
KEPT = {LIVE: f"{ROOT}/kept", VAULT: "sealed/kept", OTHER: "kept"}
"""What is in each bucket before the first call, versioned."""
OUTSIDE = "elsewhere/kept"
"""In the live bucket, too, and not Milvus's."""
DAYS = 1
"""How long a seal of these calls holds."""

Identity = Literal["milvus", "vault"]
"""Milvus, and the writer that seals copies."""
VERSION = object()
"""Stands for the version of what is kept."""


@dataclass(frozen=True)
class Call:
    """One call of one identity, and what must become of it."""

    who: Identity
    operation: str
    bucket: str
    allowed: bool
    reason: str
    parameters: dict[str, Any] = field(default_factory=dict)
    only: Literal["aws"] | None = None
    """aws: the store's own user administration cannot tell this apart."""

    def __str__(self) -> str:
        verb = "may" if self.allowed else "may not"
        given = ",".join(sorted(self.parameters))
        return f"{self.who} {verb} {self.operation}({given}) in {self.bucket}: {self.reason}"

    def arguments(self, versions: dict[str, str]) -> dict[str, Any]:
        """What boto3 is called with, given the kept version of each bucket."""
        given = {
            k: versions[self.bucket] if v is VERSION else v for k, v in self.parameters.items()
        }
        return {"Bucket": self.bucket, **given}


def retention(mode: str = "GOVERNANCE", days: int = DAYS) -> dict[str, Any]:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    return {"Mode": mode, "RetainUntilDate": until}


RULE = {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
AES = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
ADMINISTRATION: dict[str, dict[str, Any]] = {
    "put_bucket_versioning": {"VersioningConfiguration": {"Status": "Suspended"}},
    "put_bucket_policy": {"Policy": '{"Version": "2012-10-17", "Statement": []}'},
    "delete_bucket_policy": {},
    "put_bucket_lifecycle_configuration": {"LifecycleConfiguration": {"Rules": [RULE]}},
    "delete_bucket_lifecycle": {},
    "put_bucket_encryption": {"ServerSideEncryptionConfiguration": AES},
    "delete_bucket_encryption": {},
    "put_bucket_acl": {"ACL": "public-read"},
    "put_object_lock_configuration": {
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"},
    },
    "delete_bucket": {},
}
"""What would weaken a bucket."""


def calls() -> tuple[Call, ...]:
    """Every row."""
    return (*_milvus(), *_writer(), *_nobody())


def _milvus() -> Iterator[Call]:
    def may(operation: str, reason: str, **parameters: Any) -> Call:
        return Call("milvus", operation, LIVE, True, reason, parameters)

    yield may("head_bucket", "it starts by looking for its bucket")
    yield may("list_objects_v2", "it finds its segments", Prefix=f"{ROOT}/")
    yield may("put_object", "it writes segments", Key=f"{ROOT}/new", Body=b"x")
    yield may("get_object", "it reads them", Key=KEPT[LIVE])
    yield may("head_object", "it asks for their size", Key=KEPT[LIVE])
    yield may("delete_object", "its cleaning leaves a marker", Key=f"{ROOT}/old")
    yield may("create_multipart_upload", "large segments come in parts", Key=f"{ROOT}/large")
    yield may("list_multipart_uploads", "it finds what it left unfinished")

    def never(operation: str, reason: str, **parameters: Any) -> Call:
        return Call("milvus", operation, LIVE, False, reason, parameters)

    version = {"Key": KEPT[LIVE], "VersionId": VERSION}
    yield never("delete_object", "a removed version cannot be brought back", **version)
    lock = "a lock would stop its own cleaning"
    yield never("put_object_retention", lock, **version, Retention=retention())
    yield never("put_object_legal_hold", lock, **version, LegalHold={"Status": "ON"})
    yield from (
        _aws_only(one)
        for one in (
            never("put_object", "its prefix is all it has", Key="elsewhere/new", Body=b"x"),
            never("get_object", "its prefix is all it has", Key=OUTSIDE),
            never("delete_object", "its prefix is all it has", Key=OUTSIDE),
            never("get_object", "history is for undelete", **version),
            never("list_object_versions", "history is for undelete"),
        )
    )
    for bucket in (VAULT, OTHER):
        yield from _closed("milvus", bucket)


def _writer() -> Iterator[Call]:
    def may(operation: str, bucket: str, reason: str, **parameters: Any) -> Call:
        return Call("vault", operation, bucket, True, reason, parameters)

    live = {"Key": KEPT[LIVE], "VersionId": VERSION}
    sealed = {"Key": KEPT[VAULT], "VersionId": VERSION}
    yield may("list_objects_v2", LIVE, "it copies what is there", Prefix=f"{ROOT}/")
    yield may("list_object_versions", LIVE, "it copies a moment")
    yield may("get_object", LIVE, "it copies what is there", Key=KEPT[LIVE])
    yield may("get_object", LIVE, "it copies a moment", **live)
    yield may("put_object", VAULT, "it writes copies", Key="sealed/new", Body=b"x")
    yield may("get_object", VAULT, "it reads back what it wrote", **sealed)
    yield may("list_object_versions", VAULT, "it finds what it has to seal")
    yield may("get_object_lock_configuration", VAULT, "it trusts no vault without a lock")
    yield may("put_object_retention", VAULT, "it seals", **sealed, Retention=retention())
    yield may("get_object_retention", VAULT, "it proves the seal", **sealed)

    def never(operation: str, bucket: str, reason: str, **parameters: Any) -> Call:
        return Call("vault", operation, bucket, False, reason, parameters)

    change = "it only reads the live bucket"
    yield never("put_object", LIVE, change, Key=f"{ROOT}/forged", Body=b"x")
    yield never("delete_object", LIVE, change, Key=KEPT[LIVE])
    yield never("delete_object", LIVE, change, **live)
    yield never("put_object_retention", LIVE, change, **live, Retention=retention())
    taken = "what is in the vault stays"
    yield never("delete_object", VAULT, taken, **sealed)
    yield never("delete_object", VAULT, taken, **sealed, BypassGovernanceRetention=True)
    yield never(
        "put_object_legal_hold", VAULT, "a hold has no date", **sealed, LegalHold={"Status": "ON"}
    )
    yield from (
        _aws_only(one)
        for one in (
            never("delete_object", VAULT, "not even a marker", Key=KEPT[VAULT]),
            never("get_object", LIVE, "Milvus's prefix is all it copies", Key=OUTSIDE),
        )
    )
    yield from _closed("vault", OTHER)


def _closed(who: Identity, bucket: str) -> Iterator[Call]:
    reason = "the bucket is another's"
    key = {"Key": KEPT[bucket]}
    yield Call(who, "list_objects_v2", bucket, False, reason)
    yield Call(who, "get_object", bucket, False, reason, key)
    yield Call(who, "put_object", bucket, False, reason, {"Key": "new", "Body": b"x"})
    yield Call(who, "delete_object", bucket, False, reason, key)


def _nobody() -> Iterator[Call]:
    identities: tuple[Identity, ...] = ("milvus", "vault")
    for who in identities:
        for bucket in (LIVE, VAULT):
            for operation, parameters in ADMINISTRATION.items():
                reason = "only the deployer changes a bucket"
                yield Call(who, operation, bucket, False, reason, parameters)
        yield Call(who, "create_bucket", ABSENT, False, "a typing error must fail, not make one")


def _aws_only(call: Call) -> Call:
    return Call(
        call.who, call.operation, call.bucket, call.allowed, call.reason, call.parameters, "aws"
    )
