"""What a stack's settings need from its store, with the reason: ids of the probe's capabilities."""

from vectorkit.decisions.lifecycle import RuleId
from vectorkit.schema.profiles import PROFILES
from vectorkit.schema.stores import AwsStore
from vectorkit.settings import Settings

DATA = dict.fromkeys(
    (
        *("tls-chain", "region", "addressing-path", "anonymous-refused"),
        *("put-no-checksum", "put-content-md5", "multipart", "multipart-abort", "get-range"),
        *("list-paging", "delete-objects"),
    ),
    "Milvus reads and writes this way",
)
KEPT = dict.fromkeys(
    ("versioning", "delete-marker", "undelete", "lifecycle-noncurrent"),
    "store.live.undelete_days promises that what was deleted can be brought back",
)
CLEANED = dict.fromkeys(
    ("lifecycle-expired-marker", "lifecycle-abort-multipart", "lifecycle-together"),
    "the live bucket has these rules",
)
ENCRYPTED = dict.fromkeys(
    ("default-encryption-working", "default-encryption-multipart"),
    "both buckets encrypt by default, because Milvus asks for nothing",
)
DENIED = dict.fromkeys(
    (
        *("policy-accepted", "policy-enforced-owner", "policy-delete-version-only"),
        *("policy-userid", "policy-secure-transport"),
    ),
    "the buckets' policies keep everybody but the deployer from weakening them",
)
VAULT = dict.fromkeys(
    ("lock-at-creation", "lock-suspend-versioning-refused"),
    "the vault is created with Object Lock",
)
SEALED = dict.fromkeys(
    ("clock-skew", "lock-overwrite-keeps-version", "lock-delete-adds-marker"),
    "sealed versions are kept until a date",
)
GOVERNANCE = dict.fromkeys(
    (
        *("lock-governance-delete-refused", "lock-governance-shorten-refused"),
        *("lock-governance-extend", "lock-multi-delete-refused"),
    ),
    "store.vault.mode is governance",
)
COMPLIANCE = dict.fromkeys(
    (
        *("lock-compliance-delete-refused", "lock-compliance-bypass-refused"),
        *("lock-compliance-shorten-refused", "lock-compliance-mode-change-refused"),
        *("lock-compliance-extend", "lock-multi-delete-refused"),
    ),
    "store.vault.mode is compliance",
)
WOODPECKER = dict.fromkeys(
    (
        *("put-if-none-match-versioned", "put-if-none-match-after-marker"),
        *("put-if-none-match-race", "lifecycle-noncurrent-prefix"),
    ),
    "milvus.wal is woodpecker, which fences its writers in the live bucket",
)
_OF_RULE: dict[RuleId, str] = {
    "abort-abandoned-uploads": "lifecycle-abort-multipart",
    "expire-noncurrent-log": "lifecycle-noncurrent-prefix",
    "expire-noncurrent-versions": "lifecycle-noncurrent",
    "remove-lone-delete-markers": "lifecycle-expired-marker",
}
_MODES: dict[str, dict[str, str]] = {
    "none": {},
    "governance": SEALED | GOVERNANCE,
    "compliance": SEALED | COMPLIANCE,
}


def needs(settings: Settings) -> dict[str, str]:
    """Capability and reason; empty for AWS, whose own store is not asked."""
    store = settings.store
    if isinstance(store, AwsStore):
        return {}
    needed = DATA | KEPT | CLEANED | ENCRYPTED | VAULT | _MODES[store.vault.mode]
    if PROFILES[store.profile].bucket_policy == "denies":
        needed |= DENIED
    if settings.milvus.wal == "woodpecker":
        needed |= WOODPECKER
    left_out = {_OF_RULE[rule] for rule in store.lifecycle_left_out}
    # The rules together are asked for as a whole; with one left out that says nothing.
    left_out |= {"lifecycle-together"} if left_out else set()
    return {capability: why for capability, why in needed.items() if capability not in left_out}
