"""The commands behind the Makefile: up, start, down, status, kubeconfig, smoke, test."""

import argparse
import os
import sys

from rich.console import Console

from local import commands
from local.errors import Refusal


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("up", help="start the platform, deploy stack local, run the smoke tests")
    verbs.add_parser("start", help="start node, cluster and store, and deploy nothing")
    verbs.add_parser("down", help="stop the platform; PURGE=1 in the environment drops its data")
    verbs.add_parser("status", help="show what runs and what is deployed")
    verbs.add_parser("kubeconfig", help="print the path of the kubeconfig in use")
    smoke = verbs.add_parser("smoke", help="run the smoke tests against a deployed stack")
    smoke.add_argument("--stack", default="local")
    verbs.add_parser("evidence", help="prove the vault's immutability and record every request")
    verbs.add_parser("record", help="write the plans of all stack files anew")
    undelete = verbs.add_parser(
        "undelete",
        help="bring back what was deleted in a stack; DRY_RUN=1 only says",
    )
    undelete.add_argument("--stack", default="local")
    undelete.add_argument("--at", default="", help="as of this time")
    drift = verbs.add_parser(
        "drift", help="say whether a stack still is as declared: 0 yes, 3 no, 1 not found out"
    )
    drift.add_argument("--stack", default="local")
    drift.add_argument("--json", action="store_true", help="print JSON instead of a table")
    handoff = verbs.add_parser("handoff", help="write the page of a stack for who receives it")
    handoff.add_argument("--stack", default="local")
    for verb, says in commands.VAULT.items():
        one = verbs.add_parser(verb, help=says)
        one.add_argument("--stack", default="local")
        one.add_argument("arguments", nargs=argparse.REMAINDER, help="see python -m vault --help")
    test = verbs.add_parser("test", help="run every test, those that need the platform too")
    test.add_argument("arguments", nargs="*", help="arguments for pytest")
    arguments = parser.parse_args()
    try:
        return commands.run(arguments)
    except Refusal as refusal:
        console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
        console.print("error:", style="bold red", end=" ")
        console.print(str(refusal), markup=False)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run the same command again to continue", file=sys.stderr)
        return 130


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
