"""How the store is reached: TLS, plain HTTP, clock, region, addressing."""

import http.client
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from plugins.objectstore.probe.answer import Answer, finding, judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.session import Session

WARN = timedelta(seconds=60)
FAIL = timedelta(seconds=300)
PLAIN_SECONDS = 5
PLAIN_PORT = 80


def questions(session: Session) -> Iterator[Finding]:
    bucket = session.plain()
    yield finding(
        "tls-chain",
        "yes",
        bucket.made,
        note=f"over TLS, verified with {session.target.ca_file or 'the CAs of the system'}",
    )
    yield _plain_http(session)
    began = datetime.now(UTC)
    asked = bucket.ask("HeadBucket")
    session.skew, clock = clock_finding(asked, began)
    yield clock
    yield _region(session)
    style = session.target.addressing_style
    for one in ("path", "virtual"):
        yield (
            judged(f"addressing-{one}", asked.ok, asked)
            if one == style
            else _other_style(session, one)
        )
    nobody = session.asker(anonymous=True, who="nobody")
    answer = bucket.ask("ListObjectsV2", by=nobody)
    yield judged("anonymous-refused", answer.refused, answer)


def clock_finding(answer: Answer, asked_at: datetime) -> tuple[timedelta, Finding]:
    """How far the store's clock is from ours, by the Date of its answer."""
    headers = answer.data.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if "date" not in headers:
        return timedelta(), finding("clock-skew", "unclear", answer, note="the answer has no Date")
    skew = parsedate_to_datetime(headers["date"]) - asked_at
    # Date has whole seconds only.
    skew = timedelta() if abs(skew) < timedelta(seconds=2) else skew
    size = abs(skew)
    outcome = "yes" if size <= WARN else "unclear" if size <= FAIL else "no"
    note = f"the store's clock differs from this machine's by {skew.total_seconds():.0f} s"
    return skew, finding("clock-skew", outcome, answer, note=note)  # type: ignore[arg-type]


def _plain_http(session: Session) -> Finding:
    """Asks without any credential, so nothing secret travels in the clear."""
    place = urlsplit(session.target.endpoint)
    port = place.port or PLAIN_PORT
    connection = http.client.HTTPConnection(place.hostname or "", port, timeout=PLAIN_SECONDS)
    session.limits.count()
    try:
        connection.request("GET", "/")
        status, text = (answer := connection.getresponse()).status, answer.read(200).decode("latin")
        redirected = (answer.getheader("location") or "").startswith("https://")
    except (OSError, http.client.HTTPException) as error:
        status, text, redirected = 0, type(error).__name__, False
    finally:
        connection.close()
    # Go's servers answer 400 on their own when they are spoken to without TLS.
    closed = not status or redirected or (status == 400 and "HTTPS server" in text)
    said = Answer(f"GET http://{place.hostname}:{port}/", {}, status, message=text)
    return (
        judged("plain-http-refused", closed, replace(said, status=status or 0))
        if (status)
        else finding("plain-http-refused", "yes", said)
    )


def _region(session: Session) -> Finding:
    bucket = session.plain()
    put = bucket.ask("PutObject", Key="region", Body=b"region")
    located = bucket.ask("GetBucketLocation")
    found = located.data.get("LocationConstraint") or "us-east-1"
    note = f"the store says that the bucket is in {found!r}" if located.ok else ""
    return judged("region", put.ok, put, located, note=note)


def _other_style(session: Session, style: str) -> Finding:
    host = urlsplit(session.target.endpoint).hostname or ""
    if style == "virtual" and _is_address(host):
        note = f"{host} is an address, and a bucket's name cannot be put before it"
        return finding("addressing-virtual", "not-asked", note=note)
    other = session.asker(target=replace(session.target, addressing_style=style))  # type: ignore[arg-type]
    answer = session.plain().ask("HeadBucket", by=other)
    # No answer is one here: the name does not resolve, or the certificate does not cover it.
    return finding(f"addressing-{style}", "yes" if answer.ok else "no", answer)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
