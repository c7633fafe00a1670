"""The local stack's secrets: made on this machine once, outside the clone, for root alone."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

IDENTITIES = ("admin", "milvus", "vault", "milvus-drill", "vault-drill")
"""Who may speak to the local store: the deployer, Milvus, the vault's writer, and both in a drill's
own environments."""

VAULT_RIGHTS = (
    "Read",
    "Write",
    "List",
    "PutObjectRetention",
    "GetObjectRetention",
    "GetBucketObjectLockConfiguration",
)
"""What the vault's writer may do in the vault, in the store's words: no bypass and no hold."""


@dataclass(frozen=True, repr=False)
class Identity:
    """One S3 access key. Has no repr, so that it cannot be printed by mistake."""

    access_key_id: str
    secret_access_key: str


def ensure(folder: Path) -> None:
    """Make whatever is missing; never replace what is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    _once(folder / "passphrase", secrets.token_urlsafe(32))
    _once(folder / "milvus-root-password", "R-" + secrets.token_urlsafe(24))
    _once(folder / "etcd-root-password", secrets.token_urlsafe(24))
    _once(folder / "store-encryption-key", secrets.token_hex(32))
    for name in IDENTITIES:
        key_id = f"VK{secrets.token_hex(9).upper()}"
        _once(
            folder / f"{name}.json",
            json.dumps({"access_key_id": key_id, "secret_access_key": secrets.token_urlsafe(30)}),
        )


def identity(folder: Path, name: str) -> Identity:
    """The access key of one of IDENTITIES."""
    return Identity(**json.loads((folder / f"{name}.json").read_text()))


def read(folder: Path, name: str) -> str:
    """The text of one secret file."""
    return (folder / name).read_text().strip()


def _once(path: Path, value: str) -> None:
    if path.exists() and path.stat().st_size:
        return
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.chmod(0o600)
    fresh.write_text(value)
    fresh.replace(path)
