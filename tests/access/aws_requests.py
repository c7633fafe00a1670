"""Requests as AWS sees them: those of the table of calls, and those that no call can show."""

from dataclasses import dataclass, field

from tests.access.table import DAYS, KEPT, LIVE, ROOT, VAULT, VERSION, Call, calls

ACCOUNT = "123456789012"
REGION = "eu-central-1"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/vectorkit-deployer"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:role/vault-key-administrator"
OPERATOR = f"arn:aws:iam::{ACCOUNT}:role/operator"
"""Everything that IAM can grant, and no part in this environment."""
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
ACTIONS = {
    "create_bucket": "CreateBucket",
    "create_multipart_upload": "PutObject",
    "delete_bucket": "DeleteBucket",
    "delete_bucket_encryption": "PutEncryptionConfiguration",
    "delete_bucket_lifecycle": "PutLifecycleConfiguration",
    "delete_bucket_policy": "DeleteBucketPolicy",
    "delete_object": "DeleteObject",
    "get_object": "GetObject",
    "get_object_lock_configuration": "GetBucketObjectLockConfiguration",
    "get_object_retention": "GetObjectRetention",
    "head_bucket": "ListBucket",
    "head_object": "GetObject",
    "list_multipart_uploads": "ListBucketMultipartUploads",
    "list_object_versions": "ListBucketVersions",
    "list_objects_v2": "ListBucket",
    "put_bucket_acl": "PutBucketAcl",
    "put_bucket_encryption": "PutEncryptionConfiguration",
    "put_bucket_lifecycle_configuration": "PutLifecycleConfiguration",
    "put_bucket_policy": "PutBucketPolicy",
    "put_bucket_versioning": "PutBucketVersioning",
    "put_object": "PutObject",
    "put_object_legal_hold": "PutObjectLegalHold",
    "put_object_lock_configuration": "PutBucketObjectLockConfiguration",
    "put_object_retention": "PutObjectRetention",
}
"""The action that S3 asks for, by its service authorization reference."""
OF_A_VERSION = ("GetObject", "DeleteObject")


@dataclass(frozen=True)
class Request:
    """One request as AWS sees it, and what must become of it."""

    who: str
    """ARN of a role, or one of the identities."""
    action: str
    resource: str
    allowed: bool
    context: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        who, verb = self.who.split("/")[-1], "may" if self.allowed else "may not"
        resource = self.resource.split(":")[-1]
        keys = ", ".join(f"{key.split(':')[-1]}={value}" for key, value in self.context.items())
        return f"{who} {verb} {self.action} on {resource} {keys}".rstrip()


def of_call(call: Call) -> list[Request]:
    """The requests that a call of the table is."""
    action = ACTIONS[call.operation]
    if call.parameters.get("VersionId") is VERSION and action in OF_A_VERSION:
        action += "Version"
    key = call.parameters.get("Key")
    resource = f"arn:aws:s3:::{call.bucket}" + (f"/{key}" if key else "")
    context = {}
    if "Retention" in call.parameters:
        context = lock(call.parameters["Retention"]["Mode"], DAYS)
    made = [Request(call.who, f"s3:{action}", resource, call.allowed, context)]
    if call.parameters.get("BypassGovernanceRetention"):
        made.append(Request(call.who, "s3:BypassGovernanceRetention", resource, False))
    return made


def lock(mode: str, days: int) -> dict[str, str]:
    return {
        "s3:object-lock-mode": mode,
        "s3:object-lock-remaining-retention-days": str(days),
    }


