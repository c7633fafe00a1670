"""The one door for configuration: the stack document and the secrets.

`parse` needs no engine; `load` and `credentials` read the stack's configuration.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from vectorkit.decisions import naming
from vectorkit.schema import ca_bundles, neighbours, production, sentences
from vectorkit.schema.document import Document
from vectorkit.schema.problems import Problems, refuse
from vectorkit.schema.value_types import REPOSITORY

if TYPE_CHECKING:
    import pulumi

STACK_FILES = REPOSITORY / "stacks"
"""The folder that the project file's stackConfigDir names, too."""
KEY = "vectorkit:environment"
# Milvus refuses others when the password is set, long after the deployment began.
SHORTEST_PASSWORD, LONGEST_PASSWORD = 6, 72
# etcd's image gives it to programs by a shell, which takes blanks and stars for its own.
ETCD_PASSWORD = re.compile(r"[A-Za-z0-9._~-]{16,72}")


class Settings(Document):
    """The document together with the environment's name."""

    environment: str


Credentials = Mapping[str, "pulumi.Output[str]"]
"""Milvus's root password, that of etcd, and Milvus's key to the live bucket where it needs one, all
secret; by the names which they have in the Kubernetes Secrets."""


def parse(document: Mapping[str, Any], environment: str) -> Settings:
    """The settings in `document`. Raises Problems with every problem found, each with its path."""
    try:
        checked = Document.model_validate(document)
    except ValidationError as error:
        raise Problems(*sentences.of(error)) from None
    tls = checked.milvus.tls is not None
    refuse(production.contradicts_its_name(environment, durable=checked.durable, tls=tls))
    return Settings.model_construct(**dict(checked), environment=environment)


def refuse_clashes(settings: Settings, folder: Path = STACK_FILES) -> None:
    """Raises Problems where the stack shares something with another whose file is in `folder`."""
    files = {one.name.split(".")[1]: one for one in sorted(folder.glob("Pulumi.*.yaml"))}
    files.pop(settings.environment, None)
    found = {name: _neighbour(file, name) for name, file in files.items()}
    others = {name: one for name, one in found.items() if one is not None}
    refuse(neighbours.clashes(settings, others))


def _neighbour(file: Path, environment: str) -> Settings | None:
    """None for a file that is wrong itself: whoever deploys it is told, and nothing is made."""
    try:
        return parse(yaml.safe_load(file.read_text())["config"][KEY], environment)
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
        return None


def load() -> Settings:
    """The stack's settings. Raises RunError, one line for each problem."""
    # Imported here because it takes longer than all of parse.
    import pulumi  # noqa: PLC0415

    document = pulumi.Config().require_object("environment")
    with _reported():
        settings = parse(document, pulumi.get_stack())
        refuse(production.readable_secrets(os.environ, durable=settings.durable))
        refuse_clashes(settings)
        return settings


def load_ca_bundle(settings: Settings) -> str | None:
    """The certificates of the private CAs of store and log, if they have any. Raises RunError."""
    with _reported():
        return ca_bundles.read(settings)


def load_milvus_ca(settings: Settings) -> str | None:
    """The certificates by which the job that seals knows Milvus, if it needs any. Raises
    RunError."""
    tls = settings.milvus.tls
    if settings.store.vault.schedule is None or tls is None or tls.ca_file is None:
        return None
    with _reported():
        return ca_bundles.certificates_in(tls.ca_file, "milvus.tls.ca_file")


def credentials(settings: Settings) -> Credentials:
    """The stack's secrets. An unusable root password fails with a sentence that omits it."""
    import pulumi  # noqa: PLC0415

    config = pulumi.Config()
    keys = ("s3AccessKeyId", "s3SecretAccessKey")
    if settings.external_secrets:
        _refuse_configured(
            config,
            ("milvusRootPassword", "etcdRootPassword", *keys),
            "external_secrets says where credentials are",
        )
        return {}
    passwords = {
        naming.ROOT_PASSWORD_KEY: _encrypted("milvusRootPassword").apply(usable_password),
        **_etcd_password(settings),
    }
    if settings.store.uses_iam:
        _refuse_configured(config, keys, "in this store Milvus takes a role and has no key")
        return passwords
    return {
        **passwords,
        naming.ACCESS_KEY_ID_KEY: _encrypted("s3AccessKeyId"),
        naming.SECRET_ACCESS_KEY_KEY: _encrypted("s3SecretAccessKey"),
    }


def _etcd_password(settings: Settings) -> Credentials:
    if settings.milvus.allow_anonymous_etcd:
        return {}
    return {naming.ETCD_PASSWORD_KEY: _encrypted("etcdRootPassword").apply(usable_etcd_password)}


def _refuse_configured(config: "pulumi.Config", keys: Sequence[str], why: str) -> None:
    import pulumi  # noqa: PLC0415

    for key in keys:
        if config.get(key) is not None:
            raise pulumi.RunError(
                f"vectorkit:{key} is set, but {why}. Remove it with `pulumi config rm {key}`, and "
                "revoke it."
            )


def _encrypted(key: str) -> "pulumi.Output[str]":
    """A secret that not every stack has, so that the project file cannot ask for it."""
    import pulumi  # noqa: PLC0415
    from pulumi.runtime import is_config_secret  # noqa: PLC0415

    config = pulumi.Config()
    if config.get(key) is not None and not is_config_secret(config.full_key(key)):
        raise pulumi.RunError(
            f"vectorkit:{key} stands in the stack file in plain text. Set it with "
            f"`pulumi config set --secret {key}`, and revoke the key that was readable."
        )
    return config.require_secret(key)


def vault_credentials(settings: Settings) -> Credentials:
    """What the job that seals proves itself by; empty where no job does, and where whoever brings
    Milvus's credentials brings the job's Secret, too."""
    if settings.store.vault.schedule is None or settings.external_secrets:
        return {}
    known = {
        naming.ROOT_PASSWORD_KEY: _encrypted("milvusRootPassword"),
        **_etcd_password(settings),
    }
    if settings.store.uses_iam:
        return known
    return {
        **known,
        naming.ACCESS_KEY_ID_KEY: _encrypted("vaultAccessKeyId"),
        naming.SECRET_ACCESS_KEY_KEY: _encrypted("vaultSecretAccessKey"),
    }


def usable_password(password: str) -> str:
    """The password, when Milvus takes it and it is not the one everybody knows."""
    if password == "Milvus" or not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:  # noqa: S105
        raise ValueError(
            "vectorkit:milvusRootPassword must have 6 to 72 characters and not be Milvus's "
            "default; set it with `pulumi config set --secret`."
        )
    return password


def usable_etcd_password(password: str) -> str:
    """The password, when etcd's image takes it and nobody guesses what it signs."""
    if not ETCD_PASSWORD.fullmatch(password):
        raise ValueError(
            "vectorkit:etcdRootPassword must have 16 to 72 letters, digits and characters of "
            "'.', '_', '~' and '-'; set it with `pulumi config set --secret`."
        )
    return password


@contextmanager
def _reported() -> Iterator[None]:
    """Problems end the program with one line for each, and no traceback."""
    import pulumi  # noqa: PLC0415

    try:
        yield
    except Problems as problems:
        lines = "\n".join(f"  {path}: {sentence}" for path, sentence in problems.found)
        stack = pulumi.get_stack()
        raise pulumi.RunError(
            f"vectorkit:environment of stack {stack!r} is invalid:\n{lines}"
        ) from None
