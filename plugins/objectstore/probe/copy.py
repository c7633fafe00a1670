"""Copies within the store: content, old versions, and retention from the first moment."""

from collections.abc import Iterator
from typing import Any

from plugins.objectstore.probe.answer import judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.session import Session


def questions(session: Session) -> Iterator[Finding]:
    bucket = session.versioned()
    first = bucket.keep("copied", b"first")
    bucket.keep("copied", b"second")
    source = {"Bucket": bucket.name, "Key": "copied"}
    copied = bucket.ask("CopyObject", Key="copy", CopySource=source)
    got = bucket.ask("GetObject", Key="copy")
    yield judged("copy", copied.ok and got.data.get("Body") == b"second", copied, got)

    version = source | {"VersionId": first.data.get("VersionId", "null")}
    copied = bucket.ask("CopyObject", Key="copied", CopySource=version)
    got = bucket.ask("GetObject", Key="copied")
    yield judged("copy-version", copied.ok and got.data.get("Body") == b"first", copied, got)

    vault = session.bucket("copies", lock=True)
    until = session.lock_date(session.lock_seconds)
    lock: dict[str, Any] = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    copied = vault.ask("CopyObject", Key="copy", CopySource=source, **lock)
    this = {"Key": "copy", "VersionId": copied.data.get("VersionId", "null")}
    tried = vault.ask("DeleteObject", **this)
    got = vault.ask("GetObject", **this)
    good = copied.ok and tried.refused and got.ok
    yield judged("copy-with-retention", good, copied, tried, got)
