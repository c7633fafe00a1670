"""Asks a given store and a given cluster whether they are there, before anything is changed."""

import socket
import ssl
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from local.command import run
from local.errors import Refusal

SECONDS = 10


def require_store(endpoint: str, ca_file: Path | None) -> None:
    """Raises Refusal when nobody answers there, or with a certificate of an unknown CA."""
    address = urlsplit(endpoint)
    host, port = address.hostname or "", address.port or 443
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        with (
            socket.create_connection((host, port), timeout=SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return
    except ssl.SSLCertVerificationError as error:
        raise Refusal(
            f"The S3 store at {endpoint} has a certificate that is not trusted "
            f"({error.verify_message}). Name the CA that signed it with VECTORKIT_S3_CA_FILE=..."
        ) from None
    except OSError as error:
        raise Refusal(
            f"The S3 store at {endpoint} cannot be reached ({error.strerror or error}), so nothing "
            "was changed. Check VECTORKIT_S3_ENDPOINT and that the store runs, then try again."
        ) from None


def require_store_on_this_machine(endpoint: str) -> None:
    """Raises Refusal for a store that the platform's own cluster cannot reach: its nodes have no
    way out of the machine, and its DNS asks nobody for names."""
    host = urlsplit(endpoint).hostname or ""
    try:
        address = ip_address(host)
        with socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET) as probe:
            probe.bind((host, 0))
        here = not address.is_loopback
    except (ValueError, OSError):
        here = False
    if not here:
        raise Refusal(
            f"The platform's own cluster cannot reach the store at {endpoint}: its nodes reach "
            "this machine alone, and by address. Name a store that runs here by an address of this "
            "machine other than loopback, or use a cluster of your own with KUBECONFIG=..."
        )


def networks(endpoint: str) -> list[str]:
    """The addresses behind the endpoint's name, as CIDRs: a NetworkPolicy knows no names. Raises
    Refusal when the name has none."""
    host = urlsplit(endpoint).hostname or ""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise Refusal(
            f"{host!r} in VECTORKIT_S3_ENDPOINT has no address ({error.strerror or error}); "
            "correct the name, or give the address."
        ) from None
    return sorted(f"{address}/{ip_address(address).max_prefixlen}" for address in found)


def require_cluster(kubectl: Path, kubeconfig: Path) -> None:
    """Raises Refusal when the API server of the kubeconfig's current context does not answer."""
    command = [str(kubectl), f"--kubeconfig={kubeconfig}", "get", "--raw=/version"]
    try:
        run([*command, f"--request-timeout={SECONDS}s"], what="Asking the cluster for its version")
    except Refusal as refusal:
        reason = str(refusal).splitlines()[-1].strip()
        raise Refusal(
            f"The cluster of {kubeconfig} cannot be reached ({reason}), so nothing was changed. "
            "Check KUBECONFIG and its current context, or unset it to use the platform's own."
        ) from None
