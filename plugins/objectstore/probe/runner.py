"""Runs every question in order, keeps the bounds, and always cleans up."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime

from plugins.objectstore.errors import Attempt, StoreError, explained
from plugins.objectstore.probe import (
    conditional_writes,
    copy,
    encryption,
    lifecycle,
    multipart_and_listing,
    object_lock,
    policy,
    scoped,
    transport,
    versioning,
    writes,
)
from plugins.objectstore.probe.answer import finding
from plugins.objectstore.probe.capabilities import of_subject
from plugins.objectstore.probe.cleanup import clean
from plugins.objectstore.probe.latency import measure
from plugins.objectstore.probe.limits import LimitReached
from plugins.objectstore.probe.model import Finding, LeftBehind, Outcome, Report, Series, Target
from plugins.objectstore.probe.session import CannotAsk, Session
from plugins.objectstore.probe.verdict import verdict

Progress = Callable[[str], None]
Questions = Callable[[Session], Iterator[Finding]]
SUBJECTS: dict[str, Questions] = {
    "transport": transport.questions,
    "writes": writes.questions,
    "conditional writes": conditional_writes.questions,
    "multipart and listing": multipart_and_listing.questions,
    "versioning": versioning.questions,
    "object lock": object_lock.questions,
    "default retention": object_lock.default_retention,
    "copy": copy.questions,
    "scoped identity": scoped.questions,
    "encryption": encryption.questions,
    "lifecycle": lifecycle.questions,
    "policy": policy.questions,
}


def probe(
    target: Target,
    *,
    progress: Progress | None = None,
    latency: bool = True,
    subjects: Collection[str] = tuple(SUBJECTS),
) -> Report:
    """Ask the store about `subjects` (all); `progress` is told each one as it begins.

    Raises StoreError, in one sentence, when the store cannot be asked at all.
    """
    if unknown := set(subjects) - SUBJECTS.keys():
        raise ValueError(f"no such subjects: {sorted(unknown)}; there are {list(SUBJECTS)}")
    began = datetime.now(UTC)
    session = Session(target)
    tell = progress or (lambda _: None)
    measured: tuple[Series, ...] = ()
    left: tuple[LeftBehind, ...] = ()
    try:
        _first_contact(session)
        findings = list(_answers(session, tell, subjects))
        if latency:
            tell("latency")
            measured = tuple(_measured(session))
    finally:
        tell("cleaning up")
        session.limits.release_for_cleanup()
        left = clean(session)
    return Report(
        endpoint=target.endpoint,
        region=target.region,
        addressing_style=target.addressing_style,
        probed_at=began,
        findings=tuple(findings),
        latency=measured,
        requests=session.limits.requests,
        seconds=round(session.limits.seconds, 1),
        left_behind=left,
        verdict=verdict({one.capability: one.outcome for one in findings}),
    )


def _first_contact(session: Session) -> None:
    """Make the first bucket: what is wrong with address, trust, clock or keys shows here."""
    try:
        session.plain()
    except CannotAsk as obstacle:
        with explained(Attempt("make a scratch bucket", session.target.endpoint)):
            if obstacle.error:
                raise obstacle.error from None
        raise StoreError(f"{obstacle}.") from None


def _measured(session: Session) -> Iterator[Series]:
    try:
        yield from measure(session)
    except (CannotAsk, LimitReached):
        return


def _answers(session: Session, tell: Progress, subjects: Collection[str]) -> Iterator[Finding]:
    for subject, questions in SUBJECTS.items():
        reason = ""
        outcome: Outcome = "not-asked"
        try:
            if subject not in subjects:
                raise CannotAsk("nobody asked for it")
            tell(subject)
            for one in questions(session):
                session.outcomes[one.capability] = one.outcome
                yield one
        except (CannotAsk, LimitReached) as obstacle:
            reason = str(obstacle)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # An answer that boto3 could read but that lacks what S3 promises.
            reason, outcome = f"the store's answer lacks {error}", "unclear"
        for capability in of_subject(subject):
            if capability not in session.outcomes:
                yield finding(capability, outcome, note=reason)