LIVE_ARN, VAULT_ARN = (f"arn:aws:s3:::{one}" for one in (LIVE, VAULT))
IN_LIVE, IN_VAULT = f"{LIVE_ARN}/{ROOT}/new", f"{VAULT_ARN}/sealed/new"
LIVE_VERSION, VAULT_VERSION = f"{LIVE_ARN}/{KEPT[LIVE]}", f"{VAULT_ARN}/{KEPT[VAULT]}"
SSE = "s3:x-amz-server-side-encryption"
OF_THE_BUCKETS = [
    # Whatever IAM grants, the bucket's policy takes it away.
    Request(OPERATOR, "s3:DeleteObjectVersion", LIVE_VERSION, False),
    Request(OPERATOR, "s3:PutBucketPolicy", LIVE_ARN, False),
    Request(OPERATOR, "s3:PutLifecycleConfiguration", LIVE_ARN, False),
    Request(OPERATOR, "s3:PutBucketVersioning", VAULT_ARN, False),
    Request(OPERATOR, "s3:BypassGovernanceRetention", VAULT_VERSION, False),
    Request(OPERATOR, "s3:GetObject", VAULT_VERSION, False),
    Request(OPERATOR, "s3:PutObject", IN_VAULT, False),
    Request(OPERATOR, "s3:GetObject", LIVE_VERSION, True),
    # The deployer keeps what he needs.
    Request(DEPLOYER, "s3:PutBucketPolicy", LIVE_ARN, True),
    Request(DEPLOYER, "s3:PutLifecycleConfiguration", VAULT_ARN, True),
    Request(DEPLOYER, "s3:DeleteObjectVersion", LIVE_VERSION, True),
    # Nobody does anything without TLS, by other encryption, or seals more than was agreed.
    Request(DEPLOYER, "s3:GetObject", LIVE_VERSION, False, {"aws:SecureTransport": "false"}),
    Request("milvus", "s3:PutObject", IN_LIVE, False, {"aws:SecureTransport": "false"}),
    Request("milvus", "s3:PutObject", IN_LIVE, False, {f"{SSE}-customer-algorithm": "AES256"}),
    Request("milvus", "s3:PutObject", IN_LIVE, False, {SSE: "AES256"}),
    Request("milvus", "s3:PutObject", IN_LIVE, True, {SSE: "aws:kms"}),
    Request("vault", "s3:PutObjectRetention", VAULT_VERSION, True, lock("GOVERNANCE", 90)),
    Request("vault", "s3:PutObjectRetention", VAULT_VERSION, False, lock("GOVERNANCE", 91)),
    Request("vault", "s3:PutObjectRetention", VAULT_VERSION, False, lock("COMPLIANCE", 1)),
    Request("vault", "s3:PutObject", IN_VAULT, False, lock("COMPLIANCE", 1)),
    Request(DEPLOYER, "s3:PutObjectRetention", VAULT_VERSION, False, lock("GOVERNANCE", 36500)),
]


def through_s3(bucket: str, region: str = REGION) -> dict[str, str]:
    return {
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}",
    }


LIVE_KEY, VAULT_KEY = (
    f"arn:aws:kms:{REGION}:{ACCOUNT}:key/prod-aws-object-store-{one}-key"
    for one in ("live", "vault")
)
OF_THE_KEYS = [
    Request("milvus", "kms:GenerateDataKey", LIVE_KEY, True, through_s3(LIVE)),
    Request("milvus", "kms:Decrypt", LIVE_KEY, True, through_s3(LIVE)),
    Request("milvus", "kms:Decrypt", LIVE_KEY, False, through_s3("other")),
    Request("milvus", "kms:Decrypt", LIVE_KEY, False, through_s3(LIVE, "us-east-1")),
    Request("milvus", "kms:Decrypt", LIVE_KEY, False),
    Request("milvus", "kms:Decrypt", VAULT_KEY, False, through_s3(VAULT)),
    Request("milvus", "kms:ScheduleKeyDeletion", LIVE_KEY, False),
    Request("vault", "kms:Decrypt", LIVE_KEY, True, through_s3(LIVE)),
    Request("vault", "kms:GenerateDataKey", LIVE_KEY, False, through_s3(LIVE)),
    Request("vault", "kms:GenerateDataKey", VAULT_KEY, True, through_s3(VAULT)),
    Request("vault", "kms:DisableKey", VAULT_KEY, False),
    Request(OPERATOR, "kms:Decrypt", LIVE_KEY, False, through_s3(LIVE)),
    Request(OPERATOR, "kms:ScheduleKeyDeletion", LIVE_KEY, False),
    Request(OPERATOR, "kms:PutKeyPolicy", VAULT_KEY, False),
    Request(OPERATOR, "kms:CreateGrant", LIVE_KEY, False),
    Request(DEPLOYER, "kms:PutKeyPolicy", LIVE_KEY, True),
    Request(DEPLOYER, "kms:ScheduleKeyDeletion", LIVE_KEY, True),
    Request(DEPLOYER, "kms:EnableKeyRotation", VAULT_KEY, True),
    Request(DEPLOYER, "kms:DescribeKey", VAULT_KEY, True),
    Request(DEPLOYER, "kms:PutKeyPolicy", VAULT_KEY, False),
    Request(DEPLOYER, "kms:DisableKey", VAULT_KEY, False),
    Request(DEPLOYER, "kms:ScheduleKeyDeletion", VAULT_KEY, False),
    Request(ADMINISTRATOR, "kms:ScheduleKeyDeletion", VAULT_KEY, True),
    Request(ADMINISTRATOR, "kms:PutKeyPolicy", VAULT_KEY, True),
    Request(ADMINISTRATOR, "kms:Decrypt", VAULT_KEY, False, through_s3(VAULT)),
]

FROM_THE_TABLE = [request for call in calls() for request in of_call(call)]
