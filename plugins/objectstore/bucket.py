"""Brings one bucket to its desired settings: read, apply what differs, verify what was applied."""

import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from plugins.objectstore import contents, live
from plugins.objectstore.errors import StoreError, explained
from plugins.objectstore.settings import (
    CREATING_TAG,
    DEFAULTS,
    WRITTEN,
    differences,
    same,
    settled,
    unread,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Settings = dict[str, Any]

SETTLE_SECONDS = 15.0
"""How long a store may take to show a setting that it accepted."""
POLL_SECONDS = 0.25
PROBE_KEY = ".objectstore-encryption-probe"
US_EAST_1 = "us-east-1"


def create(
    client: "S3Client", desired: Settings, owner: str, secret: frozenset[str] = frozenset()
) -> Settings:
    """Make the bucket; when that fails midway, nothing of it stays.

    A bucket that an interrupted creation by the same `owner` left behind is completed; any other
    bucket that exists already is refused, never adopted.
    """
    bucket = desired["bucket"]
    mark = sha256(owner.encode()).hexdigest()[:32]
    if live.exists(client, bucket):
        _refuse_foreign(client, desired, mark)
    else:
        _make(client, desired)
    try:
        live.write(client, bucket, "tags", {CREATING_TAG: mark})
        return _reconcile(client, desired, secret, prove_encryption=True)
    except StoreError as error:
        raise StoreError(f"{error} {_undo(client, bucket)}") from None


def update(client: "S3Client", desired: Settings, secret: frozenset[str] = frozenset()) -> Settings:
    """Write the settings that differ from the store's, and no others."""
    if not live.exists(client, desired["bucket"]):
        raise StoreError(
            f"Bucket {desired['bucket']!r} is gone from {client.meta.endpoint_url}; "
            "run `pulumi refresh`, then `pulumi up` makes it again."
        )
    return _reconcile(client, desired, secret, prove_encryption=False)


def read(client: "S3Client", bucket: str, previous: Settings) -> Settings | None:
    """The live settings, worded as before where nothing changed; None when there is no bucket."""
    if not live.exists(client, bucket):
        return None
    known = {"force_destroy": DEFAULTS["force_destroy"], **previous}
    return settled(previous, live.read(client, bucket)) | unread(known)


def delete(client: "S3Client", bucket: str, *, force_destroy: bool) -> None:
    """Delete the bucket if it holds nothing; with `force_destroy` empty it first."""
    if not live.exists(client, bucket):
        return
    holding = contents.held(client, bucket)
    if holding and not force_destroy:
        raise StoreError(
            f"Bucket {bucket!r} holds {holding} and is not deleted. Empty it yourself, or, if its "
            "data may be lost, set `force_destroy: true`, run `pulumi up`, then destroy again."
        )
    if holding:
        lock = live.read(client, bucket)["object_lock"]
        contents.empty(client, bucket, object_lock=lock)
    with explained(live.attempt(client, f"delete bucket {bucket!r}")):
        client.delete_bucket(Bucket=bucket)


def holding(client: "S3Client", bucket: str) -> str:
    """What would be lost with the bucket, as a sentence."""
    if not live.exists(client, bucket):
        return f"Bucket {bucket!r} is gone already."
    held = contents.held(client, bucket)
    return f"Bucket {bucket!r} holds {held or 'nothing'}."


def _refuse_foreign(client: "S3Client", desired: Settings, mark: str) -> None:
    bucket, found = desired["bucket"], live.read(client, desired["bucket"])
    if found["tags"].get(CREATING_TAG) == mark:
        return
    other = [one for one in differences(desired, found) if one not in unread(desired)]
    raise StoreError(
        f"Bucket {bucket!r} exists already at {client.meta.endpoint_url} and this stack did not "
        f"make it; it differs from what is declared in {', '.join(other) or 'nothing'}. "
        "Choose another name, or take it over knowingly with "
        f"`pulumi import objectstore:index:Bucket NAME {bucket} --generate-code=false "
        "--provider store=URN` (`pulumi stack --show-urns` lists the provider's URN)."
    )


def _make(client: "S3Client", desired: Settings) -> None:
    bucket = desired["bucket"]
    location: Any = {}
    if client.meta.region_name != US_EAST_1:
        location = {"CreateBucketConfiguration": {"LocationConstraint": client.meta.region_name}}
    with explained(live.attempt(client, f"create bucket {bucket!r}")):
        client.create_bucket(
            Bucket=bucket, ObjectLockEnabledForBucket=desired["object_lock"], **location
        )


def _reconcile(
    client: "S3Client", desired: Settings, secret: frozenset[str], *, prove_encryption: bool
) -> Settings:
    bucket = desired["bucket"]
    found = live.read(client, bucket)
    _refuse_lock_difference(desired, found)
    stale = [one for one in WRITTEN if not same(one, desired.get(one), found[one])]
    for setting in stale:
        live.write(client, bucket, setting, desired.get(setting))
        found = _await_setting(client, desired, setting, secret)
        if setting == "encryption":
            _prove_encryption(client, bucket, desired["encryption"]["algorithm"])
    if prove_encryption and "encryption" not in stale:
        _prove_encryption(client, bucket, desired["encryption"]["algorithm"])
    return settled(desired, found) | unread(desired)


def _refuse_lock_difference(desired: Settings, found: Settings) -> None:
    if found["object_lock"] == desired["object_lock"]:
        return
    raise StoreError(
        f"Bucket {desired['bucket']!r} should have object_lock={desired['object_lock']}, but the "
        f"store says {found['object_lock']}: it does not support Object Lock at creation or "
        "ignored it. Use a store that has it, or change `object_lock`."
    )


def _await_setting(
    client: "S3Client", desired: Settings, setting: str, secret: frozenset[str]
) -> Settings:
    """Read back until the store shows what was written; it may take a moment to agree."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        found = live.read(client, desired["bucket"])
        if same(setting, desired.get(setting), found[setting]):
            return found
        if time.monotonic() > deadline:
            raise StoreError(_mismatch(desired, found, setting, secret))
        time.sleep(POLL_SECONDS)


def _mismatch(desired: Settings, found: Settings, setting: str, secret: frozenset[str]) -> str:
    expected, actual = repr(desired.get(setting)), repr(found[setting])
    if setting in secret:
        expected = actual = "(a secret value)"
    return (
        f"The store accepted the {setting} of bucket {desired['bucket']!r} but does not have it "
        f"{SETTLE_SECONDS:g} s later: expected {expected}, read back {actual}. It does not "
        "support this setting as written; change the setting or the store."
    )


def _prove_encryption(client: "S3Client", bucket: str, algorithm: str) -> None:
    """Some stores accept the setting without having a key: only a stored object proves it."""
    attempt = live.attempt(
        client, f"store an encrypted object in bucket {bucket!r} (encryption {algorithm!r})"
    )
    try:
        with explained(attempt):
            client.put_object(Bucket=bucket, Key=PROBE_KEY, Body=b"probe")
            head = client.head_object(Bucket=bucket, Key=PROBE_KEY)
    except StoreError as error:
        raise StoreError(
            f"{error} The store accepted the setting, yet a write with it fails: most often it "
            "has no encryption key configured, else no room or another fault of its own."
        ) from None
    finally:
        with explained(live.attempt(client, f"remove the probe from bucket {bucket!r}")):
            contents.delete_key(client, bucket, PROBE_KEY)
    actual = head.get("ServerSideEncryption")
    if actual != algorithm:
        raise StoreError(
            f"Bucket {bucket!r} should encrypt with {algorithm!r}, but an object just written to "
            f"it reports {actual!r}: the store ignores default encryption."
        )


def _undo(client: "S3Client", bucket: str) -> str:
    """Remove a bucket whose creation failed; returns a sentence on what is left of it."""
    try:
        with explained(live.attempt(client, f"remove the half-made bucket {bucket!r}")):
            if live.read(client, bucket)["policy"]:
                live.write(client, bucket, "policy", None)
            contents.delete_key(client, bucket, PROBE_KEY)
            holding = contents.held(client, bucket)
            if holding:
                return f"The half-made bucket was kept, because it holds {holding}."
            client.delete_bucket(Bucket=bucket)
    except StoreError as error:
        return f"{error} The next `pulumi up` continues with the half-made bucket."
    return "The half-made bucket was removed again."
