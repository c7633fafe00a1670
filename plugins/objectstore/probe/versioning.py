"""Versions, delete markers, and bringing back what was deleted."""

from collections.abc import Iterator

from plugins.objectstore.probe.answer import judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.session import Session


def questions(session: Session) -> Iterator[Finding]:
    bucket = session.versioned()
    state = bucket.ask("GetBucketVersioning")
    first = bucket.keep("twice", b"first")
    second = bucket.keep("twice", b"second")
    made = [one.data.get("VersionId", "") for one in (first, second)]
    old = bucket.ask("GetObject", Key="twice", VersionId=made[0] or "null")
    listed = bucket.ask("ListObjectVersions", Prefix="twice")
    versions = {one["VersionId"] for one in listed.data.get("Versions", [])}
    good = state.data.get("Status") == "Enabled" and old.data.get("Body") == b"first"
    good = good and versions == set(made) and len(versions) == 2
    note = f"{len(versions)} versions are listed"
    yield judged("versioning", good, state, first, second, old, listed, note=note)

    deleted = bucket.ask("DeleteObject", Key="twice")
    hidden = bucket.ask("GetObject", Key="twice")
    unlisted = bucket.ask("ListObjectsV2", Prefix="twice")
    kept = bucket.ask("GetObject", Key="twice", VersionId=made[1] or "null")
    listed = bucket.ask("ListObjectVersions", Prefix="twice")
    markers = listed.data.get("DeleteMarkers", [])
    good = hidden.status == 404 and not unlisted.data.get("Contents") and len(markers) == 1
    good = good and kept.data.get("Body") == b"second"
    note = f"{len(markers)} delete markers are listed"
    yield judged("delete-marker", good, deleted, hidden, unlisted, kept, listed, note=note)

    if markers:
        undone = bucket.ask("DeleteObject", Key="twice", VersionId=markers[0]["VersionId"])
        back = bucket.ask("GetObject", Key="twice")
        yield judged("undelete", back.data.get("Body") == b"second", undone, back)
    else:
        yield judged("undelete", False, listed, note="there is no marker to remove")
