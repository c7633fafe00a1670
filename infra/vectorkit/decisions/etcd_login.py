"""How Milvus proves to etcd who it is: by root's password, which is in a Secret of its own."""

from typing import Any

from vectorkit.decisions import naming

Values = dict[str, Any]

CONFIGURATION: Values = {"enabled": True, "userName": "root"}
"""Of Milvus; the password comes from a variable."""
TOKEN_LIFETIME = "8760h"  # noqa: S105 (a duration)
VARIABLES = {"ETCD_AUTH_PASSWORD": (naming.ETCD_CREDENTIALS, naming.ETCD_PASSWORD_KEY)}
"""Of Milvus, each with the Secret and the key that it comes from."""


def chart_values() -> Values:
    """The block `auth` of etcd's chart, which makes the user when etcd starts."""
    password = naming.ETCD_PASSWORD_KEY
    return {
        "rbac": {
            "create": True,
            "existingSecret": naming.ETCD_CREDENTIALS,
            "existingSecretPasswordKey": password,
        },
        # A simple token is lost when a member starts anew or was not used for five minutes, and
        # Milvus 2.6.16 and older panic where a watch meets that. Every member knows a signed one;
        # whoever has the key, which is root's password, could log in as well.
        "token": {
            "enabled": True,
            "type": "jwt",
            "privateKey": {"existingSecret": naming.ETCD_CREDENTIALS, "filename": password},
            "signMethod": "HS256",
            "ttl": TOKEN_LIFETIME,
        },
    }
