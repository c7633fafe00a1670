"""Data outlives mistakes: what holds it is protected, unless the whole stack is thrown away."""

from vectorkit_policy.buckets import AWS, OBJECTSTORE
from vectorkit_policy.plan import UNKNOWN, Findings, Plan, Resource, of_type
from vectorkit_policy.workloads import NAMESPACE, RELEASES, is_in

KEY = "aws:kms/key:Key"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
VOLUMES = (CLAIM, "kubernetes:core/v1:PersistentVolume")
STATEFUL = "kubernetes:apps/v1:StatefulSet"
_HOLDING_DATA = {
    **dict.fromkeys((OBJECTSTORE, *AWS), ("Bucket", "and its objects")),
    KEY: ("KMS key", "and with it every object that it encrypts"),
    **dict.fromkeys(VOLUMES, ("Volume", "and its data")),
}


def protection(plan: Plan) -> Findings:
    """Buckets, their keys, volumes and the namespaces that hold some are protected.

    A stack is taken for one that is thrown away when force_destroy is on every bucket without a
    lock, there is such a bucket, and nothing in the stack is protected. Then nothing need be.
    """
    if _is_throw_away(plan):
        return
    for resource in plan:
        if resource.protect:
            continue
        if resource.type in _HOLDING_DATA:
            kind, lost = _HOLDING_DATA[resource.type]
            yield resource, _unprotected(kind, resource, lost)
        elif resource.type == NAMESPACE and any(_has_volumes_in(one, resource) for one in plan):
            yield resource, _unprotected("Namespace", resource, "and the volumes in it")


def _is_throw_away(plan: Plan) -> bool:
    unlocked = [one for one in of_type(plan, OBJECTSTORE, *AWS) if not _has_lock(one)]
    return (
        bool(unlocked)
        and all(_is_emptied(one) for one in unlocked)
        and not any(one.protect for one in plan)
    )


def _is_emptied(bucket: Resource) -> bool:
    key = "force_destroy" if bucket.type == OBJECTSTORE else "forceDestroy"
    return bucket.properties.get(key) in (True, UNKNOWN)


def _has_lock(bucket: Resource) -> bool:
    key = "object_lock" if bucket.type == OBJECTSTORE else "objectLockEnabled"
    return bucket.properties.get(key) is True


def _has_volumes_in(resource: Resource, namespace: Resource) -> bool:
    return resource.type in (*RELEASES, STATEFUL, CLAIM) and is_in(resource, namespace)


def _unprotected(kind: str, resource: Resource, lost: str) -> str:
    return (
        f"{kind} {resource.name!r} holds durable data and is not protected: expected the resource "
        f"option protect, without which one wrong `pulumi destroy` takes it {lost}. Set "
        "protect=True; or, in a stack that may be thrown away, force_destroy on every bucket and "
        "protect on nothing."
    )
