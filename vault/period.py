"""How firmly and how long a seal locks: as the stack's document says. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from smoke_tests.outputs import Retention
from vault.object_version import Mode
from vault.places import VaultError


@dataclass(frozen=True)
class Period:
    """What `seal` is asked for."""

    mode: Mode
    keep_for: timedelta
    longest: timedelta


def period(stack: str, agreed: Retention | None, days: float | None = None) -> Period:
    """What the document says, for more days where they are asked for, and never for fewer.

    A vault of mode none is sealed in governance mode, for as long as is asked.
    """
    if agreed is None:
        raise VaultError(
            f"The outputs of stack {stack!r} do not say how long its vault keeps a seal; it was "
            f"deployed by an older kit. Run `pulumi up --stack {stack}`, then seal."
        )
    asked = agreed.days if days is None else days
    if asked is None:
        raise VaultError(
            f"The vault of stack {stack!r} has mode none, so nothing says how long to seal. Say it "
            "for this once with DAYS=7 (--days 7), or set mode and retention_days of "
            "store.vault in the stack file."
        )
    least = agreed.days or 0
    if not least <= asked <= agreed.longest_days or asked <= 0:
        raise VaultError(
            f"Cannot seal for {asked:g} days in the vault of stack {stack!r}; its document wants "
            f"{f'at least {least}' if least else 'more than 0'} and at most {agreed.longest_days} "
            "days (store.vault.retention_days and longest_retention_days). Ask for as many, or "
            "change the stack file knowingly."
        )
    return Period(
        mode="governance" if agreed.mode == "none" else agreed.mode,
        keep_for=timedelta(days=asked),
        longest=timedelta(days=agreed.longest_days),
    )
