"""What an environment that must not be lost may not be, whatever its document says."""

import re
from collections.abc import Mapping
from pathlib import Path

from vectorkit.schema.strict import Found

DRILL = "drill"
"""So the name of every scratch environment of a drill begins."""
PRODUCTION, STAGING = {"prod", "production"}, {"stage", "staging"}
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 (a variable's name)
PASSPHRASE_FILE = f"{PASSPHRASE}_FILE"


def contradicts_its_name(environment: str, *, durable: bool, tls: bool) -> Found:
    """A stack that is called production, or staging, is taken for one by everybody who reads its
    name."""
    if environment.startswith(f"{DRILL}-"):
        return  # It has no data but its own sample, and is thrown away within minutes.
    words = set(re.split(r"[-_.]", environment.lower()))
    if not tls and words & {*PRODUCTION, *STAGING}:
        yield (
            "milvus.tls",
            f"is missing: clients of stack {environment!r} would send data and passwords in the "
            "clear, which neither allow_plaintext nor durable: false permits to staging and "
            "production. Name a Secret with a certificate, or give the stack another name.",
        )
    if not durable and words & PRODUCTION:
        yield (
            "durable",
            f"false leaves every bucket of stack {environment!r} unprotected, and its name says "
            "production; remove this key, or give the stack another name.",
        )


def readable_secrets(variables: Mapping[str, str], *, durable: bool) -> Found:
    """An empty passphrase, which Pulumi takes: whoever has the state then has every secret."""
    if durable and (name := _empty_passphrase(variables)):
        yield (
            name,
            "is empty, so anybody who has the stack file or the state reads its secrets. Give the "
            "stack a passphrase with `pulumi stack change-secrets-provider passphrase`, then renew "
            "its secrets; where a key service encrypts them, unset the variable.",
        )


def _empty_passphrase(variables: Mapping[str, str]) -> str | None:
    """The variable that holds it. Pulumi, too, prefers the text to the file, and strips a file."""
    if PASSPHRASE in variables:
        return None if variables[PASSPHRASE] else PASSPHRASE
    file = variables.get(PASSPHRASE_FILE)
    if not file:
        return None
    try:
        return None if Path(file).read_text().strip() else PASSPHRASE_FILE
    except (OSError, UnicodeDecodeError):
        return None  # Pulumi itself says so, and goes no further.
