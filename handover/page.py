"""`make handoff`: the page of an environment for the team that receives it, as HTML and JSON.

What the stack file means comes from the stack file; addresses come from the stack's outputs, and
evidence from the last smoke tests. What is not there is said to be missing, and never made up.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2

from handover import stack_files
from handover.errors import HandoverError
from handover.meaning import meaning
from smoke_tests import outputs
from smoke_tests.errors import SmokeError
from vectorkit.settings import Settings

REPORT = "SMOKE_REPORT"
"""The variable that names the file in which the smoke tests say what they found."""
TOLD = (
    "milvus_uri",
    "milvus_service",
    "milvus_server_name",
    "milvus_ca_file",
    "live_bucket",
    "vault_bucket",
    "root_path",
    "store_endpoint",
    "store_region",
    "store_ca_file",
    "credentials_secret",
    "namespace",
    "kubeconfig",
    "context",
)
"""Outputs that the page shows: where everything is, and no secret."""


def sections(stack: str) -> dict[str, Any]:
    """What the page holds, in its order. Raises HandoverError for an invalid stack file."""
    settings = stack_files.settings(stack)
    known = meaning(settings, stack_files.ca_bundle(stack, settings))
    return {
        "addresses": addresses(stack),
        "environment": known["environment"],
        "buckets": known["buckets"],
        "who may do what": known["rights"],
        "sizes and headroom": known["sizes"],
        "quota": known["quota"],
        "evictions": known["budgets"],
        "storage": known["storage"],
        "network": known["network"],
        "what can be lost": known["losses"],
        "destroy keeps": known["destroy_keeps"],
        "open risks": known["risks"],
        "alerts": known["alerts"],
        "left out of this page": known["left_out"],
        "evidence of the last smoke tests": evidence(stack, os.environ.get(REPORT)),
        "daily work": commands(settings),
    }


def addresses(stack: str) -> dict[str, str]:
    """Where everything is; empty when the stack is not deployed, or cannot be asked."""
    try:
        found = outputs.read(stack).model_dump()
    except SmokeError as error:
        print(f"note: no addresses: {error}", file=sys.stderr)
        return {}
    return {name: str(found[name]) for name in TOLD if found.get(name)}


def evidence(stack: str, report: str | None) -> dict[str, str]:
    """What the smoke tests of a stack found when they last ran here; empty when they did not."""
    if not report or not Path(report).exists():
        return {}
    told = json.loads(Path(report).read_text())
    if told["stack"] != stack:
        return {}
    ran = datetime.fromtimestamp(Path(report).stat().st_mtime, UTC)
    return {
        "run at": f"{ran:%Y-%m-%d %H:%M} UTC",
        "result": "passed" if told["passed"] else f"failed: {'; '.join(told['failed'])}",
        **told["figures"],
        "proven": "; ".join(told["proven"]),
    }


def commands(settings: Settings) -> dict[str, str]:
    """What is done every day, and how."""
    stack = settings.environment
    here = f"STACK={stack}"
    deploy = (
        {"make up": "deploy what the stack file says, and prove it"}
        if stack == stack_files.LOCAL
        else {
            f"pulumi preview --refresh --stack {stack}": "what a deployment would change",
            f"pulumi up --stack {stack}": "deploy what the stack file says",
        }
    )
    # A vault of mode none promises nothing, so whoever seals by hand says how long.
    days = " DAYS=..." if settings.store.vault.mode == "none" else ""
    return {
        f"make smoke {here}": "prove with data that it works: it is safe at any time",
        f"make drift {here}": "exit status 0 when everything is as declared",
        f"make plan {here}": "what the stack file means, before it is deployed",
        **deploy,
        f"make seal {here}{days}": "seal the whole instance in the vault now",
        f"make snapshots {here}": "what is sealed, how old it is, until when it is locked",
        f"make vault-verify {here}": "whether the newest snapshot is whole, locked and unchanged",
        f"make restore STACK=... FROM={settings.store.vault.bucket}": "bring a snapshot into an "
        "empty stack",
        f"make drill {here}": "attack a scratch copy, and bring it back: it makes buckets and a "
        "namespace of its own",
        f"make undelete {here} AT=...": "bring back the objects that were deleted since a time",
        f"make images {here}": "every image, or the commands that fill the mirror",
        "make qualify ENDPOINT=... REGION=...": "what the store can do, and how fast it is",
    }


def html(stack: str, found: dict[str, Any], now: datetime) -> str:
    """The page."""
    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=folder, autoescape=True, undefined=jinja2.StrictUndefined
    )
    state = "" if found["addresses"] else "The stack is not deployed, or could not be asked."
    return environment.get_template("page.html.jinja").render(
        stack=stack,
        sections=found,
        written=f"{now:%Y-%m-%d %H:%M} UTC",
        version=version(),
        state=state,
    )


def version() -> str:
    """Of the kit that wrote the page."""
    asked = ["git", "describe", "--always", "--dirty", "--tags"]
    done = subprocess.run(
        asked, cwd=stack_files.REPOSITORY, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "of an unknown version"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m handover.page", description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--folder", default="", help="where to write; default: handoff/ here")
    arguments = parser.parse_args()
    folder = Path(arguments.folder) if arguments.folder else stack_files.REPOSITORY / "handoff"
    try:
        found = sections(arguments.stack)
    except HandoverError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    page, data = folder / f"{arguments.stack}.html", folder / f"{arguments.stack}.json"
    page.write_text(html(arguments.stack, found, datetime.now(UTC)))
    data.write_text(json.dumps({"version": version(), **found}, indent=2) + "\n")
    print(f"{page}\n{data}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
