"""What a store can carry, by what was found: tables and pure functions, no store's name."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from plugins.objectstore.probe.capabilities import LOCK_MODES

LIVE = (
    *("tls-chain", "clock-skew", "region", "anonymous-refused", "put-no-checksum"),
    *("put-content-md5", "multipart", "multipart-abort", "get-range", "list-paging"),
    *("delete-objects", "versioning", "delete-marker", "undelete"),
    *("default-encryption-working", "default-encryption-multipart"),
)
"""What the live bucket cannot do without."""
DENIALS: dict[str, tuple[str, ...]] = {
    "by bucket policy": (
        *("policy-accepted", "policy-enforced-owner", "policy-delete-version-only"),
        *("policy-userid", "policy-secure-transport"),
    ),
    "by the users' own policies": ("scoped-other-bucket-refused", "scoped-settings-refused"),
}
"""Two ways to keep everybody but the deployer from weakening a bucket; one is enough."""
LOCK = (
    *("lock-at-creation", "lock-suspend-versioning-refused"),
    *("lock-overwrite-keeps-version", "lock-delete-adds-marker", "lock-multi-delete-refused"),
)
MODES: dict[str, tuple[str, ...]] = {
    "governance": tuple(dict.fromkeys((*LOCK, *LOCK_MODES["governance"]))),
    "compliance": tuple(dict.fromkeys((*LOCK, *LOCK_MODES["compliance"]))),
}
VAULT = (
    *("tls-chain", "clock-skew", "region", "anonymous-refused", "versioning"),
    "default-encryption-working",
)
"""What the vault cannot do without, whatever its lock mode."""
REFUTING = {
    "live bucket": ("scoped-other-bucket-refused",),
    "vault": ("scoped-other-bucket-refused",),
    "vault.mode governance": ("lock-governance-bypass-without-right-refused",),
}
"""Asked with a second identity only: not asked is no obstacle, shown not to hold is one."""
WAL: dict[str, tuple[str, ...]] = {
    "woodpecker, conditional writes on": (
        *("put-if-none-match-versioned", "put-if-none-match-after-marker"),
        "put-if-none-match-race",
    ),
    "woodpecker, conditional writes off": ("put-no-checksum",),
    "rocksmq": (),
    "pulsar or kafka": (),
}
WAL_PLACES = {
    "rocksmq": "on Milvus's own volume, nothing is asked of the store",
    "pulsar or kafka": "outside the store, nothing is asked of it",
    "woodpecker, conditional writes off": "a lock in etcd fences the writers",
    "woodpecker, conditional writes on": "the live bucket itself fences the writers",
}
OPTIONAL_RULES = {
    "expire-noncurrent-versions": "lifecycle-noncurrent",
    "expire-noncurrent-log": "lifecycle-noncurrent-prefix",
    "remove-lone-delete-markers": "lifecycle-expired-marker",
    "abort-abandoned-uploads": "lifecycle-abort-multipart",
}
"""Rules of the live bucket that a stack may leave out by name, and what each needs."""
RULES = {
    "noncurrent versions expire": "lifecycle-noncurrent",
    "noncurrent versions of the WAL expire sooner": "lifecycle-noncurrent-prefix",
    "unfinished uploads are aborted": "lifecycle-abort-multipart",
    "lone delete markers expire": "lifecycle-expired-marker",
    "objects below a prefix expire": "lifecycle-expiration-prefix",
}


class Verdict(BaseModel):
    """What the deployment may ask of this store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    live_bucket: bool
    """Whether it can carry a live bucket."""
    vault: bool
    """Whether it can carry a vault with at least one lock mode."""
    denials: tuple[str, ...]
    """How everybody but the deployer can be kept from weakening a bucket."""
    wal: tuple[str, ...]
    """WAL settings that it can carry."""
    lock_modes: tuple[str, ...]
    """Values that store.vault.mode may have."""
    lifecycle: tuple[str, ...]
    """Lifecycle rules that it keeps."""
    stack_file: tuple[str, ...]
    """What the stack file must say."""
    missing: dict[str, tuple[str, ...]]
    """Capabilities that are lacking, by what needs them."""
    sentences: tuple[str, ...]
    """The whole verdict for a person."""

    @property
    def carries_both(self) -> bool:
        return self.live_bucket and self.vault


