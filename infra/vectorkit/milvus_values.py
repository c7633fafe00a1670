"""Helm values of Milvus, by the upstream chart's paths and without any secret."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from vectorkit import naming, sizing
from vectorkit.document import Milvus
from vectorkit.namespace_rules import ETCD_METRICS_PORT
from vectorkit.settings import Settings
from vectorkit.stores import Store

Values = dict[str, Any]

USER_ID = 10001
ETCD_USER_ID = 1001
SYSTEM_CA_FILE = "/etc/ssl/certs/ca-certificates.crt"
"""The only place where the C++ side of Milvus looks; the Go side is pointed there."""
SECRET_HASH = "vectorkit/secret-hash"  # noqa: S105 (an annotation's name)
CA_HASH = "vectorkit/store-ca-hash"
READY_DELAY_SECONDS = 10
"""The chart's own 90 s only delay a start that takes 5 s; failures are waited out anyway."""
ETCD_READY_DELAY_SECONDS = 5
"""The chart's own 60 s keep Milvus waiting, which gives up and starts anew meanwhile."""
GRACEFUL_STOP_SECONDS = 5
"""The chart's 1800 s wait for another query node to take over, which standalone does not have."""
SESSION_SECONDS = 10
"""A killed server's lease (30 s) holds its successor up for as long."""

_LOCKED_DOWN: Values = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def values(settings: Settings, *, ca_bundle: str | None) -> Values:
    """All values of the release."""
    milvus = settings.milvus
    return {
        "fullnameOverride": naming.RELEASE,
        "cluster": {"enabled": False},
        "image": {"all": {"repository": milvus.image.repository, "tag": milvus.image.tag}},
        "serviceAccount": {"create": False, "name": naming.SERVICE_ACCOUNT},
        "service": _service(settings.access.node_port),
        # The Service would carry 9091 as well, and a NodePort would open it on every node.
        "metrics": {"enabled": False},
        "readinessProbe": {"initialDelaySeconds": READY_DELAY_SECONDS},
        "streaming": {"enabled": milvus.wal == "woodpecker"},
        "standalone": _standalone(settings),
        "etcd": _etcd(settings),
        "minio": {"enabled": False},
        "pulsarv3": {"enabled": False},
        "kafka": {"enabled": False},
        "externalS3": _external_s3(settings.store, milvus.root_path),
        "extraConfigFiles": {"user.yaml": _user_config(milvus)},
        **_security(settings.guardrails.pod_security),
        **_mounts(ca_bundle),
    }


def secret_hash(secrets: Sequence[str]) -> str:
    """Changes when a secret does, so that the pods are rolled; tells nothing about them."""
    return sha256(json.dumps(list(secrets)).encode()).hexdigest()


def with_secret_hash(helm_values: Values, digest: Any) -> Values:
    """The values with the digest among the annotations of the pods."""
    return helm_values | {"annotations": helm_values.get("annotations", {}) | {SECRET_HASH: digest}}


def _service(node_port: int | None) -> Values:
    if node_port is None:
        return {"type": "ClusterIP"}
    return {"type": "NodePort", "nodePort": node_port}


def _standalone(settings: Settings) -> Values:
    milvus = settings.milvus
    return {
        # The chart's own choice depends on the release's revision; an upgrade must not move it.
        "messageQueue": milvus.wal,
        "extraEnv": _environment(settings.store),
        "resources": {
            "requests": {"cpu": "250m", "memory": f"{settings.memory_mib}Mi"},
            "limits": {"memory": f"{settings.memory_limit_mib}Mi"},
        },
        # Off, the index files of DISKANN share the sized volume instead of the node's disk.
        "disk": {"enabled": False},
        "persistence": {
            "persistentVolumeClaim": {
                "size": f"{settings.disk_mib}Mi",
                **_storage_class(milvus.storage_class),
            }
        },
    }


