"""Brings object versions of the live bucket into the vault, each locked and read back."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from plugins.objectstore.errors import StoreError
from plugins.objectstore.history import Entry, entries
from vault import copying
from vault.copying import Copy, Wanted
from vault.lease import Lease
from vault.manifest import Manifest, SealedObject, objects_prefix, vault_key
from vault.object_version import MOST_SKEW, Mode, SealRefused
from vault.places import Bucket, Lock, VaultError, chunks
from vault.report import Progress
from vault.sealing import keep

LIVE_VERSION = "live-version"
"""Metadata of a copy: by it a run that is repeated knows what an earlier one has copied."""


def new_bytes(objects: Iterable[SealedObject], known: Iterable[SealedObject]) -> int:
    """The size of what the previous snapshot did not have."""
    there = {(one.live_key, one.live_version_id) for one in known}
    return sum(one.size for one in objects if (one.live_key, one.live_version_id) not in there)


class Sealing:
    """One run over the versions that a snapshot needs."""

    def __init__(
        self,
        live: Bucket,
        vault: Bucket,
        lock: Lock,
        lease: Lease,
        previous: Manifest | None,
    ) -> None:
        self._live, self._vault, self._lock, self._lease = live, vault, lock, lease
        known = previous.objects if previous else ()
        self._known = {(one.live_key, one.live_version_id): one for one in known}
        self._last = (previous.mode, previous.until) if previous else None
        self._since = previous.started - MOST_SKEW if previous else None
        self._left: dict[str, list[str]] = {}
        self._in_store = False

    def run(
        self, wanted: Sequence[Entry], threads: int, progress: Progress
    ) -> tuple[SealedObject, ...]:
        """All of them, in the order given. Raises the first refusal, and begins no more then."""
        self._left = self._left_over(self._since)
        self._in_store = self._store_can_copy()
        found: list[SealedObject] = []
        progress("seal objects", 0, len(wanted))
        with ThreadPoolExecutor(threads) as pool:
            for chunk in chunks(wanted):
                for sealed in pool.map(self._seal, chunk):
                    found.append(sealed)
                    progress("seal objects", len(found), len(wanted))
        return tuple(found)

    def _seal(self, entry: Entry) -> SealedObject:
        self._lease.check()
        there = self._known.get((entry.key, entry.version_id))
        if there and self._is_kept(there, self._last):
            return there
        left = self._found(entry)
        if left and self._is_kept(left):
            return left
        copied = self._copied(entry)
        self._keep(copied)
        return copied

    def _is_kept(self, sealed: SealedObject, last: tuple[Mode, datetime] | None = None) -> bool:
        """Extend what is there; False when it was removed after its lock had ended, or when only a
        bypass, which no writer has, would lock it as firmly as is asked for."""
        try:
            self._keep(sealed, last)
        except StoreError as error:
            head = copying.head(self._vault, sealed.vault_key, sealed.vault_version_id)
            if head is None:
                return False
            weaker = head.get("ObjectLockMode", "").lower() == "governance" != self._lock.mode
            if weaker and isinstance(error, SealRefused):
                return False
            raise
        return True

    def _keep(self, sealed: SealedObject, last: tuple[Mode, datetime] | None = None) -> None:
        version = self._vault.version(sealed.vault_key, sealed.vault_version_id)
        keep(version, self._lock.mode, self._lock.until, last=last)

    def _found(self, entry: Entry) -> SealedObject | None:
        """A copy that a seal has made which did not end."""
        key = vault_key(self._vault.root_path, entry.key)
        for version_id in self._left.get(key, ()):
            head = copying.head(self._vault, key, version_id)
            if (
                head is None
                or head["Metadata"].get(LIVE_VERSION) != entry.version_id
                or head["ContentLength"] != entry.size
            ):
                continue
            # Whoever has the writer's key can have written it, with any metadata.
            sha256 = copying.read_digest(self._vault, key, version_id)
            if sha256 != copying.read_digest(self._live, entry.key, entry.version_id):
                continue
            return self._object(entry, Copy(version_id, entry.size, sha256))
        return None

    def _copied(self, entry: Entry) -> SealedObject:
        wanted = Wanted(
            key=vault_key(self._vault.root_path, entry.key),
            metadata={LIVE_VERSION: entry.version_id},
            lock=self._lock.headers,
        )
        here = (self._live, entry.key, entry.version_id)
        copy = None
        if self._in_store and copying.fits_in_store(self._live, self._vault, entry.size):
            copy = copying.in_store(*here, self._vault, wanted)
        if copy is None:
            copy = copying.stream(*here, self._vault, wanted)
            if copy.size != entry.size:
                raise VaultError(
                    f"Version {entry.version_id!r} of {entry.key!r} has {copy.size} bytes; the "
                    f"listing says {entry.size}. The live store contradicts itself; check it."
                )
        return self._object(entry, copy)

    def _object(self, entry: Entry, copy: Copy) -> SealedObject:
        return SealedObject(
            live_key=entry.key,
            live_version_id=entry.version_id,
            vault_key=vault_key(self._vault.root_path, entry.key),
            vault_version_id=copy.version_id,
            size=entry.size,
            sha256=copy.sha256,
        )

    def _left_over(self, since: datetime | None) -> dict[str, list[str]]:
        """Versions that were written since then: an earlier seal used its own left-overs."""
        left: dict[str, list[str]] = {}
        prefix = objects_prefix(self._vault.root_path)
        for entry in entries(self._vault.client, self._vault.bucket, prefix):
            if not entry.is_marker and (since is None or entry.modified >= since):
                left.setdefault(entry.key, []).append(entry.version_id)
        return left

    def _store_can_copy(self) -> bool:
        """Asked once with a few bytes: a copy without a checksum would be a version for nothing."""
        if not copying.fits_in_store(self._live, self._vault, 0):
            return False
        trial = Wanted(key=f"{self._lease.key}-trial")
        small = (self._vault, self._lease.key, self._lease.version_id)
        return copying.in_store(*small, self._vault, trial) is not None
