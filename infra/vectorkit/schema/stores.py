"""The object store in the stack document: an S3-compatible one, or AWS's own.

Both answer the same questions: where the store is, and how Milvus proves who it is.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from vectorkit.decisions.lifecycle import RuleId
from vectorkit.schema import profiles
from vectorkit.schema.buckets import LiveBucket, Vault
from vectorkit.schema.strict import Found, Strict
from vectorkit.schema.value_types import (
    AwsAccount,
    AwsPrincipal,
    AwsRegion,
    BucketName,
    FilePath,
    HttpsEndpoint,
    Network,
    OidcProvider,
    Text,
)


class TwoBuckets(Strict):
    """What every store has."""

    live: LiveBucket
    vault: Vault

    def contradictions(self) -> Found:
        if self.live.bucket == self.vault.bucket:
            yield (
                "vault.bucket",
                f"{self.vault.bucket!r} is the live bucket too; sealed copies need their own.",
            )
        if self.vault.kms_key_id and self.vault.kms_key_id == self.live.kms_key_id:
            yield (
                "vault.kms_key_id",
                "this key encrypts the live bucket too; sealed copies need their own, or they go "
                "with it.",
            )


class S3CompatibleStore(TwoBuckets):
    """A store that speaks S3, and hands out access keys itself."""

    uses_iam: ClassVar[bool] = False
    """Milvus has an access key of its own."""
    kind: Literal["s3"] = "s3"
    endpoint: HttpsEndpoint
    ca_file: FilePath | None = None
    """PEM bundle of the private CA that signed the endpoint's certificate."""
    networks: tuple[Network, ...] = ()
    """Where the endpoint is, for the NetworkPolicy; an endpoint that is an address needs none."""
    region: Text
    profile: profiles.Name = "generic"
    """Whose S3 it is, for what stores do differently and a probe cannot find out."""
    deployer_user_ids: Annotated[tuple[Text, ...], Field(min_length=1)] = ("admin*",)
    """Patterns of the profile's identity key that may change the buckets themselves."""
    vault_user_ids: Annotated[tuple[Text, ...], Field(min_length=1)] = ("vault*",)
    """Patterns of the profile's identity key that may write to the vault."""
    lifecycle_left_out: tuple[RuleId, ...] = ()
    """Rules that this store cannot keep. What they would remove stays until someone removes it."""
    milvus_user_ids: tuple[Text, ...] = ()
    """Milvus's user, where the bucket's policy has to grant its rights (profile versitygw)."""

    @property
    def host(self) -> str:
        """The endpoint's host."""
        return urlsplit(self.endpoint).hostname or ""

    @property
    def port(self) -> int:
        """The endpoint's port."""
        return urlsplit(self.endpoint).port or 443

    @property
    def reachable_at(self) -> tuple[str, ...]:
        """CIDRs of the endpoint."""
        return self.networks or (f"{self.host}/{ip_address(self.host).max_prefixlen}",)

    def contradictions(self) -> Found:
        yield from super().contradictions()
        yield from self._users_and_profile()
        for key in ("deployer_user_ids", "vault_user_ids"):
            if any(pattern.startswith("*") for pattern in getattr(self, key)):
                yield key, "a pattern that begins with '*' may match everybody; name who is meant."
        if not self.networks and not is_address(self.host):
            yield (
                "networks",
                f"{self.host!r} is a name, and a NetworkPolicy only knows addresses; list the "
                "CIDRs of the store.",
            )

    def _users_and_profile(self) -> Found:
        grants = profiles.PROFILES[self.profile].bucket_policy == "grants"
        if grants != bool(self.milvus_user_ids):
            yield (
                "milvus_user_ids",
                f"profile {self.profile} grants rights in the bucket's policy; name Milvus's user."
                if grants
                else f"profile {self.profile} takes no names of users here; remove this key.",
            )
        if grants and any("*" in user for user in (*self.milvus_user_ids, *self.vault_user_ids)):
            yield (
                "vault_user_ids",
                f"profile {self.profile} knows no patterns; name each user of the vault in full.",
            )


class AwsStore(TwoBuckets):
    """S3 of one AWS account. Milvus proves who it is by its service account (IRSA)."""

    uses_iam: ClassVar[bool] = True
    ca_file: ClassVar[None] = None
    """AWS's certificates are known to everybody."""
    port: ClassVar[int] = 443
    lifecycle_left_out: ClassVar[tuple[RuleId, ...]] = ()
    """AWS keeps them all."""
    kind: Literal["aws"]
    account_id: AwsAccount
    """Whose account it is; credentials for another one are refused."""
    region: AwsRegion
    networks: Annotated[tuple[Network, ...], Field(min_length=1)]
    """Where S3 and STS are reached, for the NetworkPolicy: their VPC endpoints' subnets."""
    oidc_provider: OidcProvider
    """The EKS cluster's issuer, registered in the account; it vouches for service accounts."""
    deployers: Annotated[tuple[AwsPrincipal, ...], Field(min_length=1)]
    """ARNs of the roles or users that may change the buckets and the live bucket's key."""
    vault_key_administrators: Annotated[tuple[AwsPrincipal, ...], Field(min_length=1)]
    """ARNs of those who alone may change, disable or delete the vault's key."""
    access_log_bucket: BucketName | None = None
    """Where S3 logs who asked for what; it cannot have Object Lock. None: no access log."""

    @property
    def host(self) -> str:
        """The region's own name of S3."""
        return f"s3.{self.region}.amazonaws.com"

    @property
    def endpoint(self) -> str:
        """The region's own address of S3."""
        return f"https://{self.host}"

    @property
    def reachable_at(self) -> tuple[str, ...]:
        """CIDRs of the endpoints."""
        return self.networks

    def contradictions(self) -> Found:
        yield from super().contradictions()
        for key in ("deployers", "vault_key_administrators"):
            if any(f"::{self.account_id}:" not in one for one in getattr(self, key)):
                yield key, f"every ARN must be of account {self.account_id}; name its own roles."
        if set(self.deployers) & set(self.vault_key_administrators):
            yield (
                "vault_key_administrators",
                "a deployer is among them; who deploys must not be able to delete the vault's "
                "key. Name another role.",
            )
        if self.access_log_bucket in (self.live.bucket, self.vault.bucket):
            yield "access_log_bucket", "a log of a bucket in itself never ends; name another."
        for name, bucket in (("live", self.live), ("vault", self.vault)):
            if bucket.kms_key_id:
                yield f"{name}.kms_key_id", "on AWS the program makes the keys; remove this one."
            for key in ("allow_destroy_bucket", "allow_weaker_than"):
                if getattr(bucket, key):
                    yield (
                        f"{name}.{key}",
                        "AWS's provider does not compare promises; remove this key. Data of a "
                        "durable stack is protected: `pulumi state unprotect` lifts that.",
                    )


def _with_kind(given: Any) -> Any:
    return {"kind": "s3", **given} if isinstance(given, Mapping) else given


Store = Annotated[
    S3CompatibleStore | AwsStore, Field(discriminator="kind"), BeforeValidator(_with_kind)
]
"""A store is S3-compatible when it does not say its kind."""


def is_address(host: str) -> bool:
    """Whether a host is an IP address, and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