def _environment(store: Store) -> list[Values]:
    access_key = {
        "MINIO_ACCESS_KEY_ID": naming.ACCESS_KEY_ID_KEY,
        "MINIO_SECRET_ACCESS_KEY": naming.SECRET_ACCESS_KEY_KEY,
    }
    secret = {
        **({} if store.uses_iam else access_key),
        "COMMON_SECURITY_DEFAULTROOTPASSWORD": naming.ROOT_PASSWORD_KEY,
    }
    references: list[Values] = [
        {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": naming.CREDENTIALS_SECRET, "key": key}},
        }
        for name, key in secret.items()
    ]
    plain = {
        # Older builds start an etcd of their own unless told not to.
        "ETCD_USE_EMBED": "false",
        # Beside a Service named minio, Kubernetes sets it to a URL, which Milvus takes for its own.
        "MINIO_PORT": str(store.port),
        **({"SSL_CERT_FILE": SYSTEM_CA_FILE} if store.ca_file else {}),
    }
    return references + [{"name": name, "value": value} for name, value in plain.items()]


def _etcd(settings: Settings) -> Values:
    image = settings.milvus.etcd_image
    restricted = settings.guardrails.pod_security == "restricted"
    return {
        "replicaCount": 1,
        # A port that gives nothing but health and metrics; by itself the chart opens none.
        "extraEnvVars": [
            {
                "name": "ETCD_LISTEN_METRICS_URLS",
                "value": f"http://0.0.0.0:{ETCD_METRICS_PORT}",
            }
        ],
        "readinessProbe": {"initialDelaySeconds": ETCD_READY_DELAY_SECONDS},
        "image": {"registry": image.registry, "repository": image.repository, "tag": image.tag},
        "serviceAccount": {"create": False, "name": naming.ETCD_ACCOUNT},
        "resources": {
            "requests": {"cpu": "100m", "memory": f"{sizing.ETCD_MEMORY_MIB}Mi"},
            "limits": {"memory": f"{sizing.ETCD_MEMORY_MIB}Mi"},
        },
        "persistence": {
            "size": f"{sizing.ETCD_DISK_MIB}Mi",
            **_storage_class(settings.milvus.storage_class),
        },
        **(
            {
                "containerSecurityContext": {
                    "runAsUser": ETCD_USER_ID,
                    "runAsNonRoot": True,
                    **_LOCKED_DOWN,
                }
            }
            if restricted
            else {}
        ),
    }


def _storage_class(name: str | None) -> Values:
    return {"storageClass": name} if name else {}


def _external_s3(store: Store, root_path: str) -> Values:
    return {
        "enabled": True,
        "host": store.host,
        "port": str(store.port),
        # Whatever stands here ends in a ConfigMap; the keys come from the Secret.
        "accessKey": "",
        "secretKey": "",
        "useSSL": True,
        "bucketName": store.live.bucket,
        "rootPath": root_path,
        "cloudProvider": "aws",
        **({"useIAM": True} if store.uses_iam else {}),
        # Without it Milvus asks for the bucket's location, a right that it does not have.
        "region": store.region,
    }


def _user_config(milvus: Milvus) -> str:
    """The part of milvus.yaml that has no value of its own; JSON is YAML."""
    config = {
        "common": {
            "security": {"authorizationEnabled": True},
            "gracefulStopTimeout": GRACEFUL_STOP_SECONDS,
            "session": {"ttl": SESSION_SECONDS},
        },
        "etcd": {"rootPath": milvus.root_path, "use": {"embed": False}},
        # On an upgrade the chart may fall back to rocksmq whatever it is told; this is read last.
        "mq": {"type": milvus.wal},
    }
    return json.dumps(config, indent=2) + "\n"


def _security(level: str) -> Values:
    if level == "baseline":
        return {"containerSecurityContext": dict(_LOCKED_DOWN)}
    return {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containerSecurityContext": {**_LOCKED_DOWN, "readOnlyRootFilesystem": True},
    }


def _mounts(ca_bundle: str | None) -> Values:
    volumes: list[Values] = [{"name": "tmp", "emptyDir": {}}]
    mounts: list[Values] = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108 (in the container)
    if ca_bundle is None:
        return {"volumes": volumes, "volumeMounts": mounts}
    return {
        "volumes": [*volumes, {"name": "store-ca", "configMap": {"name": naming.STORE_CA}}],
        "volumeMounts": [
            *mounts,
            {
                "name": "store-ca",
                "mountPath": SYSTEM_CA_FILE,
                "subPath": naming.CA_KEY,
                "readOnly": True,
            },
        ],
        "annotations": {CA_HASH: sha256(ca_bundle.encode()).hexdigest()},
    }