def verdict(outcomes: Mapping[str, str]) -> Verdict:
    """The verdict on a store with these outcomes by capability; only `yes` counts."""
    lacking = {
        "live bucket": _lacking(LIVE, outcomes),
        "vault": _lacking(VAULT, outcomes),
        **{f"vault.mode {mode}": _lacking(wanted, outcomes) for mode, wanted in MODES.items()},
        **{f"WAL {name}": _lacking(wanted, outcomes) for name, wanted in WAL.items()},
    }
    if not _left_out(outcomes):
        lacking["live bucket"] += _lacking(("lifecycle-together",), outcomes)
    for name, capabilities in REFUTING.items():
        lacking[name] += tuple(one for one in capabilities if outcomes.get(one) == "no")
    denials = tuple(way for way, wanted in DENIALS.items() if not _lacking(wanted, outcomes))
    if not denials:
        needed = _lacking(DENIALS["by bucket policy"], outcomes)
        lacking["live bucket"] += needed
        lacking["vault"] += needed
    modes = tuple(mode for mode in MODES if not lacking[f"vault.mode {mode}"])
    live = not lacking["live bucket"]
    vault = bool(modes) and not lacking["vault"]
    wal = tuple(name for name in WAL if not lacking[f"WAL {name}"])
    rules = tuple(name for name, capability in RULES.items() if outcomes.get(capability) == "yes")
    stack = _stack_file(live, modes if vault else (), wal, denials, outcomes)
    return Verdict(
        live_bucket=live,
        vault=vault,
        denials=denials,
        wal=wal,
        lock_modes=("none", *modes) if vault else ("none",),
        lifecycle=rules,
        stack_file=stack,
        missing={name: found for name, found in lacking.items() if found},
        sentences=(
            _carries("a live bucket", live, lacking["live bucket"]),
            _vault_sentence(vault, modes, lacking),
            f"Weakening a bucket is denied {' or '.join(denials) or 'in no way that was shown'}.",
            f"WAL: {'; '.join(f'{name} ({WAL_PLACES[name]})' for name in wal)}.",
            f"Lifecycle: {'; '.join(rules) or 'no rule is kept'}.",
            *(f"The stack file: {one}" for one in stack),
        ),
    )


def _left_out(outcomes: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(rule for rule, one in OPTIONAL_RULES.items() if outcomes.get(one) != "yes")


def _lacking(wanted: tuple[str, ...], outcomes: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(one for one in wanted if outcomes.get(one) != "yes")


def _carries(what: str, able: bool, lacking: tuple[str, ...]) -> str:
    if able:
        return f"It can carry {what}."
    return f"It cannot carry {what}; not shown to work: {', '.join(lacking)}."


def _vault_sentence(
    able: bool, modes: tuple[str, ...], lacking: Mapping[str, tuple[str, ...]]
) -> str:
    if able:
        without = [
            f"{mode} lacks {', '.join(lacking[f'vault.mode {mode}'])}"
            for mode in MODES
            if mode not in modes
        ]
        return f"It can carry a vault with lock mode {' or '.join(modes)}." + (
            f" Not: {'; '.join(without)}." if without else ""
        )
    missing = dict.fromkeys(lacking["vault"])
    if not modes:
        missing |= dict.fromkeys(one for mode in MODES for one in lacking[f"vault.mode {mode}"])
    return _carries("a vault", False, tuple(missing))


def _stack_file(
    live: bool,
    modes: tuple[str, ...],
    wal: tuple[str, ...],
    denials: tuple[str, ...],
    outcomes: Mapping[str, str],
) -> tuple[str, ...]:
    """In terms of the stack document's own keys."""
    if not live:
        return ("none fits: a stack on this store would be refused before any bucket exists.",)
    woodpecker = "woodpecker, conditional writes on" in wal
    choice = " or ".join(modes) or "none (nothing holds sealed copies here)"
    lines = [
        f"`milvus.wal` is {'woodpecker or rocksmq' if woodpecker else 'rocksmq'}.",
        f"`store.vault.mode` is {choice}.",
    ]
    left_out = _left_out(outcomes)
    if "expire-noncurrent-versions" not in left_out:
        lines.append("`store.live.undelete_days` is kept by the store's own lifecycle.")
    if left_out:
        lines.append(
            f"`store.lifecycle_left_out` is [{', '.join(left_out)}]: this store does not keep such "
            "a rule, and something else must do its work."
        )
    if "by bucket policy" not in denials:
        lines.append("`store.profile` is one whose users' own policies carry the denials.")
    if "compliance" in modes:
        lines.append("`store.vault.acknowledge_irreversible: true` goes with compliance.")
    if outcomes.get("addressing-path") != "yes":
        lines.append("none fits yet: this kit addresses buckets by path.")
    return tuple(lines)
