"""Data outlives mistakes: what holds it is protected, unless the whole stack is thrown away."""

from vectorkit_policy.buckets import AWS, OBJECTSTORE
from vectorkit_policy.network import NAMESPACE
from vectorkit_policy.plan import UNKNOWN, Findings, Plan, Resource, at, of_type
from vectorkit_policy.workloads import RELEASES

KEY = "aws:kms/key:Key"
VOLUMES = ("kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:core/v1:PersistentVolume")
STATEFUL = "kubernetes:apps/v1:StatefulSet"


def protection(plan: Plan) -> Findings:
    """Buckets that are not thrown away, their keys, and volumes beside them are protected."""
    durable = not _is_throw_away(plan)
    for bucket in of_type(plan, OBJECTSTORE, *AWS):
        needed = not _is_emptied(bucket) and (durable or not _has_lock(bucket))
        if needed and not bucket.protect:
            yield bucket, _unprotected("Bucket", bucket, "and its objects")
    if not durable:
        return
    for key in of_type(plan, KEY):
        if not key.protect:
            yield key, _unprotected("KMS key", key, "and with it every object that it encrypts")
    for volume in of_type(plan, *VOLUMES):
        if not volume.protect:
            yield volume, _unprotected("Volume", volume, "and its data")
    for namespace in of_type(plan, NAMESPACE):
        if not namespace.protect and any(_is_in(one, namespace) for one in plan):
            yield namespace, _unprotected("Namespace", namespace, "and the volumes in it")


def _is_throw_away(plan: Plan) -> bool:
    """Every bucket without a lock may be emptied, and there is one: nothing is meant to stay."""
    unlocked = [one for one in of_type(plan, OBJECTSTORE, *AWS) if not _has_lock(one)]
    return bool(unlocked) and all(_is_emptied(one) for one in unlocked)


def _is_emptied(bucket: Resource) -> bool:
    key = "force_destroy" if bucket.type == OBJECTSTORE else "forceDestroy"
    return bucket.properties.get(key) in (True, UNKNOWN)


def _has_lock(bucket: Resource) -> bool:
    key = "object_lock" if bucket.type == OBJECTSTORE else "objectLockEnabled"
    return bucket.properties.get(key) is True


def _is_in(resource: Resource, namespace: Resource) -> bool:
    """Whether a resource with volumes of its own lies in the namespace."""
    own = at(namespace.properties, "metadata", "name")
    if resource.type in RELEASES:
        there = resource.properties.get("namespace")
        uses = resource.uses.get("namespace", ())
    elif resource.type == STATEFUL:
        there = at(resource.properties, "metadata", "namespace")
        uses = resource.uses.get("metadata", ())
    else:
        return False
    return namespace.urn in uses or (isinstance(own, str) and there == own)


def _unprotected(kind: str, resource: Resource, lost: str) -> str:
    return (
        f"{kind} {resource.name!r} holds durable data and is not protected: expected the resource "
        f"option protect, without which one wrong `pulumi destroy` takes it {lost}. Set "
        "protect=True, or force_destroy on every bucket of a stack that may be thrown away."
    )
