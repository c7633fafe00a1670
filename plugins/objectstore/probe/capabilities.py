"""Every capability that is asked for: its stable id, its subject, and why it matters."""

from typing import NamedTuple


class Capability(NamedTuple):
    subject: str
    why: str


_LIVE_LOSS = "without it an overwritten or deleted object of Milvus cannot be brought back"
_SUBJECTS: dict[str, dict[str, str]] = {
    "transport": {
        "tls-chain": "keys and data travel encrypted, to the store that the CA vouches for",
        "plain-http-refused": "a client set up wrongly must fail instead of sending in the clear",
        "clock-skew": "signatures fail beyond 15 minutes, and retention dates shift by the skew",
        "region": "Milvus signs for a region; a wrong one fails every request",
        "addressing-path": "how Milvus names buckets with `useVirtualHost: false`",
        "addressing-virtual": "how Milvus names buckets with `useVirtualHost: true`",
        "anonymous-refused": "nobody without a key may read data",
    },
    "writes": {
        "put-no-checksum": "Milvus's Go part sends neither Content-MD5 nor a checksum",
        "put-content-md5": "Milvus's C++ part sends Content-MD5; a wrong one must be refused",
        "put-crc32c": "`minio.ssl.useCRC32C` needs it; a wrong one must be refused",
        "put-crc64nvme": "newer SDKs' checksum; a wrong one must be refused",
        "put-trailing-checksum": "Milvus 3 sends aws-chunked bodies unless told not to",
    },
    "conditional writes": {
        "put-if-none-match": "Woodpecker, Milvus's WAL, creates every WAL object only once",
        "put-if-none-match-versioned": "the live bucket keeps versions, and Woodpecker lives there",
        "put-if-none-match-after-marker": "a key whose object was deleted must be writable again",
        "put-if-none-match-race": "of two writers that fence each other exactly one may win",
        "put-if-match": "a writer replaces only what it has read",
        "put-if-match-versioned": "the same where versions are kept",
    },
    "multipart and listing": {
        "multipart": "Milvus writes objects of 16 MiB and more in parts",
        "multipart-abort": "parts of a broken upload must go, or they are stored for ever",
        "get-range": "index files and mapped segments are read in ranges",
        "list-paging": "Milvus's garbage collection trusts lists of many pages",
        "delete-objects": "Milvus's C++ part deletes in batches",
        "delete-objects-crc32-only": "newer SDKs send CRC32 instead of Content-MD5 with a batch",
    },
    "versioning": {
        "versioning": _LIVE_LOSS,
        "delete-marker": "a delete must hide an object, and nothing more",
        "undelete": "removing the delete marker brings the object back",
    },
    "encryption": {
        "default-encryption-accepted": "Milvus sends no encryption headers; the bucket must do it",
        "default-encryption-working": "an object put without headers must be stored encrypted",
        "default-encryption-multipart": "the same for objects written in parts",
        "kms-encryption": "a key of one's own, which can be rotated and audited",
    },
    "lifecycle": {
        "lifecycle-noncurrent": "old versions must end after `undelete_days`",
        "lifecycle-noncurrent-prefix": "the WAL's old versions end sooner than the rest",
        "lifecycle-abort-multipart": "abandoned uploads must not be stored for ever",
        "lifecycle-expired-marker": "lone delete markers slow lists down",
        "lifecycle-expiration-prefix": "staging data below a prefix can end by itself",
        "lifecycle-together": "the live bucket has all its rules at once",
    },
    "policy": {
        "policy-accepted": "soft immutability of the live bucket is a bucket policy",
        "policy-enforced-owner": "a denial must hold against the bucket's owner too",
        "policy-delete-version-only": "Milvus may delete objects, but no versions",
        "policy-secure-transport": "the denial of plain HTTP is a condition",
        "policy-userid": "`all but the deployer` is a condition on aws:userid",
        "public-access-block": "no mistake in a policy may open the bucket to everybody",
        "public-access-block-enforced": "the block must refuse a public policy",
        "ownership-controls": "objects belong to the bucket's owner, and ACLs are off",
    },
    "scoped identity": {
        "policy-enforced-scoped": "a denial must hold against Milvus's own identity",
        "scoped-object-access": "Milvus's own identity reads and writes its bucket",
        "scoped-other-bucket-refused": "Milvus's identity must not reach the vault",
        "scoped-settings-refused": "Milvus's identity must not switch versioning or rules off",
        "lock-governance-bypass-without-right-refused": "nobody else may undo a seal",
    },
    "object lock": {
        "lock-at-creation": "the vault is created with Object Lock",
        "lock-on-existing-bucket": "an existing bucket could become a vault",
        "lock-governance-delete-refused": "a sealed version must survive a delete",
        "lock-governance-shorten-refused": "a seal must not be weakened without the bypass",
        "lock-governance-extend": "a seal can be made longer",
        "lock-governance-bypass": "GOVERNANCE lets whoever has the right undo a mistake",
        "lock-compliance-delete-refused": "nobody may delete before the date",
        "lock-compliance-bypass-refused": "no bypass may help against COMPLIANCE",
        "lock-compliance-shorten-refused": "no date may come nearer",
        "lock-compliance-extend": "a seal can be made longer",
        "lock-compliance-mode-change-refused": "COMPLIANCE must not become GOVERNANCE",
        "lock-multi-delete-refused": "DeleteObjects must not be the way around a lock",
        "lock-overwrite-keeps-version": "an overwrite adds a version and spares the sealed one",
        "lock-delete-adds-marker": "a delete without version hides, and spares the sealed version",
        "lock-legal-hold": "a hold keeps a version without a date until it is released",
        "lock-suspend-versioning-refused": "suspended versioning would let an overwrite destroy",
        "lock-lifecycle": "a lifecycle rule must not expire a sealed version",
    },
    "default retention": {
        "put-no-checksum-default-retention": "Milvus writes to such a bucket only where this works",
        "put-checksum-default-retention": "writers with checksums may use a default retention",
    },
    "copy": {
        "copy": "milvus-backup copies within the store",
        "copy-version": "undelete copies an old version over the current one",
        "copy-with-retention": "a copy into the vault is sealed from its first moment",
    },
}

CAPABILITIES: dict[str, Capability] = {
    identifier: Capability(subject, why)
    for subject, questions in _SUBJECTS.items()
    for identifier, why in questions.items()
}


def of_subject(subject: str) -> list[str]:
    """The ids of a subject's capabilities."""
    return list(_SUBJECTS[subject])


LOCK_MODES: dict[str, tuple[str, ...]] = {
    mode: tuple(one for one in _SUBJECTS["object lock"] if one in wanted)
    for mode, wanted in {
        "governance": {
            *(one for one in _SUBJECTS["object lock"] if "-governance-" in one),
            *("lock-multi-delete-refused", "lock-overwrite-keeps-version"),
            "lock-delete-adds-marker",
        },
        "compliance": {one for one in _SUBJECTS["object lock"] if "-compliance-" in one},
    }.items()
}
"""What is asked of a version that is locked in each mode."""
