"""Buckets of S3-compatible stores and of AWS, brought before the same rules."""

from collections.abc import Iterator
from typing import Any

from vectorkit_policy import bucket_rules
from vectorkit_policy.plan import UNKNOWN, Findings, Plan, Resource, at, items, of_type

OBJECTSTORE = "objectstore:index:Bucket"
AWS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
AWS_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
PURPOSE = "vectorkit:purpose"


def called(bucket: Resource) -> str:
    """The bucket's name in its store; until that is known, the resource's."""
    name = bucket.properties.get("bucket")
    return name if isinstance(name, str) else bucket.name


def encryption(resource: Resource) -> Iterator[str]:
    """Every bucket encrypts what it is given; left out, the provider's default does."""
    if resource.type == OBJECTSTORE and "encryption" in resource.properties:
        algorithm = at(resource.properties, "encryption", "algorithm")
        yield from bucket_rules.encryption(called(resource), algorithm)


def versioning(resource: Resource) -> Iterator[str]:
    """Every bucket keeps versions; left out, versioning is on."""
    if resource.type == OBJECTSTORE:
        state = resource.properties.get("versioning", True)
        yield from bucket_rules.versioning(called(resource), state)


def denials(resource: Resource) -> Iterator[str]:
    """Every bucket's policy refuses plain HTTP, and to all but its deployer what would weaken it.

    A policy on AWS that a preview does not know is judged on `pulumi up`, before it is made; the
    bucket that then has none is made already, and empty. Where a store keeps denials with its
    users, because bucket policies bind none (profile minio) or only grant (versitygw), except the
    bucket by its resource's name and say so.
    """
    document = resource.properties.get("policy")
    judged = resource.type in (OBJECTSTORE, AWS_POLICY) or (resource.type in AWS and document)
    if judged and resource.properties.get("bucket") is not UNKNOWN:
        yield from bucket_rules.denials(called(resource), document)


def aws_encryption(plan: Plan) -> Findings:
    """Every bucket on AWS says by which key; AWS's own default is not a decision."""
    for bucket, companions in _with(plan, "ServerSideEncryptionConfiguration"):
        rules = [rule for one in companions for rule in items(one.properties.get("rules"))]
        inline = at(bucket.properties, "serverSideEncryptionConfiguration", "rule")
        algorithm = None
        for rule in (*rules, *items(inline)):
            algorithm = at(rule, "applyServerSideEncryptionByDefault", "sseAlgorithm")
        unclear = any(one.properties.get("rules") is UNKNOWN for one in companions)
        told = UNKNOWN if unclear else algorithm
        for sentence in bucket_rules.encryption(called(bucket), told):
            yield bucket, sentence


def aws_versioning(plan: Plan) -> Findings:
    """Every bucket on AWS keeps versions."""
    for bucket, companions in _with(plan, "Versioning"):
        state: Any = _own(bucket, "versioning", "enabled")
        for one in companions:
            state = at(one.properties, "versioningConfiguration", "status")
        for sentence in bucket_rules.versioning(called(bucket), state):
            yield bucket, sentence


def aws_denials(plan: Plan) -> Findings:
    """Every bucket on AWS has a policy; what that says is judged by bucket-denials."""
    for bucket, companions in _with(plan, "Policy"):
        if not companions and not _own(bucket, "policy"):
            for sentence in bucket_rules.denials(called(bucket), None):
                yield bucket, sentence


def aws_default_retention(plan: Plan) -> Findings:
    """No bucket on AWS has a default retention, unless its tags say that it is a vault."""
    for bucket, companions in _with(plan, "ObjectLockConfiguration"):
        if at(bucket.properties, "tags", PURPOSE) in ("vault", UNKNOWN):
            continue
        found = _own(bucket, "objectLockConfiguration", "rule")
        for one in companions:
            found = found or at(one.properties, "rule", "defaultRetention")
        for sentence in bucket_rules.default_retention(called(bucket), found):
            yield bucket, sentence


def _own(bucket: Resource, *path: str) -> Any:
    """A setting of the bucket itself. AWS's provider computes what is not given there, so that
    what a preview does not know is nobody's decision."""
    found = at(bucket.properties, *path)
    return None if found is UNKNOWN else found


def _with(plan: Plan, subject: str) -> Iterator[tuple[Resource, list[Resource]]]:
    """Each bucket on AWS with the resources that hold one of its settings."""
    kind = f"Bucket{subject}"
    types = [f"aws:s3/{_lower(one)}:{one}" for one in (kind, f"{kind}V2")]
    settings = of_type(plan, *types)
    for bucket in of_type(plan, *AWS):
        yield bucket, [one for one in settings if _is_about(one, bucket)]


def _is_about(setting: Resource, bucket: Resource) -> bool:
    name = setting.properties.get("bucket")
    return bucket.urn in setting.uses.get("bucket", ()) or name == called(bucket)


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
