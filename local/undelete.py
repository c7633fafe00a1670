"""`make undelete`: brings back everything below a stack's root path, as of a time.

It runs with the deployer's credentials, from boto3's default chain. What it will do comes first;
nothing is destroyed by it, and it can be run again at any time.
"""

import argparse
import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import Progress

from local.errors import Refusal
from plugins.errors import Refusal as StoreRefusal
from plugins.objectstore import undelete
from plugins.objectstore.history import Step
from plugins.objectstore.s3_client import StoreConfig, connect
from smoke_tests import outputs
from smoke_tests.errors import SmokeError
from smoke_tests.outputs import Outputs

SHOWN = 20
"""Keys named before the work begins; a dry run names all of them."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.undelete", description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument(
        "--at",
        default="",
        help="bring back the state of this time, such as 2026-01-31T14:05:00Z; without it, "
        "whatever is deleted now comes back as it was last",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, only")
    arguments = parser.parse_args()
    try:
        at = moment(arguments.at, datetime.now(UTC))
        return run(outputs.read(arguments.stack), arguments.stack, at, dry_run=arguments.dry_run)
    except (Refusal, StoreRefusal, SmokeError) as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1


def moment(text: str, now: datetime) -> datetime | None:
    """The time that was asked for. Raises Refusal for one that is ambiguous or to come."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(f"AT={text!r} is no time; write it as 2026-01-31T14:05:00Z.") from None
    if at.tzinfo is None:
        raise Refusal(f"AT={text!r} has no time zone; write it as {text}Z for UTC.")
    if at > now:
        raise Refusal(f"AT={text!r} is still to come; the state of a past time can come back.")
    return at


def tags(stack: str) -> dict[str, str]:
    """The tags by which a stack's live bucket is known."""
    return {"vectorkit:environment": stack, "vectorkit:purpose": "live"}


def run(stack: Outputs, name: str, at: datetime | None, *, dry_run: bool) -> int:
    """Survey, do and survey again. Raises a refusal of the store or of the stack."""
    client = connect(
        StoreConfig(endpoint=stack.endpoint, region=stack.store_region, ca_file=stack.store_ca_file)
    )
    bucket, prefix = stack.live_bucket, f"{stack.root_path}/"
    undelete.refuse_other_bucket(client, bucket, tags(name))
    listing = _Listing(None if dry_run else SHOWN)
    work = undelete.survey(client, bucket, prefix, at, listing.show)
    when = f"as of {at:%Y-%m-%dT%H:%M:%S%z}" if at else "as it was last"
    print(f"{bucket}/{prefix} {when}: {work}.")
    if dry_run or not work:
        return 0
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("undelete", total=work.total)
        undelete.carry_out(client, bucket, prefix, at, lambda done: progress.advance(task, done))
    left = undelete.survey(client, bucket, prefix, at)
    if left:
        raise Refusal(
            f"Still to do: {left}. Something deletes or overwrites at the same time; stop Milvus, "
            "then run the same command again."
        )
    print(f"{work.total} objects are back; nothing is left to do.")
    return 0


class _Listing:
    """Names the steps as they are found, up to a number of them."""

    def __init__(self, most: int | None) -> None:
        self._left = most

    def show(self, step: Step) -> None:
        if self._left is None or self._left > 0:
            print(f"{step.kind}  {step.version.key}  {step.version.size} bytes")
        elif self._left == 0:
            print("... (DRY_RUN=1 names all)")
        if self._left is not None:
            self._left -= 1


if __name__ == "__main__":
    sys.exit(main())
