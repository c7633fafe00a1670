"""Rights are listed: no wildcard in what an identity may do, on what, and who may be it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from vectorkit_policy.documents import everybody, narrows, statements
from vectorkit_policy.plan import Resource, items, mapping

_IDENTITY_POLICIES = {
    "aws:iam/policy:Policy": "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
}
_RESOURCE_POLICIES = {
    "aws:iam/role:Role": "assumeRolePolicy",
    "aws:kms/key:Key": "policy",
    "aws:s3/bucket:Bucket": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "objectstore:index:Bucket": "policy",
}
_TOO_MUCH = ("AdministratorAccess", "PowerUserAccess", "FullAccess")
"""How AWS's own policies end that list nothing."""
_ALL_OF_A_TYPE = re.compile(r"[\w-]+[/:]\*")
_RBAC = ("kubernetes:rbac.authorization.k8s.io/v1:",)


def wildcards(resource: Resource) -> Iterator[str]:
    """No identity gets more than is listed, whether on AWS, in a bucket's policy or in Kubernetes.

    Not judged: who a web identity is in a role's trust, and what other policies of AWS allow.
    """
    if key := _IDENTITY_POLICIES.get(resource.type):
        yield from _identity(resource, resource.properties.get(key))
    if key := _RESOURCE_POLICIES.get(resource.type):
        yield from _principals(resource, resource.properties.get(key))
    if resource.type == "aws:iam/role:Role":
        for inline in items(resource.properties.get("inlinePolicies")):
            yield from _identity(resource, mapping(inline).get("policy"))
        for arn in items(resource.properties.get("managedPolicyArns")):
            yield from _managed(resource, arn)
    if resource.type.startswith("aws:iam/") and resource.type.endswith("PolicyAttachment"):
        yield from _managed(resource, resource.properties.get("policyArn"))
    if resource.type.startswith(_RBAC):
        yield from _rbac(resource)


def _identity(resource: Resource, document: Any) -> Iterator[str]:
    for sid, statement in _allowing(document):
        yield from _unlisted(resource, sid, statement)
        if any(_is_anything(one) for one in items(statement.get("Resource"))):
            yield _too_wide(resource, sid, "every resource")


def _principals(resource: Resource, document: Any) -> Iterator[str]:
    for sid, statement in _allowing(document):
        yield from _unlisted(resource, sid, statement)
        if "NotPrincipal" in statement:
            yield _too_wide(resource, sid, "everybody but who is named")
        if everybody(statement.get("Principal")) and not narrows(statement.get("Condition")):
            yield _too_wide(resource, sid, "everybody")


def _unlisted(resource: Resource, sid: str, statement: Mapping[str, Any]) -> Iterator[str]:
    if "NotAction" in statement or "NotResource" in statement:
        yield _too_wide(resource, sid, "everything but what is named")
    wide = [one for one in items(statement.get("Action")) if "*" in str(one)]
    if wide:
        yield _too_wide(resource, sid, f"actions {', '.join(map(str, wide))}")


def _allowing(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, statement in enumerate(statements(document) or ()):
        if statement.get("Effect") == "Allow":
            yield str(statement.get("Sid") or f"number {number + 1}"), statement


def _is_anything(resource: Any) -> bool:
    *arn, name = str(resource).split(":", 5)
    # An ARN of S3 has no type: what looks like one is the bucket.
    typed = len(arn) == 5 and arn[2] != "s3"
    return set(name) <= set("*?/") or (typed and bool(_ALL_OF_A_TYPE.fullmatch(name)))


def _managed(resource: Resource, arn: Any) -> Iterator[str]:
    name = str(arn).rpartition("/")[2]
    if name.endswith(_TOO_MUCH):
        yield _too_wide(resource, name, "whatever AWS's own policy of that name does")


def _rbac(resource: Resource) -> Iterator[str]:
    for number, rule in enumerate(items(resource.properties.get("rules"))):
        wide = [
            key
            for key in ("apiGroups", "resources", "verbs")
            if "*" in items(mapping(rule).get(key))
        ]
        if wide:
            yield _too_wide(resource, f"number {number + 1}", f"all {' and '.join(wide)}")
    if mapping(resource.properties.get("roleRef")).get("name") == "cluster-admin":
        yield _too_wide(resource, "roleRef", "cluster-admin")


def _too_wide(resource: Resource, statement: str, what: str) -> str:
    kind = resource.type.rpartition(":")[2]
    return (
        f"{kind} {resource.name!r} allows {what} in statement {statement!r}: expected listed "
        "actions on named resources for named identities. List what is needed, and nothing else."
    )
