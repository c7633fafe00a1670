import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.access.table import LIVE, ROOT, VAULT
from tests.infra.conftest import Program, run

__all__ = ["declared", "run"]

Policy = dict[str, Any]
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


@dataclass(frozen=True)
class Declared:
    """The policies that the program declares on AWS, as the engine was told of them."""

    rights: dict[str, Policy]
    """Of each identity's role."""
    trust: dict[str, Policy]
    roles: dict[str, str]
    """Name of each identity's role."""
    buckets: dict[str, Policy]
    keys: dict[str, Policy]
    """By the bucket that they encrypt."""


@pytest.fixture(scope="module")
def declared(run: Callable[..., Program]) -> Declared:
    program = run(
        {
            "store.live.bucket": LIVE,
            "store.vault.bucket": VAULT,
            "milvus.root_path": ROOT,
        },
        stack_name="prod-aws",
    )
    suffix = {"milvus": "-milvus", "vault": "-vault-writer"}
    purpose = {LIVE: "-live", VAULT: "-vault"}

    def policies(kind: str, names: dict[str, str], key: str) -> dict[str, Policy]:
        return {who: json.loads(program.one(kind, name).inputs[key]) for who, name in names.items()}

    return Declared(
        rights=policies(ROLE_POLICY, suffix, "policy"),
        trust=policies("aws:iam/role:Role", suffix, "assumeRolePolicy"),
        roles={
            who: program.one("aws:iam/role:Role", name).inputs["name"]
            for who, name in suffix.items()
        },
        buckets=policies("aws:s3/bucketPolicy:BucketPolicy", purpose, "policy"),
        keys=policies(
            "aws:kms/key:Key", {one: f"{name}-key" for one, name in purpose.items()}, "policy"
        ),
    )
