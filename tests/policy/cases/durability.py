"""What is protected, and when a stack is thrown away."""

from tests.policy.sample import (
    ACCOUNT,
    CLAIM,
    IN,
    Bad,
    Declared,
    added,
    changed,
    good,
    key_policy,
    unprotected,
    without,
)


def thrown_away(plan: Declared) -> Declared:
    """The plan with force_destroy on every bucket, and protect on nothing."""
    for one in plan.values():
        one[2].pop("protect", None)
    plan["live"][1]["force_destroy"] = True
    plan["on-aws"][1]["forceDestroy"] = True
    return plan


GOOD: dict[str, Declared] = {
    "a stack that is thrown away": thrown_away(key_policy(Principal=ACCOUNT, Action=["kms:Sign"])),
    "a vault in a stack that is thrown away": {
        **thrown_away(good()),
        "vault": [
            good()["live"][0],
            {**changed("live", "bucket", "trial-live")["live"][1], "object_lock": True},
            {},
        ],
    },
    "a protected volume": added(CLAIM, {"metadata": IN}, protect=True),
}
BAD: dict[str, Bad] = {
    "a bucket": ("protected-data", unprotected(good(), "live"), "Bucket 'live' holds durable data"),
    "one bucket that may be emptied": (
        "protected-data",
        changed("live", "force_destroy", True, unprotected(good(), "live")),
        "Bucket 'live' holds durable data",
    ),
    "a volume beside a scratch bucket alone": (
        "protected-data",
        changed(
            *("live", "force_destroy", True),
            without(
                unprotected(added(CLAIM, {"metadata": IN}), "live"),
                *("on-aws", "versions", "encryption", "policy"),
            ),
        ),
        "Volume 'added' holds durable data",
    ),
    "one bucket of two that may be emptied": (
        "protected-data",
        changed("on-aws", "forceDestroy", False, thrown_away(good())),
        "Bucket 'on-aws' holds durable data",
    ),
    "a key": (
        "protected-data",
        unprotected(key_policy(Principal=ACCOUNT, Action="kms:Sign"), "added"),
        "KMS key 'added' holds durable data",
    ),
    "a namespace with a release": (
        "protected-data",
        unprotected(good(), "namespace"),
        "Namespace 'namespace' holds durable data",
    ),
    "a namespace with a volume": (
        "protected-data",
        unprotected(without(added(CLAIM, {"metadata": IN}, protect=True), "release"), "namespace"),
        "Namespace 'namespace' holds durable data",
    ),
    "a volume where there is no bucket": (
        "protected-data",
        {"added": [CLAIM, {"metadata": IN}, {}]},
        "Volume 'added' holds durable data",
    ),
}
