"""A plan that keeps every rule, as data, and the same plan with one thing changed."""

import copy
import json
from typing import Any

from vectorkit_policy.plan import Resource

Declared = dict[str, list[Any]]
"""Type, inputs and resource options by name."""

ROLE = "arn:aws:iam::123456789012:role/deployer"
DELETED = object()
ON_THE_BUCKET = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
]
ON_VERSIONS = ["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"]
SIZED = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}


def bucket_policy(bucket: str, operator: str, key: str, deployer: str) -> dict[str, Any]:
    """The denials that a bucket needs."""
    arn = f"arn:aws:s3:::{bucket}"
    but = {operator: {key: [deployer]}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            _deny(ON_THE_BUCKET, arn, but),
            _deny(ON_VERSIONS, f"{arn}/*", but),
        ],
    }


def _deny(actions: list[str], resource: str, condition: Any) -> dict[str, Any]:
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": actions,
        "Resource": resource,
        "Condition": condition,
    }


def good() -> Declared:
    """A fresh copy of the plan that keeps every rule."""
    return copy.deepcopy({**_STORE, **_AWS, **_CLUSTER})


def changed(name: str, path: str, value: Any) -> Declared:
    """The plan with one input changed by dotted path; DELETED removes it, or with an empty path
    the resource."""
    plan = good()
    if not path:
        del plan[name]
        return plan
    *parents, last = path.split(".")
    place: Any = plan[name][1]
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
    if value is DELETED:
        del place[last]
    else:
        place[last] = value
    return plan


def resources(declared: Declared) -> list[Resource]:
    """The plan as the rules see it."""
    return [
        Resource(
            type=kind,
            name=name,
            properties=inputs,
            protect=options.get("protect", False),
            urn=f"urn:pulumi:trial::trial::{kind}::{name}",
        )
        for name, (kind, inputs, options) in declared.items()
    ]


def resource(declared: Declared, name: str) -> Resource:
    """One of them."""
    (found,) = [one for one in resources(declared) if one.name == name]
    return found


_STORE: Declared = {
    "live": [
        "objectstore:index:Bucket",
        {
            "bucket": "trial-live",
            "versioning": True,
            "encryption": {"algorithm": "AES256"},
            "policy": bucket_policy("trial-live", "StringNotLike", "aws:userid", "admin*"),
        },
        {"protect": True},
    ],
}
_NAMED = {"bucket": "trial-on-aws"}
_AWS: Declared = {
    "on-aws": ["aws:s3/bucket:Bucket", dict(_NAMED), {"protect": True}],
    "versions": [
        "aws:s3/bucketVersioning:BucketVersioning",
        {**_NAMED, "versioningConfiguration": {"status": "Enabled"}},
        {},
    ],
    "encryption": [
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            **_NAMED,
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}],
        },
        {},
    ],
    "policy": [
        "aws:s3/bucketPolicy:BucketPolicy",
        {
            **_NAMED,
            "policy": json.dumps(
                bucket_policy("trial-on-aws", "ArnNotEquals", "aws:PrincipalArn", ROLE)
            ),
        },
        {},
    ],
    "rights": [
        "aws:iam/rolePolicy:RolePolicy",
        {
            "role": "milvus",
            "policy": {
                "Statement": [
                    {
                        "Sid": "Read",
                        "Effect": "Allow",
                        "Action": ["s3:GetObject"],
                        "Resource": ["arn:aws:s3:::trial-on-aws/*"],
                    }
                ]
            },
        },
        {},
    ],
}
_IN = {"namespace": "trial"}
_CLUSTER: Declared = {
    "namespace": [
        "kubernetes:core/v1:Namespace",
        {"metadata": {"name": "trial"}},
        {"protect": True},
    ],
    "deny": [
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        {"metadata": _IN, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}},
        {},
    ],
    "secret": [
        "kubernetes:core/v1:Secret",
        {"metadata": _IN, "stringData": {"root-password": "canary-password"}},
        {},
    ],
    "config": [
        "kubernetes:core/v1:ConfigMap",
        {"metadata": _IN, "data": {"user.yaml": "common:\n  security:\n    enabled: true\n"}},
        {},
    ],
    "service": [
        "kubernetes:core/v1:Service",
        {"metadata": _IN, "spec": {"type": "NodePort", "ports": [{"port": 19530}]}},
        {},
    ],
    "job": [
        "kubernetes:batch/v1:Job",
        {
            "metadata": _IN,
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {
                                "name": "seal",
                                "image": "registry.example/seal:1.2.3",
                                "resources": SIZED,
                                "env": [{"name": "LEVEL", "value": "info"}],
                            }
                        ]
                    }
                }
            },
        },
        {},
    ],
    "release": [
        "kubernetes:helm.sh/v3:Release",
        {
            "chart": "milvus",
            "version": "5.0.19",
            "namespace": "trial",
            "values": {
                "image": {"all": {"repository": "milvusdb/milvus", "tag": "v2.6.15"}},
                "service": {"type": "NodePort"},
                "metrics": {"enabled": False},
                "externalS3": {"accessKey": "", "secretKey": ""},
                "standalone": {"resources": SIZED},
                "etcd": {"image": {"repository": "etcd", "tag": "3.5.25-r1"}, "resources": SIZED},
            },
        },
        {},
    ],
}
