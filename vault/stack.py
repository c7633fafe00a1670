"""A deployed stack as the vault's commands see it: its buckets, its etcd and its Milvus."""

import json
import os
import re
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.objectstore.s3_client import Credentials, StoreConfig, connect
from smoke_tests import credentials, engine, forward, outputs
from smoke_tests.cluster import Cluster
from smoke_tests.errors import LoginRefusedError, SmokeError
from smoke_tests.outputs import PROJECT, Outputs
from vault.etcd import Etcd
from vault.manifest import UNKNOWN
from vault.milvus import RunningMilvus
from vault.patience import PATIENT
from vault.places import Bucket, VaultError
from vectorkit.decisions import naming

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WRITER = ("VECTORKIT_VAULT_ACCESS_KEY_ID", "VECTORKIT_VAULT_SECRET_ACCESS_KEY")
"""The vault writer's own key; without them boto3's default chain is asked."""
ETCD_PORT = 2379
REFUSED_SECONDS = 20.0
"""A Milvus that starts refuses everybody until it has read its users."""


@dataclass(frozen=True)
class Stack:
    """Reads the live bucket with boto3's default chain, and the vault with its writer's key."""

    name: str
    outputs: Outputs
    writer: Credentials | None = None
    """The vault writer's key; None: the one in WRITER, or boto3's default chain."""

    @property
    def cluster(self) -> Cluster:
        found = self.outputs
        return Cluster(found.kubeconfig, found.context, found.namespace)

    def live(self) -> Bucket:
        found = self.outputs
        return Bucket(client=self._client(None), bucket=found.live_bucket, root_path=self._root)

    def vault(self, bucket: str | None = None) -> Bucket:
        """The stack's own vault, or another one of the same store."""
        name = bucket or self.outputs.vault_bucket
        return Bucket(
            client=self._client(self.writer or _writer()), bucket=name, root_path=self._root
        )

    @contextmanager
    def etcd(self, address: str | None = None) -> Iterator[Etcd]:
        """At this address, or through a forwarded port of the stack's own."""
        # The kit gives Milvus the same root path in etcd as in the bucket.
        if address:
            yield Etcd(address, self._root, self._etcd_password())
            return
        name = f"{self.outputs.service}-etcd"
        # In a stack that awaits a restore, nobody has waited for it yet.
        self.cluster.run("rollout", "status", f"statefulset/{name}", "--timeout=55s")
        port = forward.PortForward(self.cluster, name, ETCD_PORT, "http")
        try:
            port.renew()
            yield Etcd(port.uri, self._root, self._etcd_password())
        finally:
            port.close()

    @contextmanager
    def milvus(self) -> Iterator[RunningMilvus]:
        secret = credentials.read(self.cluster, self.outputs.credentials_secret)
        with forward.address(self.outputs, self.cluster) as address:
            certificate = engine.Certificate.of_stack(self.outputs)
            yield RunningMilvus(address.uri, secret.root_password, certificate=certificate)

    def start_milvus(self, snapshot: str, seconds: float, until: ExitStack) -> RunningMilvus:
        """What await_milvus gives, of a Milvus that may have waited for this restore."""
        self._let_milvus_start(snapshot)
        return self.await_milvus(seconds, until)

    def await_milvus(self, seconds: float, until: ExitStack) -> RunningMilvus:
        """Milvus as soon as it answers, reached for as long as `until` is open.

        Raises VaultError when it does not within `seconds`.
        """
        began = refused = time.monotonic()
        while True:
            try:
                # Opened anew each time: no port is forwarded to a pod that has not started.
                with ExitStack() as attempt:
                    milvus = attempt.enter_context(self.milvus())
                    milvus.version()
                    until.push(attempt.pop_all())
                    return milvus
            except LoginRefusedError:
                if time.monotonic() - refused > REFUSED_SECONDS:
                    raise VaultError(self._other_password()) from None
            except (SmokeError, VaultError) as error:
                refused = time.monotonic()
                if refused > began + seconds:
                    raise VaultError(
                        f"Milvus did not answer within {seconds:.0f} s: {error} Everything is in "
                        "place; start Milvus, and run the same command again for the canaries."
                    ) from None
            time.sleep(2)

    def versions(self) -> dict[str, str]:
        """What the manifest of a snapshot says of chart, kit and log."""
        labels = [
            str(one["metadata"]["labels"]["helm.sh/chart"])
            for one in self.cluster.items("services", "--selector=helm.sh/chart")
            # Charts that this one brings along, such as etcd's, have labels of their own.
            if one["metadata"]["name"] == self.outputs.service
        ]
        return {
            "chart": chart_version(labels[0]) if labels else UNKNOWN,
            "kit": kit_version(),
            "wal": self.outputs.deployed.wal if self.outputs.deployed else UNKNOWN,
        }

    def milvus_version(self) -> str:
        """By the tag of the image that is declared, whether it runs or not."""
        images = {
            str(container["image"])
            for kind in ("deployments", "statefulsets")
            for item in self.cluster.items(kind)
            for container in item["spec"]["template"]["spec"]["containers"]
        }
        tags = {tag for image in images if (tag := milvus_tag(image))}
        if len(tags) != 1:
            raise VaultError(
                f"Namespace {self.cluster.namespace!r} names {len(tags)} versions of Milvus; "
                "expected one. Say which will run with MILVUS_VERSION=2.6.15 (--milvus-version)."
            )
        return tags.pop().removeprefix("v")

    def _other_password(self) -> str:
        return (
            f"Milvus refuses the user 'root' with the password of stack {self.name!r}: its users "
            "came back with the snapshot, and with them the password of the instance that was "
            "sealed. Everything is in place; set that one with `pulumi config set --secret "
            f"milvusRootPassword --stack {self.name}`, run `pulumi up`, then the same command "
            "again for the canaries."
        )

    def _etcd_password(self) -> credentials.Masked | None:
        """None where etcd asks for none; what refuses that is etcd."""
        query = ("get", "secret", naming.ETCD_CREDENTIALS, "--ignore-not-found", "--output=json")
        found = json.loads(self.cluster.run(*query) or "{}").get("data", {})
        if naming.ETCD_PASSWORD_KEY not in found:
            return None
        return credentials.masked(found[naming.ETCD_PASSWORD_KEY])

    def _let_milvus_start(self, snapshot: str) -> None:
        # In a stack that awaits a restore its pods wait for this; elsewhere it is a note.
        name, noted = naming.RESTORED, f"--from-literal={naming.RESTORED_SNAPSHOT}={snapshot}"
        if not self.cluster.run("get", "configmap", name, "--ignore-not-found", "--output=name"):
            self.cluster.run("create", "configmap", name, noted)

    @property
    def _root(self) -> str:
        return self.outputs.root_path

    def _client(self, key: Credentials | None) -> "S3Client":
        found = self.outputs
        config = StoreConfig(
            endpoint=found.endpoint, region=found.store_region, ca_file=found.store_ca_file
        )
        return connect(config, credentials=key, options=PATIENT, content_md5=False)


