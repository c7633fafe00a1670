"""Where everything of the platform lies on the machine; nothing of it lies in the clone."""

from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Layout:
    """Paths below the state folder (data, kept by `make down`) and the cache folder (rebuilt)."""

    state: Path
    cache: Path

    @property
    def secrets(self) -> Path:
        """Passphrase, identities and keys, readable by root alone."""
        return self.state / "secrets"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def ca_file(self) -> Path:
        return self.pki / "ca.crt"

    @property
    def store(self) -> Path:
        return self.state / "store"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def sockets(self) -> Path:
        """Sockets of the running platform; emptied by `make down`."""
        return self.state / "sockets"

    @property
    def supervisor_socket(self) -> Path:
        return self.sockets / "supervisor.sock"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def pulumi_home(self) -> Path:
        return self.state / "pulumi-home"

    @property
    def pulumi_backend(self) -> Path:
        return self.state / "pulumi-backend"

    @property
    def stack_file(self) -> Path:
        """The stack file of `local` with this machine's values and encrypted secrets."""
        return self.state / "Pulumi.local.yaml"

    @property
    def smoke_report(self) -> Path:
        return self.state / "smoke-report.json"

    @property
    def smoke_proof(self) -> Path:
        return self.state / "smoke-proof.json"

    @property
    def last_up(self) -> Path:
        """Seconds of each stage of the last `make up`."""
        return self.state / "last-up.json"

    def node(self, index: int) -> Path:
        return self.state / f"node-{index}"
