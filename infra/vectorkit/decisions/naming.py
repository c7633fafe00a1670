"""Names of what an environment is made of; pure text, within the limits of who stores them."""

from hashlib import sha256

RELEASE = "milvus"
"""Helm release and service; one per namespace."""
SERVICE_ACCOUNT = "milvus"
ETCD_ACCOUNT = "milvus-etcd"
"""etcd's own: a right that AWS gives to Milvus's service account is not etcd's."""
VAULT_ACCOUNT = "milvus-vault-writer"
"""The service account of whatever seals copies."""
CREDENTIALS_SECRET = "milvus-credentials"  # noqa: S105 (a Secret's name)
ETCD_CREDENTIALS = "milvus-etcd-credentials"
"""etcd's own Secret: it is mounted there whole, and Milvus's keys are not etcd's to know."""
STORE_CA = "milvus-store-ca"
SEAL_JOB = "vault-seal"
"""The CronJob that seals, and what its pods are known by."""
SEAL_CREDENTIALS = "vault-seal-credentials"
SEAL_MILVUS_CA = "vault-seal-milvus-ca"
RESTORED = "milvus-restored"
"""The ConfigMap that a restore makes, and that Milvus waits for in a stack that awaits one."""
RESTORED_SNAPSHOT = "snapshot"
MILVUS_PORT = 19530
METRICS_PORT = 9091
"""Health, metrics and an unauthenticated management API."""

ROOT_PASSWORD_KEY = "root-password"  # noqa: S105 (a key of the Secret)
ACCESS_KEY_ID_KEY = "access-key-id"
SECRET_ACCESS_KEY_KEY = "secret-access-key"  # noqa: S105 (a key of the Secret)
ETCD_PASSWORD_KEY = "etcd-password"  # noqa: S105 (a key of the Secrets)
CA_KEY = "ca-certificates.crt"

LABEL_LIMIT = 63
ROLE_LIMIT = 64


def service_address(namespace: str) -> str:
    """host:port of Milvus inside the cluster."""
    return f"{RELEASE}.{namespace}.svc:{MILVUS_PORT}"


def milvus_hosts(namespace: str, host: str | None) -> list[str]:
    """Names by which clients know Milvus: inside the cluster, and from outside."""
    inside = [RELEASE, f"{RELEASE}.{namespace}", f"{RELEASE}.{namespace}.svc"]
    return [*inside, host] if host else inside


def labels(environment: str) -> dict[str, str]:
    """Labels of every object that belongs to an environment."""
    return {
        "app.kubernetes.io/managed-by": "pulumi",
        "app.kubernetes.io/part-of": "vectorkit",
        "vectorkit/environment": shortened(environment, LABEL_LIMIT),
    }


def tags(environment: str, purpose: str) -> dict[str, str]:
    """Tags of a bucket."""
    return {"vectorkit:environment": environment, "vectorkit:purpose": purpose}


def shortened(name: str, limit: int) -> str:
    """The name within `limit` characters; a digest keeps two long names apart."""
    if len(name) <= limit:
        return name
    digest = sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - 9].rstrip('-')}-{digest}"
