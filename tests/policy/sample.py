"""A plan that keeps every rule, as data, and the same plan with one thing changed."""

import copy
import json
from typing import Any

from vectorkit_policy.plan import Resource

Declared = dict[str, list[Any]]
"""Type, inputs and resource options by name."""
Bad = tuple[str, Declared, str]
"""The rule that refuses a plan, the plan, and words of the sentence about it."""

CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
KEY = "aws:kms/key:Key"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
RELEASE = "kubernetes:helm.sh/v3:Release"

ROLE = "arn:aws:iam::123456789012:role/deployer"
ACCOUNT = {"AWS": "arn:aws:iam::123456789012:root"}
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
IN = {"namespace": "trial"}
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
    # One by one: a copy of all would keep what the declarations below share.
    return {name: copy.deepcopy(one) for name, one in (_STORE | _AWS | _CLUSTER).items()}


def changed(name: str, path: str, value: Any, plan: Declared | None = None) -> Declared:
    """The plan with one input changed by dotted path; DELETED removes it, or with an empty path
    the resource. The plan that keeps every rule is the default."""
    plan = good() if plan is None else plan
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


def added(kind: str, inputs: dict[str, Any], **options: Any) -> Declared:
    """The plan with one resource more, which is called `added`."""
    return {**good(), "added": [kind, inputs, options]}


def without(plan: Declared, *names: str) -> Declared:
    """The plan without some of its resources."""
    return {name: one for name, one in plan.items() if name not in names}


def unprotected(plan: Declared, *names: str) -> Declared:
    """The plan with protect taken from some of its resources."""
    for name in names:
        del plan[name][2]["protect"]
    return plan


def pods(namespace: Any = "trial", labels: Any = None, **settings: Any) -> Declared:
    """The plan with a Deployment of one container more; settings are the container's, or
    hostNetwork and annotations of its pods."""
    spec = {one: settings.pop(one) for one in ("hostNetwork",) if one in settings}
    metadata = {"labels": labels or {}, "annotations": settings.pop("annotations", {})}
    container = {"name": "main", "image": "nginx:1.27.1", "resources": SIZED, **settings}
    template = {"metadata": metadata, "spec": {**spec, "containers": [container]}}
    return added(DEPLOYMENT, {"metadata": {"namespace": namespace}, "spec": {"template": template}})


def release(values: Any, **inputs: Any) -> Declared:
    """The plan with a release of another chart more."""
    given = {"chart": "nginx", "version": "1.2.3", "namespace": "trial"}
    return added(RELEASE, {**given, "values": values, **inputs})


def key_policy(**statement: Any) -> Declared:
    """The plan with a protected key, and what its policy allows."""
    given = {"Sid": "Use", "Effect": "Allow", "Resource": "*"}
    return added(KEY, {"policy": json.dumps({"Statement": [given | statement]})}, protect=True)


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
_CLUSTER: Declared = {
    "namespace": [
        "kubernetes:core/v1:Namespace",
        {"metadata": {"name": "trial"}},
        {"protect": True},
    ],
    "deny": [
        NETWORK_POLICY,
        {"metadata": IN, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}},
        {},
    ],
    "secret": [
        "kubernetes:core/v1:Secret",
        {"metadata": IN, "stringData": {"root-password": "canary-password"}},
        {},
    ],
    "config": [
        "kubernetes:core/v1:ConfigMap",
        {"metadata": IN, "data": {"user.yaml": "common:\n  security:\n    enabled: true\n"}},
        {},
    ],
    "service": [
        "kubernetes:core/v1:Service",
        {"metadata": IN, "spec": {"type": "NodePort", "ports": [{"port": 19530}]}},
        {},
    ],
    "job": [
        "kubernetes:batch/v1:Job",
        {
            "metadata": IN,
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
