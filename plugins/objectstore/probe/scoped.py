"""A second identity: what it may do works, and nothing else does."""

from collections.abc import Iterator
from typing import Any

from plugins.objectstore.probe.answer import Answer, finding, judged
from plugins.objectstore.probe.lifecycle import RULES
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.policy import deny, until, write
from plugins.objectstore.probe.session import Asker, CannotAsk, Scratch, Session

NOT_IMPLEMENTED = 501
OBJECT_RIGHTS = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
_SETTINGS: dict[str, dict[str, Any]] = {
    "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Suspended"}},
    "PutBucketPolicy": {"Policy": '{"Version": "2012-10-17", "Statement": []}'},
    "DeleteBucketPolicy": {},
    "DeleteBucketLifecycle": {},
    "DeleteBucketEncryption": {},
    "DeleteBucket": {},
}


def questions(session: Session) -> Iterator[Finding]:
    user = session.scoped()
    bucket = _bucket(session)
    grant = _grant(session, bucket)
    put, got = _works(bucket, user, grant)
    if not (put.ok and got.ok):
        raise CannotAsk(
            f"the second identity may not use objects of {bucket.name}: {put.received}; give it "
            "that right, or say how a bucket policy names it"
        )
    yield judged("scoped-object-access", got.data.get("Body") == b"mine", put, got)
    yield _other_bucket(session, user)
    yield _settings(bucket, user)
    yield _denied(bucket, user, grant)
    yield _bypass(session, bucket, user)


def _bucket(session: Session) -> Scratch:
    """With Object Lock where the store has it."""
    name = session.target.scoped.bucket if session.target.scoped else None
    try:
        return session.bucket("scoped", lock=True, name=name)
    except CannotAsk:
        return session.bucket("scoped", versioned=True, name=name)


def _grant(session: Session, bucket: Scratch) -> list[dict[str, Any]]:
    """Statements that give the identity its rights, where a policy can name it."""
    principal = session.target.scoped.principal if session.target.scoped else None
    if not principal:
        return []
    allow = {"Effect": "Allow", "Principal": {"AWS": [principal]}}
    return [
        {**allow, "Sid": "Objects", "Action": OBJECT_RIGHTS, "Resource": [bucket.arn("*")]},
        {**allow, "Sid": "List", "Action": ["s3:ListBucket"], "Resource": [bucket.arn()]},
    ]


def _works(bucket: Scratch, user: Asker, grant: list[dict[str, Any]]) -> tuple[Answer, Answer]:
    def put() -> Answer:
        return bucket.ask("PutObject", by=user, Key="allowed/object", Body=b"mine")

    answer = put()
    if not answer.ok and grant and write(bucket, *grant).ok:
        answer = until(put, lambda one: one.ok)
    return answer, bucket.ask("GetObject", by=user, Key="allowed/object")


def _other_bucket(session: Session, user: Asker) -> Finding:
    other = session.plain()
    other.keep("others", b"others")
    tried = [
        other.ask("ListObjectsV2", by=user),
        other.ask("GetObject", by=user, Key="others"),
        other.ask("PutObject", by=user, Key="others", Body=b"changed"),
        other.ask("DeleteObject", by=user, Key="others"),
    ]
    after = other.ask("GetObject", Key="others")
    good = all(one.denied for one in tried) and after.data.get("Body") == b"others"
    return judged("scoped-other-bucket-refused", good, *tried, after)


def _settings(bucket: Scratch, user: Asker) -> Finding:
    """Refused, and, what counts, every setting as it was."""
    rules = [RULES["lifecycle-noncurrent"]]
    bucket.ask("PutBucketLifecycleConfiguration", LifecycleConfiguration={"Rules": rules})
    before = _state(bucket)
    tried = [bucket.ask(name, by=user, **given) for name, given in _SETTINGS.items()]
    changed = [name for name, value in _state(bucket).items() if value != before[name]]
    note = f"changed: {', '.join(changed)}" if changed else "no setting changed"
    # A store without such a setting has nothing that could be changed.
    good = all(one.refused or one.status == NOT_IMPLEMENTED for one in tried) and not changed
    return judged("scoped-settings-refused", good, *tried, note=note)


def _state(bucket: Scratch) -> dict[str, Any]:
    return {
        "versioning": bucket.ask("GetBucketVersioning").data.get("Status"),
        "lifecycle": len(bucket.ask("GetBucketLifecycleConfiguration").data.get("Rules", [])),
        "policy": bucket.ask("GetBucketPolicy").data.get("Policy"),
        "encryption": bucket.ask("GetBucketEncryption").status,
    }


def _denied(bucket: Scratch, user: Asker, grant: list[dict[str, Any]]) -> Finding:
    bucket.keep("denied/object", b"denied")
    told = write(bucket, *grant, deny(bucket, "denied/"))
    denied = until(
        lambda: bucket.ask("GetObject", by=user, Key="denied/object"), lambda one: one.denied
    )
    allowed = bucket.ask("GetObject", by=user, Key="allowed/object")
    write(bucket, *grant) if grant else bucket.ask("DeleteBucketPolicy")
    good = told.ok and denied.denied and allowed.ok
    return judged("policy-enforced-scoped", good, told, denied, allowed)


def _bypass(session: Session, bucket: Scratch, user: Asker) -> Finding:
    capability = "lock-governance-bypass-without-right-refused"
    if not bucket.locked:
        note = "the second identity's bucket has no lock"
        return finding(capability, "not-asked", note=note)
    made = bucket.ask(
        "PutObject",
        Key="sealed",
        Body=b"sealed",
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=session.lock_date(session.lock_seconds),
    )
    version = {"Key": "sealed", "VersionId": made.data.get("VersionId", "null")}
    tried = bucket.ask("DeleteObject", by=user, **version, BypassGovernanceRetention=True)
    after = bucket.ask("GetObject", **version)
    good = made.ok and tried.denied and after.data.get("Body") == b"sealed"
    return judged(capability, good, made, tried, after)
