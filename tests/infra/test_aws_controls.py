"""The controls of AWS's own baseline (FSBP) and of CIS for S3 and KMS, on what the engine is told.

Every control is either checked or listed with the reason why it is not.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.infra.conftest import Program

Run = Callable[..., Program]
KINDS = {
    "bucket": "aws:s3/bucket:Bucket",
    "versioning": "aws:s3/bucketVersioning:BucketVersioning",
    "encryption": (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ),
    "private": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "ownership": "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "lifecycle": "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "policy": "aws:s3/bucketPolicy:BucketPolicy",
    "logging": "aws:s3/bucketLogging:BucketLogging",
}


@dataclass(frozen=True)
class Recorded:
    """What was declared for one bucket."""

    purpose: str
    parts: dict[str, dict[str, Any]]
    key: dict[str, Any]
    key_arn: str
    rights: list[dict[str, Any]]
    """Statements of all roles' policies."""

    @property
    def statements(self) -> list[dict[str, Any]]:
        return list(json.loads(self.parts["policy"]["policy"])["Statement"])

    def denies(self, condition: dict[str, Any]) -> bool:
        """Whether everybody is denied everything under a condition."""
        return any(
            one["Effect"] == "Deny"
            and one["Principal"] == "*"
            and one["Action"] == ["s3:*"]
            and len(one["Resource"]) == 2
            and one["Condition"] == condition
            for one in self.statements
        )


@pytest.fixture(scope="module")
def recorded(run: Run) -> dict[str, Recorded]:
    program = run(stack_name="prod-aws")
    rights = [
        statement
        for one in program.of("aws:iam/rolePolicy:RolePolicy")
        for statement in json.loads(one.inputs["policy"])["Statement"]
    ]
    found = {}
    for purpose in ("live", "vault"):
        parts = {part: program.one(kind, f"-{purpose}").inputs for part, kind in KINDS.items()}
        key = program.one("aws:kms/key:Key", f"-{purpose}-key")
        arn = f"arn:aws:kms:eu-central-1:123456789012:key/{key.name}"
        found[purpose] = Recorded(purpose, parts, key.inputs, arn, rights)
    return found


def grants_nothing(bucket: Recorded) -> bool:
    return all(one["Effect"] == "Deny" for one in bucket.statements)


def is_private(bucket: Recorded) -> bool:
    switches = (
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
    )
    return all(bucket.parts["private"][one] is True for one in switches)


def needs_tls(bucket: Recorded) -> bool:
    return bucket.denies({"Bool": {"aws:SecureTransport": "false"}})


def is_logged(bucket: Recorded) -> bool:
    return bool(bucket.parts["logging"]["targetBucket"] == "example-access-logs")


def has_lifecycle(bucket: Recorded) -> bool:
    """Enabled rules, and none that expires what is current."""
    rules = bucket.parts["lifecycle"]["rules"]
    expiring = [one["expiration"] for one in rules if "expiration" in one]
    enabled = bool(rules) and all(one["status"] == "Enabled" for one in rules)
    return enabled and all(set(one) == {"expiredObjectDeleteMarker"} for one in expiring)


def has_no_acls(bucket: Recorded) -> bool:
    owned = bucket.parts["ownership"]["rule"]["objectOwnership"] == "BucketOwnerEnforced"
    return owned and "acl" not in bucket.parts["bucket"]


def is_versioned(bucket: Recorded) -> bool:
    return bool(bucket.parts["versioning"]["versioningConfiguration"] == {"status": "Enabled"})


def is_locked_without_a_default(bucket: Recorded) -> bool:
    """The vault has Object Lock; the live bucket's writers could not live with one."""
    locked = bucket.parts["bucket"].get("objectLockEnabled", False)
    return locked is (bucket.purpose == "vault") and (
        "objectLockConfiguration" not in bucket.parts["bucket"]
    )


def is_encrypted_by_its_own_key(bucket: Recorded) -> bool:
    (rule,) = bucket.parts["encryption"]["rules"]
    default = rule["applyServerSideEncryptionByDefault"]
    wanted = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": bucket.key_arn}
    return bool(default == wanted and rule["bucketKeyEnabled"])


def refuses_customer_keys(bucket: Recorded) -> bool:
    (rule,) = bucket.parts["encryption"]["rules"]
    return bool(rule["blockedEncryptionTypes"] == ["SSE-C"])