def read(name: str, *, writer: Credentials | None = None) -> Stack:
    """Raises SmokeError when the stack is not deployed."""
    return Stack(name, outputs.read(name), writer)


def chart_version(label: str) -> str:
    """Of a label such as milvus-5.0.19: what the stack file calls it."""
    found = re.search(r"-v?(\d+\.\d+.*)$", label)
    return found.group(1) if found else label


def milvus_tag(image: str) -> str:
    """Of an image of Milvus, with or without a digest; empty for any other."""
    name, _, tag = image.partition("@")[0].rpartition(":")
    return tag if name.rpartition("/")[2] == "milvus" else ""


def kit_version() -> str:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def vault_of(target: Stack, other: str | None, bucket: str | None) -> Bucket:
    """The vault to restore `target` from: its own, or that of another stack, wherever that is."""
    if not other:
        return target.vault(bucket)
    source = read(other)
    if source.outputs.endpoint != target.outputs.endpoint and not _writer():
        raise VaultError(
            f"The vault of stack {other!r} is at {source.outputs.endpoint}, where the credentials "
            f"of stack {target.name!r} are unknown. Set {WRITER[0]} and {WRITER[1]} to a key that "
            "may read that vault."
        )
    return source.vault(bucket)


def _writer() -> Credentials | None:
    key, secret = (os.environ.get(name, "") for name in WRITER)
    if bool(key) != bool(secret):
        raise VaultError(f"Set both {WRITER[0]} and {WRITER[1]}, or neither of them.")
    return Credentials(access_key_id=key, secret_access_key=secret) if key else None
