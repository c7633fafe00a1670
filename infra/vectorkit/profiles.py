"""What S3 stores do differently and no probe can find out, one row a store."""

from dataclasses import dataclass
from typing import Literal

from vectorkit.access import IDENTITY_KEY

Name = Literal["generic", "x10000", "seaweedfs", "minio", "ceph", "versitygw"]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How one kind of store is spoken to; the defaults are S3's own ways."""

    identity_key: str | None = IDENTITY_KEY
    """The condition key by which a bucket policy tells one identity from another. None: its bucket
    policies except nobody, so the store's own user administration must carry the denials."""


PROFILES: dict[Name, Profile] = {
    "generic": Profile(),
    # Not measured on an array yet: what its probe says decides.
    "x10000": Profile(),
    "seaweedfs": Profile(),
    # Its bucket policies are for anonymous requests only.
    "minio": Profile(identity_key=None),
    # Documents aws:username and no aws:userid.
    "ceph": Profile(identity_key="aws:username"),
    # It reads no conditions: "all but the deployer" would deny everybody, Milvus too.
    "versitygw": Profile(identity_key=None),
}
