"""One deployed stack, ready to be used: its outputs, its cluster, its secrets and its address."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from pymilvus import MilvusClient

from smoke_tests import credentials, engine, forward, outputs, workload_identity
from smoke_tests.cluster import Cluster
from smoke_tests.credentials import Credentials, Masked, StoreKey
from smoke_tests.forward import Address
from smoke_tests.outputs import Outputs


@dataclass(frozen=True)
class Environment:
    """What tests and sample need to know of a stack."""

    stack: str
    outputs: Outputs
    cluster: Cluster
    credentials: Credentials
    address: Address

    def connect(self) -> MilvusClient:
        """A new connection to Milvus as root."""
        return self.connect_as(self.credentials.root_password)

    def store_key(self) -> StoreKey:
        """Of Milvus's own identity. Raises SmokeError where AWS gives none to its pods."""
        if self.credentials.store_key:
            return self.credentials.store_key
        return workload_identity.assumed(
            self.cluster, self.outputs.service, self.outputs.store_region
        )

    def connect_as(self, password: Masked) -> MilvusClient:
        """The same with any password. Raises LoginRefusedError for a wrong one."""
        certificate = engine.Certificate.of_stack(self.outputs)
        return engine.connect(self.address.uri, password, certificate=certificate)


@contextlib.contextmanager
def open_stack(stack: str) -> Iterator[Environment]:
    """Raises SmokeError when the stack is not deployed or its cluster cannot be asked."""
    found = outputs.read(stack)
    cluster = Cluster(found.kubeconfig, found.context, found.namespace)
    secret = credentials.read(cluster, found.credentials_secret)
    with forward.address(found, cluster) as address:
        yield Environment(stack, found, cluster, secret, address)
