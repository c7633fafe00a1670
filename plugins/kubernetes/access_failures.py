"""Why a cluster does not answer, or does not let its user in: one sentence each, with the remedy.

kubectl and helm say it in many lines, some of them instructions for another problem.
"""

import base64
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plugins.kubernetes import kubeconfig as config

_UNREACHABLE = re.compile(
    r"Unable to connect to the server|was refused - did you specify the right host"
    r"|Kubernetes cluster unreachable|failed to download openapi"
    r'|(Get|Patch|Post|Put|Delete) "https?://[^"]*": (dial tcp|read tcp|net/http|context|EOF|http2)'
)
_CREDENTIALS = re.compile(r"getting credentials: (.*)")
_NO_PROGRAM = re.compile(r"exec: (?:executable (\S+) not found|\"(\S+)\": executable file not)")
_NO_CONTEXT = re.compile(r'context "?[^"]*"? does not exist')
_UNUSABLE = re.compile(
    r"^(?:tls: |unable to (?:read|load) |illegal base64|invalid configuration: )"
)


def explained(words: str, kubeconfig: str | None, context: str | None) -> str | None:
    """What is wrong with cluster, kubeconfig or credentials; None: it is something else."""
    said = words.removeprefix("error: ").removeprefix("Error: ")
    where = _named(kubeconfig, context)
    first = said.splitlines()[0] if said else ""
    if credentials := _CREDENTIALS.search(said):
        return _credentials(credentials[1], where)
    if _absent(kubeconfig) and (_NO_CONTEXT.search(said) or _is_unreachable(said)):
        return (
            f"There is no kubeconfig {kubeconfig}. Correct the path, or have the file written by "
            "whoever runs the cluster."
        )
    if _NO_CONTEXT.search(said):
        return (
            f"The cluster of {where} is unknown: {first}. Correct the context; `kubectl config "
            "get-contexts` lists what there is."
        )
    if "error loading config file" in said or _UNUSABLE.match(said):
        return (
            f"The kubeconfig of {where} cannot be used: {first}. Correct the file, or have it "
            "written anew."
        )
    if "(Unauthorized)" in said or "the server has asked for the client to provide" in said:
        return f"The cluster of {where} does not take the credentials: " + _refused(
            kubeconfig, context
        )
    if _is_unreachable(said):
        return (
            f"The cluster of {where} cannot be reached at {_server(kubeconfig, context)}: "
            f"{said.splitlines()[-1]} Check that it runs and that kubeconfig and context are the "
            "right ones, then try again; the stack still knows all that it has made."
        )
    return None


def _is_unreachable(said: str) -> bool:
    return _UNREACHABLE.search(said) is not None


def _credentials(why: str, where: str) -> str:
    if program := _NO_PROGRAM.search(why):
        return (
            f"The credentials of {where} come from the program {program[1] or program[2]}, which "
            "is not on PATH. Install it, or take a context with other credentials."
        )
    return (
        f"The program that brings the credentials of {where} failed: {why}. Run it by hand, sign "
        "in anew, then try again."
    )


def _refused(kubeconfig: str | None, context: str | None) -> str:
    ended = _certificate_end(config.active(kubeconfig, context).user, kubeconfig)
    if ended is not None and ended < datetime.now(UTC):
        return f"its client certificate has expired on {ended:%Y-%m-%d}. Renew it, then try again."
    return "they are wrong or have expired. Renew them, then try again."


def _certificate_end(user: Mapping[str, Any] | None, kubeconfig: str | None) -> datetime | None:
    """When the user's client certificate ends; None where there is none that can be read."""
    # Loading it takes longer than a request; only a refused user needs it.
    from cryptography import x509  # noqa: PLC0415

    given = user or {}
    try:
        if data := given.get("client-certificate-data"):
            pem = base64.b64decode(data)
        else:
            path = Path(given["client-certificate"])
            pem = (Path(kubeconfig or "").expanduser().parent / path).read_bytes()
        return x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except (KeyError, OSError, TypeError, ValueError):
        return None


def _absent(kubeconfig: str | None) -> bool:
    is_path = kubeconfig is not None and not config.is_text(kubeconfig)
    return is_path and not Path(str(kubeconfig)).expanduser().exists()


def _server(kubeconfig: str | None, context: str | None) -> str:
    cluster = config.active(kubeconfig, context).cluster or {}
    return str(cluster.get("server", "an unknown address"))


def _named(kubeconfig: str | None, context: str | None) -> str:
    where = kubeconfig or os.environ.get("KUBECONFIG") or "by default"
    where = "given as text" if config.is_text(where) else where
    return f"kubeconfig {where}, context {context or 'current'}"
