"""The record of a run: every request that tried to break a lock, and what the store answered.

One JSON object a line. Each line names the digest of the line before it, so that a line that was
changed or taken out later shows.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER_VARIABLE = "VECTORKIT_EVIDENCE"
_NOT_RECORDED = ("Body", "Bucket", "Key", "VersionId")
START = "0" * 64


@dataclass
class Evidence:
    """Writes what was asked and answered to a file of its own below a folder."""

    folder: Path
    run: str = field(default_factory=lambda: uuid4().hex)
    previous: str = START

    @property
    def file(self) -> Path:
        return self.folder / f"immutability-{self.run}.jsonl"

    def ask(
        self,
        claim: str,
        who: str,
        client: "S3Client",
        operation: str,
        *,
        expected: str,
        demanded: str = "",
        **parameters: Any,
    ) -> dict[str, Any]:
        """Send one request, record it, and fail unless it was answered as expected.

        `demanded` is what S3 demands where this store is known to answer otherwise.
        """
        answer, outcome = send(client, operation, parameters)
        self.write(
            {
                "claim": claim,
                "who": who,
                "endpoint": client.meta.endpoint_url,
                "bucket": parameters.get("Bucket"),
                "key": parameters.get("Key"),
                "version_id": parameters.get("VersionId", answer.get("VersionId")),
                "request": operation,
                "parameters": {
                    name: value for name, value in parameters.items() if name not in _NOT_RECORDED
                },
                "outcome": outcome,
                "expected": expected,
                "demanded": demanded or expected,
                "holds": outcome == (demanded or expected),
            }
        )
        assert outcome == expected, f"{claim}: {who} got {outcome!r} for {operation}"
        return answer

    def write(self, record: dict[str, Any]) -> None:
        """Append one line, bound to the line before it."""
        known = {"run": self.run, "when": datetime.now(UTC).isoformat(), "previous": self.previous}
        line = json.dumps({**known, **record}, default=str, sort_keys=True)
        with self.file.open("a") as file:
            file.write(line + "\n")
        self.previous = sha256(line.encode()).hexdigest()


def send(
    client: "S3Client", operation: str, parameters: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """The answer, and its outcome: the status, with S3's code where something was refused."""
    try:
        answer: dict[str, Any] = getattr(client, operation)(**parameters)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {}, f"{status} {error.response['Error'].get('Code', '')}".strip()
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    refused = sorted({one["Code"] for one in answer.get("Errors", [])})
    return answer, " ".join([str(status), *refused])


def intact(file: Path) -> bool:
    """Whether no line was changed or taken out, the last ones excepted."""
    previous = START
    for line in file.read_text().splitlines():
        if json.loads(line)["previous"] != previous:
            return False
        previous = sha256(line.encode()).hexdigest()
    return True
