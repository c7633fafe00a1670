"""One call and what came back, worded for a person. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.probe.model import Finding, Outcome

_UNSPOKEN = ("Bucket", "UploadId", "ExpectedBucketOwner")
LONGEST = 160
"""Characters of one parameter or message that are quoted."""
SHORT_BODY = 20
"""Bytes of a body that is quoted."""


@dataclass(frozen=True)
class Answer:
    """A call of S3 and its answer; `status` is 0 when there was none."""

    operation: str
    parameters: Mapping[str, Any]
    status: int
    code: str = ""
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = field(default=None, repr=False)
    """What boto3 raised."""
    who: str = ""
    """Empty for the deployer."""

    @property
    def ok(self) -> bool:
        """Whether the store said yes."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the store understood and said no."""
        return 400 <= self.status < 500 and self.status != 405

    @property
    def denied(self) -> bool:
        """Whether the store said no for want of a right."""
        return self.status == 403

    @property
    def sent(self) -> str:
        said = {k: v for k, v in self.parameters.items() if k not in _UNSPOKEN}
        details = ", ".join(f"{key}={_short(value)}" for key, value in said.items())
        call = f"{self.operation}({details})"
        return f"{call} as {self.who}" if self.who else call

    @property
    def received(self) -> str:
        if not self.status:
            return f"no answer ({_short(self.message)})"
        said = f"{self.status} {self.code}".strip()
        return f"{said} ({_short(self.message)})" if self.status >= 500 and self.message else said


def finding(capability: str, outcome: Outcome, *answers: Answer, note: str = "") -> Finding:
    """A finding about these answers; `note` says what they do or do not prove."""
    return Finding(
        capability=capability,
        outcome=outcome,
        sent="; ".join(one.sent for one in answers) or "nothing",
        received=": ".join(
            part for part in ("; ".join(one.received for one in answers), note) if part
        ),
        why=CAPABILITIES[capability].why,
    )


def judged(capability: str, good: bool, *answers: Answer, note: str = "") -> Finding:
    """Yes or no; unclear when the store gave no answer or was too busy to give one."""
    unanswered = any(one.status in (0, 503) for one in answers)
    outcome: Outcome = "yes" if good else "unclear" if unanswered else "no"
    return finding(capability, outcome, *answers, note=note)


def _short(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, bytes):
        return repr(value.decode("latin")) if len(value) <= SHORT_BODY else f"{len(value)} bytes"
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