def decrypts_by_named_keys_alone(bucket: Recorded) -> bool:
    using = [one for one in bucket.rights if any("kms:" in action for action in one["Action"])]
    return bool(using) and all("*" not in arn for one in using for arn in one["Resource"])


def is_not_lost_by_mistake(bucket: Recorded) -> bool:
    return bool(bucket.key["deletionWindowInDays"] == 30)


def rotates(bucket: Recorded) -> bool:
    return bool(bucket.key["enableKeyRotation"])


def has_no_public_key(bucket: Recorded) -> bool:
    allowed = [
        one for one in json.loads(bucket.key["policy"])["Statement"] if one["Effect"] == "Allow"
    ]
    return bool(allowed) and all(
        one["Principal"] != "*" and "ArnEquals" in one["Condition"] for one in allowed
    )


CONTROLS: dict[str, Callable[[Recorded], bool]] = {
    "S3.2": grants_nothing,
    "S3.3": grants_nothing,
    "S3.5": needs_tls,
    "S3.6": grants_nothing,
    "S3.8": is_private,
    "S3.9": is_logged,
    "S3.10": has_lifecycle,
    "S3.12": has_no_acls,
    "S3.13": has_lifecycle,
    "S3.14": is_versioned,
    "S3.15": is_locked_without_a_default,
    "S3.17": is_encrypted_by_its_own_key,
    "KMS.1": decrypts_by_named_keys_alone,
    "KMS.2": decrypts_by_named_keys_alone,
    "KMS.3": is_not_lost_by_mistake,
    "KMS.4": rotates,
    "KMS.5": has_no_public_key,
    "CIS 2.1.1 (deny HTTP)": needs_tls,
    "CIS 2.1.4 (block public access)": is_private,
    "CIS 3.6 (key rotation)": rotates,
    "vectorkit: no SSE-C": refuses_customer_keys,
}

NOT_APPLICABLE = {
    "S3.1": "belongs to the account; each bucket blocks public access itself (S3.8)",
    "S3.7": "a second region is the vault's next step, not this stack's; nothing replicates yet",
    "S3.11": "nobody listens to the events of Milvus's segments",
    "S3.19": "the kit makes no access points",
    "S3.20": "only the account's root user can switch it on; version deletes are denied instead",
    "S3.22": "CloudTrail's data events belong to the account",
    "S3.23": "CloudTrail's data events belong to the account",
    "S3.24": "the kit makes no multi-region access points",
    "S3.25": "the kit makes no directory buckets",
    "CIS 2.1.2 (MFA delete)": "as S3.20",
    "CIS 2.1.3 (classify data)": "a manual control of who owns the data",
    "CIS 3.8 (log object writes)": "as S3.22",
    "CIS 3.9 (log object reads)": "as S3.23",
}
RETIRED = (4, 16, 18, 21)
"""Numbers of S3 controls that AWS has withdrawn or never published."""


@pytest.mark.parametrize("purpose", ["live", "vault"])
@pytest.mark.parametrize("control", CONTROLS)
def test_each_bucket_meets_the_control(
    recorded: dict[str, Recorded], control: str, purpose: str
) -> None:
    assert CONTROLS[control](recorded[purpose])


def test_every_control_is_checked_or_listed_with_its_reason() -> None:
    published = {f"S3.{number}" for number in range(1, 26) if number not in RETIRED}
    published |= {f"KMS.{number}" for number in range(1, 6)}
    assert not CONTROLS.keys() & NOT_APPLICABLE.keys()
    assert published <= CONTROLS.keys() | NOT_APPLICABLE.keys()


def test_no_policy_names_every_resource_but_a_keys_own(run: Run) -> None:
    program = run(stack_name="prod-aws")
    for one in program.resources:
        for key in ("policy", "assumeRolePolicy"):
            if not one.type.startswith("aws:") or key not in one.inputs:
                continue
            for statement in json.loads(one.inputs[key])["Statement"]:
                where = (one.name, statement["Sid"])
                resources = statement.get("Resource", [])
                # In a key's policy KMS takes "*" alone, and means the key.
                if one.type != "aws:kms/key:Key":
                    assert not [arn for arn in resources if arn.split(":::")[-1][0] == "*"], where
                if statement["Effect"] == "Allow":
                    assert not [each for each in statement["Action"] if "*" in each], where
                    assert statement.get("Principal") != "*", where
