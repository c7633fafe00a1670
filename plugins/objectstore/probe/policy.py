"""Bucket policies and their conditions, public access, ownership: believed when they refuse."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from plugins.objectstore.probe.answer import Answer, judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.session import Scratch, Session, tries
from plugins.objectstore.settings import same

NOBODY = "vectorkit-probe-nobody*"


def questions(session: Session) -> Iterator[Finding]:
    bucket = session.bucket("policy", versioned=True)
    yield _accepted(bucket)
    yield _enforced(bucket)
    yield _condition("policy-secure-transport", bucket, _secure("true"), _secure("false"))
    yield _condition("policy-userid", bucket, _all_but(NOBODY), _all_but("*"))
    yield _delete_version_only(bucket)
    bucket.ask("DeleteBucketPolicy")
    yield from _public_access(session)
    yield _ownership(session)


def deny(
    bucket: Scratch, prefix: str, action: str = "s3:GetObject", condition: Any = None
) -> dict[str, Any]:
    """A statement that denies everybody an action below a prefix."""
    said = {
        "Sid": "Deny" + "".join(one for one in prefix if one.isalnum()),
        "Effect": "Deny",
        "Principal": "*",
        "Action": [action],
        "Resource": [bucket.arn(f"{prefix}*")],
    }
    return said | ({"Condition": condition} if condition else {})


def write(bucket: Scratch, *statements: dict[str, Any]) -> Answer:
    """Write a policy of these statements."""
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return bucket.ask("PutBucketPolicy", Policy=json.dumps(policy))


def until(call: Callable[[], Answer], wanted: Callable[[Answer], bool]) -> Answer:
    """The answer, once it is as wanted or time is up."""
    answer = call()
    for _ in tries():
        if wanted(answer):
            break
        answer = call()
    return answer


def _accepted(bucket: Scratch) -> Finding:
    statement = deny(bucket, "denied/")
    told = write(bucket, statement)
    read = bucket.ask("GetBucketPolicy")
    wanted = {"Version": "2012-10-17", "Statement": [statement]}
    good = told.ok and read.ok and same("policy", wanted, read.data.get("Policy"))
    return judged("policy-accepted", good, told, read)


def _enforced(bucket: Scratch) -> Finding:
    """The policy of `_accepted` is in force."""
    for key in ("denied/object", "allowed/object"):
        bucket.keep(key, b"policy")
    denied = until(lambda: bucket.ask("GetObject", Key="denied/object"), lambda a: a.denied)
    allowed = bucket.ask("GetObject", Key="allowed/object")
    good = denied.denied and allowed.data.get("Body") == b"policy"
    return judged("policy-enforced-owner", good, denied, allowed)


def _secure(value: str) -> dict[str, Any]:
    return {"Bool": {"aws:SecureTransport": value}}


def _all_but(pattern: str) -> dict[str, Any]:
    return {"StringNotLike": {"aws:userid": [pattern]}}


def _condition(
    capability: str, bucket: Scratch, met: dict[str, Any], unmet: dict[str, Any]
) -> Finding:
    """A denial on a condition that is met refuses, and one that is not met does not."""
    for key in ("met/object", "unmet/object"):
        bucket.keep(key, b"policy")
    told = write(
        bucket, deny(bucket, "met/", condition=met), deny(bucket, "unmet/", condition=unmet)
    )
    denied = until(lambda: bucket.ask("GetObject", Key="met/object"), lambda a: a.denied)
    allowed = bucket.ask("GetObject", Key="unmet/object")
    return judged(capability, told.ok and denied.denied and allowed.ok, told, denied, allowed)


def _delete_version_only(bucket: Scratch) -> Finding:
    made = bucket.keep("kept/object", b"kept")
    version = {"Key": "kept/object", "VersionId": made.data.get("VersionId", "null")}
    told = write(bucket, deny(bucket, "kept/", "s3:DeleteObjectVersion"))
    # Only the marker is at stake while the store may still not heed the policy.
    denied = until(lambda: _delete_a_marker(bucket), lambda a: a.denied)
    deleted = bucket.ask("DeleteObject", **version)
    marked = bucket.ask("DeleteObject", Key="kept/object")
    got = bucket.ask("GetObject", **version)
    good = told.ok and denied.denied and deleted.denied and marked.ok
    good = good and got.data.get("Body") == b"kept"
    return judged("policy-delete-version-only", good, told, deleted, marked, got)


def _delete_a_marker(bucket: Scratch) -> Answer:
    marker = bucket.ask("DeleteObject", Key="kept/marker").data.get("VersionId", "null")
    return bucket.ask("DeleteObject", Key="kept/marker", VersionId=marker)


def _public_access(session: Session) -> Iterator[Finding]:
    bucket = session.bucket("public")
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    wanted = dict.fromkeys(names, True)
    told = bucket.ask("PutPublicAccessBlock", PublicAccessBlockConfiguration=wanted)
    read = bucket.ask("GetPublicAccessBlock")
    kept = told.ok and read.data.get("PublicAccessBlockConfiguration") == wanted
    yield judged("public-access-block", kept, told, read)
    opened = write(bucket, deny(bucket, "") | {"Effect": "Allow", "Sid": "Open"})
    bucket.keep("object", b"public?")
    nobody = session.asker(anonymous=True, who="nobody")
    got = bucket.ask("GetObject", by=nobody, Key="object")
    good = kept and opened.denied and got.refused
    yield judged("public-access-block-enforced", good, told, opened, got)


def _ownership(session: Session) -> Finding:
    bucket = session.bucket("ownership")
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    told = bucket.ask("PutBucketOwnershipControls", OwnershipControls={"Rules": rules})
    read = bucket.ask("GetBucketOwnershipControls")
    kept = told.ok and read.data.get("OwnershipControls", {}).get("Rules") == rules
    bucket.keep("object", b"owned")
    opened = bucket.ask("PutObjectAcl", Key="object", ACL="public-read")
    note = "an ACL that opens the object was accepted" if kept and opened.ok else ""
    return judged("ownership-controls", kept and opened.refused, told, read, opened, note=note)
