"""What S3 stores do differently and no probe can find out, one row a store."""

from dataclasses import dataclass
from typing import Literal

from vectorkit.decisions.access import IDENTITY_KEY

Name = Literal["generic", "x10000", "seaweedfs", "minio", "ceph", "versitygw"]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How one kind of store is told who may do what; the defaults are S3's own ways."""

    identity_key: str = IDENTITY_KEY
    """The condition key by which a bucket policy tells one identity from another."""
    bucket_policy: Literal["denies", "grants", "unused"] = "denies"
    """denies: it takes from all but the deployer what no right may include. grants: it gives named
    users all the rights that they have. unused: it binds anonymous requests alone, and the users'
    own policies must carry the denials."""


PROFILES: dict[Name, Profile] = {
    "generic": Profile(),
    # Not measured on an array yet: what its probe says decides.
    "x10000": Profile(),
    "seaweedfs": Profile(),
    "minio": Profile(bucket_policy="unused"),
    # It documents aws:username, and no aws:userid.
    "ceph": Profile(identity_key="aws:username"),
    # Its users have no other rights, and its conditions do not know who asks (1.8.0).
    "versitygw": Profile(bucket_policy="grants"),
}
