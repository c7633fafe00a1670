"""Rights are listed: no wildcard in what an identity may do, on what, and who may be it."""

from collections.abc import Iterator, Mapping
from typing import Any

from vectorkit_policy.documents import everybody, statements
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
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "objectstore:index:Bucket": "policy",
}
_ATTACHMENTS = ("RolePolicyAttachment", "UserPolicyAttachment", "GroupPolicyAttachment")
_TOO_MUCH = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AmazonS3FullAccess")
_RBAC = ("kubernetes:rbac.authorization.k8s.io/v1:",)


def wildcards(resource: Resource) -> Iterator[str]:
    """No identity gets more than is listed, whether on AWS or in Kubernetes."""
    if key := _IDENTITY_POLICIES.get(resource.type):
        yield from _identity(resource, resource.properties.get(key))
    if key := _RESOURCE_POLICIES.get(resource.type):
        yield from _principals(resource, resource.properties.get(key))
    if resource.type == "aws:iam/role:Role":
        for inline in items(resource.properties.get("inlinePolicies")):
            yield from _identity(resource, mapping(inline).get("policy"))
        for arn in items(resource.properties.get("managedPolicyArns")):
            yield from _managed(resource, arn)
    if resource.type.startswith("aws:iam/") and resource.type.endswith(_ATTACHMENTS):
        yield from _managed(resource, resource.properties.get("policyArn"))
    if resource.type.startswith(_RBAC):
        yield from _rbac(resource)


def _identity(resource: Resource, document: Any) -> Iterator[str]:
    for sid, statement in _allowing(document):
        if "NotAction" in statement or "NotResource" in statement:
            yield _too_wide(resource, sid, "everything but what is named")
        wide = [one for one in items(statement.get("Action")) if "*" in str(one)]
        if wide:
            yield _too_wide(resource, sid, f"actions {', '.join(map(str, wide))}")
        if any(_is_anything(one) for one in items(statement.get("Resource"))):
            yield _too_wide(resource, sid, "every resource")


def _principals(resource: Resource, document: Any) -> Iterator[str]:
    for sid, statement in _allowing(document):
        if everybody(statement.get("Principal")) and not statement.get("Condition"):
            yield _too_wide(resource, sid, "everybody")
        if resource.type == "aws:kms/key:Key" and any(
            str(one) in ("*", "kms:*") for one in items(statement.get("Action"))
        ):
            yield _too_wide(resource, sid, "every action on the key, its deletion too")


def _allowing(document: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, statement in enumerate(statements(document) or ()):
        if statement.get("Effect") == "Allow":
            yield str(statement.get("Sid") or f"number {number + 1}"), statement


def _is_anything(resource: Any) -> bool:
    last = str(resource).split(":", 5)[-1] if str(resource).startswith("arn:") else str(resource)
    return last in ("*", "*/*")


def _managed(resource: Resource, arn: Any) -> Iterator[str]:
    name = str(arn).rpartition("/")[2]
    if name in _TOO_MUCH:
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
