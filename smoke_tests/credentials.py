"""The environment's secrets, read from its Kubernetes Secret and kept out of every output."""

import base64
import hmac
import json
from dataclasses import dataclass

from smoke_tests.cluster import Cluster
from smoke_tests.errors import SmokeError

KEYS = ("root-password", "access-key-id", "secret-access-key")


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
class Credentials:
    """Milvus's root password and the key of Milvus's own identity in the store."""

    root_password: Masked
    access_key_id: Masked
    secret_access_key: Masked

    def all(self) -> dict[str, Masked]:
        """Each secret under its key in the Kubernetes Secret."""
        values = (self.root_password, self.access_key_id, self.secret_access_key)
        return dict(zip(KEYS, values, strict=True))


def read(cluster: Cluster, name: str) -> Credentials:
    """Raises SmokeError when the Secret is missing or incomplete; its message holds no value."""
    data = json.loads(cluster.run("get", "secret", name, "--output=json")).get("data", {})
    missing = [key for key in KEYS if not data.get(key)]
    if missing:
        raise SmokeError(
            f"The Secret {name!r} in namespace {cluster.namespace!r} lacks {', '.join(missing)}. "
            f"Expected the keys {', '.join(KEYS)}; deploy the stack again."
        )
    root, key_id, secret = (Masked(base64.b64decode(data[key]).decode()) for key in KEYS)
    return Credentials(root_password=root, access_key_id=key_id, secret_access_key=secret)
