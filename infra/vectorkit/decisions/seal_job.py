"""The job that seals the instance in the vault by schedule, as data: the spec of a CronJob."""

from collections.abc import Mapping
from typing import Any

from vectorkit.decisions import namespace_rules, naming
from vectorkit.settings import Settings

Spec = dict[str, Any]

MEMORY_MIB = 384
"""The seal itself is kept below 300; Python and its libraries are in it."""
SCRATCH = "1Gi"
LONGEST_SECONDS = 6 * 3600
"""Then it is ended, and the next run goes on where it stopped."""
LATEST_START_SECONDS = 3600
USER = 65532
CREDENTIALS_FOLDER = "/run/vectorkit/credentials"
CA_FOLDER = "/run/vectorkit/store-ca"
MILVUS_CA_FOLDER = "/run/vectorkit/milvus-ca"


def cron_job(settings: Settings, *, labels: Mapping[str, str], private_ca: bool) -> Spec | None:
    """The CronJob's spec; None where the stack has no schedule for one."""
    vault = settings.store.vault
    if vault.schedule is None or vault.image is None:
        return None
    return {
        "schedule": vault.schedule,
        "timeZone": "Etc/UTC",
        # A seal goes on where the last one stopped; two at once would copy everything twice.
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": LATEST_START_SECONDS,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {
            "metadata": {"labels": dict(labels)},
            "spec": {
                "backoffLimit": 2,
                "activeDeadlineSeconds": LONGEST_SECONDS,
                "template": {
                    "metadata": {"labels": {**labels, **namespace_rules.SEAL_JOB["matchLabels"]}},
                    "spec": _pod(settings, vault.image.reference, private_ca=private_ca),
                },
            },
        },
    }


def environment(settings: Settings, *, private_ca: bool) -> dict[str, str]:
    """What the job is told; nothing of it is a secret."""
    store, root = settings.store, settings.milvus.root_path
    etcd = f"{naming.RELEASE}-etcd.{settings.namespace}.svc:{namespace_rules.ETCD_PORT}"
    told = {
        "VECTORKIT_STORE_ENDPOINT": store.endpoint,
        "VECTORKIT_STORE_REGION": store.region,
        "VECTORKIT_LIVE_BUCKET": store.live.bucket,
        "VECTORKIT_VAULT_BUCKET": store.vault.bucket,
        "VECTORKIT_VAULT_MODE": store.vault.mode,
        "VECTORKIT_VAULT_RETENTION_DAYS": str(store.vault.retention_days),
        "VECTORKIT_ROOT_PATH": root,
        "VECTORKIT_ETCD_ADDRESS": f"http://{etcd}",
        **_milvus(settings),
        "VECTORKIT_CHART_VERSION": settings.milvus.chart.version,
        "VECTORKIT_WAL": settings.milvus.wal,
        "VECTORKIT_CREDENTIALS": CREDENTIALS_FOLDER,
    }
    ca = {"VECTORKIT_STORE_CA_FILE": f"{CA_FOLDER}/{naming.CA_KEY}"} if private_ca else {}
    return told | ca


def _milvus(settings: Settings) -> dict[str, str]:
    """Where Milvus is and, where it has a certificate, by what the job knows it."""
    address, tls = naming.service_address(settings.namespace), settings.milvus.tls
    if tls is None:
        return {"VECTORKIT_MILVUS_URI": f"http://{address}"}
    told = {
        "VECTORKIT_MILVUS_URI": f"https://{address}",
        "VECTORKIT_MILVUS_SERVER_NAME": naming.milvus_hosts(settings.namespace, None)[-1],
    }
    if tls.ca_file is None:
        return told
    return told | {"VECTORKIT_MILVUS_CA_FILE": f"{MILVUS_CA_FOLDER}/{naming.CA_KEY}"}


def _pod(settings: Settings, image: str, *, private_ca: bool) -> Spec:
    volumes: list[Spec] = [
        {"name": "credentials", "secret": {"secretName": naming.SEAL_CREDENTIALS}},
        {"name": "scratch", "emptyDir": {"sizeLimit": SCRATCH}},
    ]
    mounts: list[Spec] = [
        {"name": "credentials", "mountPath": CREDENTIALS_FOLDER, "readOnly": True},
        {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 (the container's own)
    ]
    if private_ca:
        volumes.append({"name": "store-ca", "configMap": {"name": naming.STORE_CA}})
        mounts.append({"name": "store-ca", "mountPath": CA_FOLDER, "readOnly": True})
    if settings.milvus.tls and settings.milvus.tls.ca_file:
        volumes.append({"name": "milvus-ca", "configMap": {"name": naming.SEAL_MILVUS_CA}})
        mounts.append({"name": "milvus-ca", "mountPath": MILVUS_CA_FOLDER, "readOnly": True})
    told = environment(settings, private_ca=private_ca)
    pull_secrets = [{"name": one} for one in settings.milvus.pull_secrets]
    return {
        "serviceAccountName": naming.VAULT_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        **({"imagePullSecrets": pull_secrets} if pull_secrets else {}),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": naming.SEAL_JOB,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "env": [{"name": name, "value": value} for name, value in told.items()],
                "resources": {
                    "requests": {"cpu": "100m", "memory": f"{MEMORY_MIB}Mi"},
                    # It may take its time: what it must not do is slow Milvus down.
                    "limits": {"cpu": "1", "memory": f"{MEMORY_MIB}Mi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": mounts,
            }
        ],
        "volumes": volumes,
    }
