"""The provider's Pulumi schema, for `pulumi package get-schema` and generated code."""

from typing import Any

_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_ANY = {"$ref": "pulumi.json#/Any"}
_KEEPS = {"type": "object", "additionalProperties": _ANY}

CONFIG: dict[str, Any] = {
    "endpoint": _TEXT | {"description": "The store's address; begins with https://."},
    "region": _TEXT | {"description": "The region that requests are signed for."},
    "ca_file": _TEXT | {"description": "PEM file of a private CA; default: the system's CAs."},
}
_INPUTS: dict[str, Any] = {
    "bucket": _TEXT | {"description": "The bucket's name; a change replaces the bucket."},
    "object_lock": _FLAG
    | {"description": "Object Lock without default retention; default false; only at creation."},
    "versioning": _FLAG | {"description": "Keep versions; default true."},
    "encryption": {
        "type": "object",
        "additionalProperties": _TEXT,
        "description": "{algorithm: AES256 | aws:kms, kms_key_id}; default AES256.",
    },
    "lifecycle": {
        "type": "array",
        "items": _ANY,
        "description": "S3 lifecycle rules in boto3's form, each with an ID.",
    },
    "policy": _ANY | {"description": "Bucket policy, as an object or as JSON text."},
    "tags": {"type": "object", "additionalProperties": _TEXT},
    "force_destroy": _FLAG
    | {"description": "Empty the bucket when it is destroyed; default false: destroy refuses."},
    "keeps": _KEEPS
    | {
        "description": "How the stack keeps data here: {mode: none | versions | governance | "
        "compliance, days}. Weakening it stops the plan."
    },
    "allow_destroy_bucket": _TEXT
    | {"description": "Name of the bucket that this change may replace and so destroy."},
    "allow_weaker_than": _KEEPS
    | {"description": "The value of `keeps` that this change may weaken."},
}
_TEXTS = {"type": "array", "items": _TEXT}
_NEEDS: dict[str, Any] = {
    "needs": _TEXTS | {"description": "Ids of the capabilities that must be shown to work."}
}
_FOUND: dict[str, Any] = {
    "capabilities": {
        "type": "object",
        "additionalProperties": _TEXT,
        "description": "yes, no, unclear or not-asked, by capability.",
    },
    "probed_at": _TEXT | {"description": "When this result was found first."},
    "left_behind": _TEXTS | {"description": "What the probe could not remove, with its date."},
}


def schema() -> dict[str, Any]:
    """Package schema as Pulumi defines it."""
    return {
        "name": "objectstore",
        "version": "0.1.0",
        "config": {"variables": CONFIG},
        "provider": {"inputProperties": CONFIG, "requiredInputs": ["endpoint", "region"]},
        "resources": {
            "objectstore:index:Bucket": {
                "description": "A bucket of an S3-compatible store, verified after every write.",
                "inputProperties": _INPUTS,
                "requiredInputs": ["bucket"],
                "properties": {**_INPUTS, "arn": _TEXT},
                "required": ["bucket", "arn"],
            },
            "objectstore:index:StoreQualification": {
                "description": "What the store can do, asked in scratch buckets; it fails when a "
                "need is not met. Asked again by a refresh.",
                "inputProperties": _NEEDS,
                "requiredInputs": ["needs"],
                "properties": {**_NEEDS, **_FOUND},
                "required": ["needs", *_FOUND],
            },
        },
    }
