"""If-None-Match and If-Match, on a bucket without versions and on one with them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from plugins.objectstore.probe.answer import Answer, finding, judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.session import Scratch, Session

RACERS = 8


def questions(session: Session) -> Iterator[Finding]:
    plain, versioned = session.plain(), session.versioned()
    yield _once("put-if-none-match", plain)
    yield _match("put-if-match", plain)
    yield _once("put-if-none-match-versioned", versioned)
    yield _match("put-if-match-versioned", versioned)
    yield _after_marker(versioned)
    yield _race(versioned)


def _once(capability: str, bucket: Scratch) -> Finding:
    first = bucket.ask("PutObject", Key="once", Body=b"first", IfNoneMatch="*")
    second = bucket.ask("PutObject", Key="once", Body=b"second", IfNoneMatch="*")
    got = bucket.ask("GetObject", Key="once")
    good = first.ok and second.status in (409, 412) and got.data.get("Body") == b"first"
    return judged(capability, good, first, second, got, note=_content(got))


def _match(capability: str, bucket: Scratch) -> Finding:
    made = bucket.keep("match", b"first")
    etag = made.data.get("ETag", "")
    right = bucket.ask("PutObject", Key="match", Body=b"second", IfMatch=etag)
    wrong = bucket.ask("PutObject", Key="match", Body=b"third", IfMatch=etag)
    got = bucket.ask("GetObject", Key="match")
    good = right.ok and wrong.status in (409, 412) and got.data.get("Body") == b"second"
    return judged(capability, good, right, wrong, got, note=_content(got))


def _after_marker(bucket: Scratch) -> Finding:
    made = bucket.keep("again", b"first")
    gone = bucket.ask("DeleteObject", Key="again")
    again = bucket.ask("PutObject", Key="again", Body=b"second", IfNoneMatch="*")
    good = made.ok and gone.ok and again.ok
    return judged("put-if-none-match-after-marker", good, made, gone, again)


def _race(bucket: Scratch) -> Finding:
    def put(number: int) -> Answer:
        body = f"{number}".encode() * 100_000
        return bucket.ask("PutObject", Key="race", Body=body, IfNoneMatch="*")

    with ThreadPoolExecutor(RACERS) as pool:
        answers = list(pool.map(put, range(RACERS)))
    won = [number for number, one in enumerate(answers) if one.ok]
    got = bucket.ask("GetObject", Key="race").data.get("Body", b"")
    good = len(won) == 1 and got == f"{won[0]}".encode() * 100_000
    said = sorted(f"{one.received}" for one in answers)
    note = f"{RACERS} at once, {len(won)} of them succeeded: {', '.join(said)}"
    return finding("put-if-none-match-race", "yes" if good else "no", answers[0], note=note)


def _content(got: Answer) -> str:
    body = got.data.get("Body", b"")
    return f"the object is {body.decode(errors='replace')!r}" if body else ""
