"""The environment's secrets, read from its Kubernetes Secrets and kept out of every output."""

import base64
import hmac
import json
from dataclasses import dataclass

from smoke_tests.cluster import Cluster
from smoke_tests.errors import SmokeError

ROOT_PASSWORD = "root-password"  # noqa: S105 (a key of the Secret)
ETCD_PASSWORD = "etcd-password"  # noqa: S105 (a key of its Secret)
STORE_KEYS = ("access-key-id", "secret-access-key")
KEYS = (ROOT_PASSWORD, *STORE_KEYS)


class Masked:
    """A secret whose text shows only where it is revealed, never in a repr or a message."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        return self.__value

    def __repr__(self) -> str:
        return "Masked(***)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Masked):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self.__value)

    def __reduce__(self) -> str:
        raise TypeError("A masked secret is not pickled.")


@dataclass(frozen=True, kw_only=True)
class StoreKey:
    """One identity of the store."""

    access_key_id: Masked
    secret_access_key: Masked
    session_token: Masked | None = None
    """Of a key that the store has given for a while only."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Milvus's root password and the key of Milvus's own identity in the store."""

    root_password: Masked
    store_key: StoreKey | None
    """None where the pods' service account is the identity."""


def read(cluster: Cluster, name: str) -> Credentials:
    """Raises SmokeError when the Secret is missing or incomplete; its message holds no value."""
    data = json.loads(cluster.run("get", "secret", name, "--output=json")).get("data", {})
    expected = KEYS if any(data.get(key) for key in STORE_KEYS) else (ROOT_PASSWORD,)
    missing = [key for key in expected if not data.get(key)]
    if missing:
        raise SmokeError(
            f"The Secret {name!r} in namespace {cluster.namespace!r} lacks {', '.join(missing)}. "
            f"Expected the keys {', '.join(expected)}; deploy the stack again."
        )
    root, *key = (masked(data[key]) for key in expected)
    return Credentials(
        root_password=root,
        store_key=StoreKey(access_key_id=key[0], secret_access_key=key[1]) if key else None,
    )


def known(cluster: Cluster) -> dict[str, Masked]:
    """Every password and key in the Secrets of the namespace, by `secret/key`."""
    return {
        f"{item['metadata']['name']}/{key}": masked(value)
        for item in cluster.items("secrets", "--field-selector=type=Opaque")
        for key, value in item.get("data", {}).items()
        if key in (*KEYS, ETCD_PASSWORD) and value
    }


def masked(value: str) -> Masked:
    """A value of a Secret as kubectl shows it: in base64."""
    return Masked(base64.b64decode(value).decode())
