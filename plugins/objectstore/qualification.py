"""The resource by which a deployment fails before any bucket exists: a store that lacks what the
stack needs. Its inputs are ids of capabilities; its outputs what was found."""

from collections.abc import Iterator, Mapping
from typing import Any

from plugins.objectstore.errors import StoreError
from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.problem import Problem, unknown_key
from plugins.properties import UNKNOWN

QUALIFICATION = "objectstore:index:StoreQualification"
INPUTS = ("needs",)


def problems(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything that is wrong with the inputs; pure."""
    for key in inputs:
        if key not in INPUTS and not key.startswith("__"):
            yield unknown_key(key, key, INPUTS)
    needs = inputs.get("needs")
    if needs is UNKNOWN:
        return
    if not isinstance(needs, list):
        yield Problem("needs", "`needs` must be a list of capabilities' ids.")
        return
    for number, one in enumerate(needs):
        if one is not UNKNOWN and one not in CAPABILITIES:
            reason = unknown_key("needs", str(one), CAPABILITIES).reason
            yield Problem(f"needs[{number}]", reason)


def changed(desired: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether the store must be asked again; the order of needs means nothing."""
    wanted = desired.get("needs")
    return wanted is UNKNOWN or set(wanted or ()) != set(known.get("needs") or ())


def qualify(config: Mapping[str, Any], needs: list[str]) -> dict[str, Any]:
    """Ask the store; raises StoreError that names each need which is not met."""
    # Loading boto3 takes 0.4 s, which an `up` with nothing to change must not pay.
    from plugins.objectstore.probe import Target, probe  # noqa: PLC0415

    report = probe(Target(**config), latency=False)
    found = {one.capability: one for one in report.findings}
    lacking = [found[one] for one in needs if found[one].outcome != "yes"]
    if lacking:
        details = " ".join(
            f"{one.capability} ({one.outcome}): sent {one.sent}; came back {one.received}; "
            f"needed because {one.why}."
            for one in lacking
        )
        names = ", ".join(one.capability for one in lacking)
        raise StoreError(
            f"The store at {report.endpoint} lacks what this stack needs: {names}. Nothing "
            f"was changed in it. {details} Use another store, or settings that do not need this "
            "(`make qualify` says what the store can carry)."
        )
    return {
        "needs": needs,
        "capabilities": dict(report.outcomes()),
        "probed_at": report.probed_at.isoformat(timespec="seconds"),
        "left_behind": [f"{one.bucket}/{one.key} {one.reason}" for one in report.left_behind],
    }
