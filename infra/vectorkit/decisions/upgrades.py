"""What a deployed environment may become: what its metadata refers to is for life, versions only
go up."""

from collections.abc import Mapping
from hashlib import scrypt

from vectorkit.decisions import naming
from vectorkit.schema import versions
from vectorkit.schema.strict import Found
from vectorkit.settings import Settings

BEFORE_26 = (2, 5, 16)
"""The first release whose coordinators are one, as those of 2.6 are (milvus-helm's README)."""

AWAITS_RESTORE = "awaits_restore"
ETCD_LOGIN = "etcd_login"
ROOT_PASSWORD, ETCD_PASSWORD = "root_password_digest", "etcd_password_digest"

_FOR_LIFE = {
    "wal": ("milvus.wal", "rows that are only in the old log would be lost"),
    "root_path": ("milvus.root_path", "Milvus would find neither its metadata nor its objects"),
    "store_endpoint": ("store", "etcd names objects that no other store has"),
    "live_bucket": (
        "store.live.bucket",
        "etcd names objects that no other bucket has, whatever allow_destroy_bucket agrees to",
    ),
    "queue": ("milvus.pulsar", "rows that are only there would be lost"),
}
"""By the fact: where the document says it, and what another one would do."""


def facts(settings: Settings, secrets: Mapping[str, str]) -> dict[str, str]:
    """What the next deployment must know of this one; `secrets` are the credentials, of which it
    tells whether they change and nothing else."""
    milvus, store, pulsar = settings.milvus, settings.store, settings.milvus.pulsar
    digests = {ROOT_PASSWORD: naming.ROOT_PASSWORD_KEY, ETCD_PASSWORD: naming.ETCD_PASSWORD_KEY}
    return {
        "image_tag": milvus.image.tag,
        "wal": milvus.wal,
        "root_path": milvus.root_path,
        "store_endpoint": store.endpoint,
        "live_bucket": store.live.bucket,
        ETCD_LOGIN: "none" if milvus.allow_anonymous_etcd else "password",
        **({"queue": f"{pulsar.host}/{pulsar.tenant}/{pulsar.namespace}"} if pulsar else {}),
        **{
            fact: _digest(secrets[key], f"{settings.environment} {fact}")
            for fact, key in digests.items()
            if key in secrets
        },
        **({AWAITS_RESTORE: "true"} if milvus.awaits_restore else {}),
    }


def refusals(
    before: Mapping[str, str], after: Mapping[str, str], *, changed_root_password: str | None = None
) -> Found:
    """Why what is deployed may not become that; empty when it may. What an older kit did not tell
    is not asked for."""
    for fact, (path, what) in _FOR_LIFE.items():
        if _changes(fact, before, after):
            yield (
                path,
                f"{before[fact]!r} is deployed, and for life: {what}. Set it back, or deploy "
                "another environment and bring the data there.",
            )
    if AWAITS_RESTORE in after and AWAITS_RESTORE not in before:
        yield (
            f"milvus.{AWAITS_RESTORE}",
            "Milvus has been started here, and would be stopped for a restore that only an empty "
            "environment takes. Remove this key, or deploy another environment.",
        )
    yield from _passwords(before, after, changed_root_password)
    old, new = versions.parsed(before["image_tag"]), versions.parsed(after["image_tag"])
    if old and new and (reason := _no_way(old, new)):
        yield "milvus.image.tag", f"{before['image_tag']} is deployed; {reason}"


def _passwords(
    before: Mapping[str, str], after: Mapping[str, str], changed_root_password: str | None
) -> Found:
    if (old := before.get(ETCD_LOGIN, "none")) != after[ETCD_LOGIN]:
        yield (
            "milvus.allow_anonymous_etcd",
            "the etcd that is deployed asks nobody for a password, and would refuse a Milvus that "
            "gives one. Write true here, or deploy another environment and bring the data there."
            if old == "none"
            else "the etcd that is deployed asks for its password for life. Remove this key.",
        )
    if _changes(ETCD_PASSWORD, before, after):
        yield (
            "etcdRootPassword",
            "etcd keeps the password that it was first started with, and would refuse Milvus. "
            "Set it back.",
        )
    # Before a restore no Milvus has been started, and so none has a password yet.
    settled = AWAITS_RESTORE in before or after.get(ROOT_PASSWORD) == changed_root_password
    if _changes(ROOT_PASSWORD, before, after) and not settled:
        yield (
            "milvusRootPassword",
            "Milvus keeps the password that it was first started with: another one in the Secret "
            "shuts out smoke tests, seals and restores. Set it back, or give the new one to Milvus "
            'first (MilvusClient.update_password("root", old, new)), then write '
            f"milvus.changed_root_password: {after[ROOT_PASSWORD]}.",
        )


def _changes(fact: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    return fact in before and fact in after and before[fact] != after[fact]


def _digest(secret: str, salt: str) -> str:
    """Slow to make, because it stands in the open and a password may be guessable."""
    return scrypt(secret.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=8).hex()


def _no_way(old: versions.Version, new: versions.Version) -> str | None:
    if new < old:
        return "an older release may not read what it wrote. Take that or a newer one."
    if new[0] == old[0] and new[1] > old[1] + 1:
        return f"lines follow each other: first go to the newest {old[0]}.{old[1] + 1}."
    if old[:2] == (2, 5) and new[:2] == (2, 6) and old < BEFORE_26:
        first = ".".join(map(str, BEFORE_26))
        return f"2.6 takes over from {first} and later alone: first go to v{first}."
    return None
