"""PUT with and without a digest; a digest counts only when a wrong one is refused."""

import base64
import hashlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from plugins.objectstore.probe.answer import judged
from plugins.objectstore.probe.model import Finding
from plugins.objectstore.probe.session import Session

BODY = b"123456789"
"""The text for which catalogues of checksums give their check values."""
CRC32C = base64.b64encode((0xE3069283).to_bytes(4, "big")).decode()
CRC64NVME = base64.b64encode((0xAE8B14860A799888).to_bytes(8, "big")).decode()
MD5 = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
WRONG = b"987654321"
_DIGESTS = {
    "put-content-md5": {"ContentMD5": MD5},
    "put-crc32c": {"ChecksumCRC32C": CRC32C},
    "put-crc64nvme": {"ChecksumCRC64NVME": CRC64NVME},
}


def questions(session: Session) -> Iterator[Finding]:
    bucket = session.plain()
    put = bucket.ask("PutObject", by=session.bare, Key="no-checksum", Body=BODY)
    got = bucket.ask("GetObject", Key="no-checksum")
    yield judged("put-no-checksum", put.ok and got.data.get("Body") == BODY, put, got)
    for capability, digest in _DIGESTS.items():
        yield _digest(session, capability, digest)
    modern = session.asker(modern=True)
    put = bucket.ask("PutObject", by=modern, Key="trailing", Body=BytesIO(BODY))
    got = bucket.ask("GetObject", Key="trailing")
    note = "sent as aws-chunked with a trailing CRC32"
    good = put.ok and got.data.get("Body") == BODY
    yield judged("put-trailing-checksum", good, put, got, note=note)


def _digest(session: Session, capability: str, digest: dict[str, Any]) -> Finding:
    bucket = session.plain()
    right = bucket.ask("PutObject", by=session.bare, Key=capability, Body=BODY, **digest)
    wrong = bucket.ask("PutObject", by=session.bare, Key=capability, Body=WRONG, **digest)
    got = bucket.ask("GetObject", Key=capability)
    good = right.ok and wrong.refused and got.data.get("Body") == BODY
    note = "" if wrong.refused else "a body that does not fit its digest was stored"
    return judged(capability, good, right, wrong, got, note=note)
