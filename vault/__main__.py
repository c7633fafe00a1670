"""Seals a whole Milvus instance in the vault, lists and verifies snapshots, and restores one.

Exit status: 0 done and right, 1 refused or failed, 2 wrong arguments, 3 done but not right (a
verification with findings, a restored instance with other answers), 130 interrupted. A restore
that warns of ended locks or of other snapshots is right all the same.
"""

import argparse
import logging
import math
import sys
from collections.abc import Callable

from handover.errors import HandoverError
from plugins.errors import Refusal
from smoke_tests.errors import SmokeError
from vault import commands
from vault.drill.command import drill_stack

RESTORE = (
    "bring a snapshot into an empty stack. It must have the root path and the version of Milvus "
    "that were sealed, and as milvusRootPassword that of the sealed instance, whose users come "
    "back with the rest. A log outside of the store (Pulsar, Kafka) is not sealed: give Milvus an "
    "empty one that nobody else uses."
)
Command = Callable[[argparse.Namespace], int]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m vault", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    _seal(_verb(verbs, "seal", "seal what the stack holds now", commands.seal_stack))
    _verb(verbs, "snapshots", "list the snapshots", commands.list_snapshots)
    _verify(_verb(verbs, "verify", "say whether a snapshot is whole", commands.verify_snapshot))
    _restore(_verb(verbs, "restore", RESTORE, commands.restore_into))
    _verb(verbs, "drill", "attack a scratch copy of the stack, and bring it back", drill_stack)
    arguments = parser.parse_args()
    run: Command = arguments.run
    # pymilvus lets every library tell what it does.
    logging.getLogger().setLevel(logging.ERROR)
    try:
        return run(arguments)
    except (Refusal, SmokeError, HandoverError) as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run the same command again to continue", file=sys.stderr)
        return 130


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, says: str, run: Command
) -> argparse.ArgumentParser:
    one = verbs.add_parser(name, help=says.partition(".")[0], description=says)
    one.add_argument("--stack", required=True, type=_name, help="the stack, as pulumi names it")
    one.add_argument("--vault-bucket", help="another vault of the same store than the stack's own")
    one.add_argument("--json", action="store_true", help="print JSON instead of text")
    one.add_argument("--quiet", action="store_true", help="show no progress")
    one.set_defaults(run=run)
    return one


def _seal(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--days", type=float, help="how long nobody can destroy it, if longer than the stack says"
    )


def _verify(one: argparse.ArgumentParser) -> None:
    one.add_argument("--snapshot", help="its id; without it the newest")
    one.add_argument(
        "--sample", type=float, default=1.0, help="share of objects whose bytes are read, 0 to 1"
    )


def _restore(one: argparse.ArgumentParser) -> None:
    _verify(one)
    one.set_defaults(sample=0.0)
    one.add_argument("--from-stack", help="another stack, of any store, whose vault is read")
    one.add_argument("--etcd-address", help="such as http://127.0.0.1:2379; else the stack's")
    one.add_argument("--milvus-version", help="the version that will run; else the stack's image")
    one.add_argument("--wait", type=_seconds, default=600, help="until Milvus has been started")


def _name(text: str) -> str:
    # Without a name pulumi takes the stack that was selected last.
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; name a stack, such as local")
    return text


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} are no seconds; give 0 or more of them")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
