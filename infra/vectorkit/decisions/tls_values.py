"""Milvus's certificate: where it is mounted, and what Milvus is told of it."""

from typing import Any

from vectorkit.schema.milvus_document import Tls

Values = dict[str, Any]

FOLDER = "/milvus/tls-of-clients"
CONFIGURATION: Values = {
    "serverPemPath": f"{FOLDER}/tls.crt",
    "serverKeyPath": f"{FOLDER}/tls.key",
}
READABLE_BY_GROUP = 0o440


def mounted(tls: Tls) -> tuple[Values, Values]:
    """A volume and its mount, for whoever serves clients. The chart's own way would want the
    private key among its values."""
    return (
        {
            "name": "tls",
            "secret": {"secretName": tls.secret, "defaultMode": READABLE_BY_GROUP},
        },
        {"name": "tls", "mountPath": FOLDER, "readOnly": True},
    )
