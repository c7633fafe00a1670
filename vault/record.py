"""The record of a run: what was asked of a store, by whom, and what it answered.

One JSON object a line. Each line names the digest of the line before it, so that a line that was
changed or taken out later shows. No line holds a credential or an object's content.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

START = "0" * 64


@dataclass
class Record:
    """Writes lines to a file of its own below a folder."""

    folder: Path
    kind: str
    """What was tried, for the file's name."""
    run: str = field(default_factory=lambda: uuid4().hex)
    previous: str = START

    @property
    def file(self) -> Path:
        return self.folder / f"{self.kind}-{self.run}.jsonl"

    def write(self, entry: Mapping[str, Any]) -> None:
        """Append one line, bound to the line before it."""
        known = {"run": self.run, "when": datetime.now(UTC).isoformat(), "previous": self.previous}
        line = json.dumps({**known, **entry}, default=str, sort_keys=True)
        with self.file.open("a") as file:
            file.write(line + "\n")
        self.previous = sha256(line.encode()).hexdigest()


def send(client: Any, operation: str, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """S3's answer, and its outcome: the status, with S3's code where something was refused."""
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
