"""The evidence: every request that tried to break a lock, and what the store answered."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from vault.record import Record, send

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER_VARIABLE = "VECTORKIT_EVIDENCE"
_NOT_RECORDED = ("Body", "Bucket", "Key", "VersionId")


class Evidence(Record):
    """A record that fails on an answer which was not expected."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "immutability")

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
