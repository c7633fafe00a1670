"""Credentials that the External Secrets operator brings, as the specs of its ExternalSecrets."""

from typing import Any

from vectorkit.decisions import naming
from vectorkit.settings import Settings

Spec = dict[str, Any]

API_VERSION = "external-secrets.io/v1"
REFRESH = "1h"
"""How often the operator looks for other values; pods that run keep what they were started with."""


def specs(settings: Settings) -> dict[str, Spec]:
    """By the name of the Secret that each makes; empty where the stack holds its credentials."""
    given = settings.external_secrets
    if given is None:
        return {}
    root = {naming.ROOT_PASSWORD_KEY: given.root_password}
    etcd = {naming.ETCD_PASSWORD_KEY: given.etcd_password}
    wanted: dict[str, dict[str, str | None]] = {
        naming.CREDENTIALS_SECRET: {
            **root,
            naming.ACCESS_KEY_ID_KEY: given.access_key_id,
            naming.SECRET_ACCESS_KEY_KEY: given.secret_access_key,
        },
        naming.ETCD_CREDENTIALS: etcd,
    }
    if settings.store.vault.schedule is not None:
        wanted[naming.SEAL_CREDENTIALS] = {
            **root,
            **etcd,
            naming.ACCESS_KEY_ID_KEY: given.vault_access_key_id,
            naming.SECRET_ACCESS_KEY_KEY: given.vault_secret_access_key,
        }
    return {
        name: _spec(given.cluster_secret_store, name, keys)
        for name, keys in wanted.items()
        if any(keys.values())
    }


def _spec(store: str, name: str, keys: dict[str, str | None]) -> Spec:
    return {
        "refreshInterval": REFRESH,
        "secretStoreRef": {"name": store, "kind": "ClusterSecretStore"},
        "target": {"name": name},
        "data": [
            {"secretKey": key, "remoteRef": {"key": where}} for key, where in keys.items() if where
        ],
    }
