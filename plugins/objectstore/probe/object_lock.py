"""Object Lock: believed when what it forbids was refused and the version is still there."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from plugins.objectstore.probe.answer import Answer, finding, judged
from plugins.objectstore.probe.capabilities import LOCK_MODES
from plugins.objectstore.probe.lifecycle import RULES
from plugins.objectstore.probe.model import Finding, Outcome
from plugins.objectstore.probe.seal import BODY, Sealed, put, seal
from plugins.objectstore.probe.session import CannotAsk, Scratch, Session
from plugins.objectstore.probe.writes import BODY as CHECKED_BODY
from plugins.objectstore.probe.writes import CRC32C

LOCK_ON = {"ObjectLockEnabled": "Enabled"}
BYPASS: dict[str, Any] = {"BypassGovernanceRetention": True}


def questions(session: Session) -> Iterator[Finding]:
    yield from _on_existing(session)
    bucket = session.bucket("lock", lock=True)
    read = bucket.ask("GetObjectLockConfiguration")
    enabled = read.data.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"
    yield judged("lock-at-creation", enabled, bucket.made, read)
    if not enabled:
        raise CannotAsk("no bucket with Object Lock could be made")
    for mode, asks in (("COMPLIANCE", _compliance), ("GOVERNANCE", _governance)):
        yield from _of_mode(session, bucket, mode, asks)
    yield _legal_hold(bucket)
    yield _suspend(bucket)
    yield _lifecycle(session, bucket)


def default_retention(session: Session) -> Iterator[Finding]:
    """Its locks last a day, so it is only asked where a bypass was seen to remove them."""
    if session.outcomes.get("lock-governance-bypass") != "yes":
        raise CannotAsk("what it locks could not be removed again")
    bucket = session.bucket("default", lock=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    told = bucket.ask(
        "PutObjectLockConfiguration", ObjectLockConfiguration=LOCK_ON | {"Rule": rule}
    )
    for capability, digest in (
        ("put-no-checksum-default-retention", {}),
        ("put-checksum-default-retention", {"ChecksumCRC32C": CRC32C}),
    ):
        made = bucket.ask("PutObject", by=session.bare, Key=capability, Body=CHECKED_BODY, **digest)
        head = bucket.ask("HeadObject", Key=capability)
        locked = head.data.get("ObjectLockMode") == "GOVERNANCE"
        note = "" if locked or not made.ok else "the object has no retention"
        yield judged(capability, told.ok and made.ok and locked, told, made, head, note=note)


def _of_mode(
    session: Session,
    bucket: Scratch,
    mode: str,
    asks: Callable[[Sealed], Iterator[Finding]],
) -> Iterator[Finding]:
    """The questions of one lock mode; a mode that cannot be set answers none of them."""
    try:
        yield from asks(seal(session, bucket, mode.lower(), mode))
    except CannotAsk as obstacle:
        for capability in LOCK_MODES[mode.lower()]:
            yield finding(capability, "no", note=str(obstacle))


def _compliance(sealed: Sealed) -> Iterator[Finding]:
    yield _refused("lock-compliance-delete-refused", sealed, sealed.delete())
    yield _refused("lock-compliance-bypass-refused", sealed, sealed.delete(**BYPASS))
    shorter = sealed.retain(sealed.sooner, **BYPASS)
    yield _unchanged("lock-compliance-shorten-refused", sealed, shorter)
    other = sealed.retain(sealed.later, "GOVERNANCE", **BYPASS)
    yield _unchanged("lock-compliance-mode-change-refused", sealed, other)
    yield _extended("lock-compliance-extend", sealed)


def _governance(sealed: Sealed) -> Iterator[Finding]:
    yield _refused("lock-governance-delete-refused", sealed, sealed.delete())
    shorter = sealed.retain(sealed.sooner)
    yield _unchanged("lock-governance-shorten-refused", sealed, shorter)
    batch = sealed.bucket.ask("DeleteObjects", Delete={"Objects": [sealed.version]})
    errors = [one.get("Code", "") for one in batch.data.get("Errors", [])]
    good = (bool(errors) or batch.refused) and sealed.alive
    note = f"errors by key: {errors}"
    yield judged("lock-multi-delete-refused", good, sealed.told, batch, note=note)
    over = sealed.bucket.ask("PutObject", Key=sealed.version["Key"], Body=b"over")
    yield judged("lock-overwrite-keeps-version", over.ok and sealed.alive, sealed.told, over)
    marker = sealed.bucket.ask("DeleteObject", Key=sealed.version["Key"])
    hidden = sealed.bucket.ask("GetObject", Key=sealed.version["Key"])
    good = marker.ok and hidden.status == 404 and sealed.alive
    yield judged("lock-delete-adds-marker", good, sealed.told, marker, hidden)
    yield _extended("lock-governance-extend", sealed)
    bypassed = sealed.delete(**BYPASS)
    gone = sealed.bucket.ask("GetObject", **sealed.version)
    yield judged("lock-governance-bypass", bypassed.ok and gone.status == 404, bypassed, gone)


def _refused(capability: str, sealed: Sealed, tried: Answer) -> Finding:
    in_time, alive = sealed.in_time, sealed.alive
    note = "the version is still there" if alive else "the version is gone"
    if not in_time and not (tried.refused and alive):
        return _too_slow(capability, tried)
    return judged(capability, tried.refused and alive, sealed.told, tried, note=note)


def _unchanged(capability: str, sealed: Sealed, tried: Answer) -> Finding:
    in_time, (mode, until) = sealed.in_time, sealed.retention()
    note = f"the store now says {mode} until {until:%H:%M:%S}" if until else "it has no date"
    if not in_time:
        return _too_slow(capability, tried)
    good = tried.refused and (mode, until) == (sealed.mode, sealed.until)
    return judged(capability, good, sealed.told, tried, note=note)


def _extended(capability: str, sealed: Sealed) -> Finding:
    if sealed.until - sealed.session.now() > timedelta(hours=1):
        return finding(capability, "not-asked", note="it is locked for a day already")
    wanted = sealed.later
    sealed.session.locks_end = max(sealed.session.locks_end, wanted)
    told = sealed.retain(wanted)
    _, until = sealed.retention()
    note = f"asked for {wanted:%H:%M:%S}, the store says {until:%H:%M:%S}" if until else ""
    return judged(capability, told.ok and until == wanted, sealed.told, told, note=note)


def _too_slow(capability: str, tried: Answer) -> Finding:
    note = "the store took longer to answer than the lock lasted"
    return finding(capability, "unclear", tried, note=note)


def _legal_hold(bucket: Scratch) -> Finding:
    version = put(bucket, "held")
    held = bucket.ask("PutObjectLegalHold", **version, LegalHold={"Status": "ON"})
    tried = bucket.ask("DeleteObject", **version)
    still = bucket.ask("GetObject", **version)
    released = bucket.ask("PutObjectLegalHold", **version, LegalHold={"Status": "OFF"})
    deleted = bucket.ask("DeleteObject", **version)
    good = held.ok and tried.refused and still.data.get("Body") == BODY
    good = good and released.ok and deleted.ok
    return judged("lock-legal-hold", good, held, tried, still, released, deleted)


def _suspend(bucket: Scratch) -> Finding:
    suspended = {"Status": "Suspended"}
    tried = bucket.ask("PutBucketVersioning", VersioningConfiguration=suspended)
    state = bucket.ask("GetBucketVersioning")
    good = tried.refused and state.data.get("Status") == "Enabled"
    note = f"versioning is {state.data.get('Status')}"
    return judged("lock-suspend-versioning-refused", good, tried, state, note=note)


def _lifecycle(session: Session, bucket: Scratch) -> Finding:
    sealed = seal(session, bucket, "expired", "GOVERNANCE")
    rules = [RULES["lifecycle-noncurrent-prefix"] | {"Filter": {"Prefix": ""}}]
    told = bucket.ask("PutBucketLifecycleConfiguration", LifecycleConfiguration={"Rules": rules})
    bucket.ask("DeleteBucketLifecycle")
    if not told.ok:
        return finding("lock-lifecycle", "not-asked", told, note="no rule can be set here")
    outcome: Outcome = "unclear" if sealed.alive else "no"
    note = "stores run their rules about once a day, which the probe does not wait for"
    return finding("lock-lifecycle", outcome, sealed.told, told, note=note)


def _on_existing(session: Session) -> Iterator[Finding]:
    bucket = session.bucket("later", versioned=True)
    told = bucket.ask("PutObjectLockConfiguration", ObjectLockConfiguration=LOCK_ON)
    if not told.ok:
        yield judged("lock-on-existing-bucket", False, told)
        return
    bucket.locked = True
    try:
        sealed = seal(session, bucket, "later", "GOVERNANCE")
    except CannotAsk as obstacle:
        yield judged("lock-on-existing-bucket", False, told, note=str(obstacle))
        return
    tried = sealed.delete()
    yield judged("lock-on-existing-bucket", tried.refused and sealed.alive, told, tried)
