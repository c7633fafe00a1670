"""AWS's own evaluation, simulated by a program that implements it with every condition.

It is an npm package, run by the node of the Python environment; fetched once into the cache.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from local import settings

FOLDER = Path(__file__).parent / "simulator"
PINS = ("package.json", "package-lock.json")


STAND_INS = {
    re.compile(r'"kms:EncryptionContext:aws:s3:arn"'): '"aws:PrincipalTag/EncryptionContext"',
    re.compile(r'"oidc\.[^":]*:(aud|sub)"'): r'"aws:PrincipalTag/\1"',
}
"""Keys that the simulator does not know for their actions, renamed in policies and requests alike:
operators and values are evaluated, but that AWS has such a key is not checked."""


def verdicts(simulations: Sequence[dict[str, Any]]) -> list[str]:
    """Allowed, ExplicitlyDenied or ImplicitlyDenied for each.

    Raises AssertionError when a policy or request is not valid on AWS, or a condition key does
    not go with the action: such a condition would never hold.
    """
    found = _run("simulate.mjs", _renamed(json.dumps(list(simulations))))
    for simulation, verdict in zip(simulations, found, strict=True):
        assert not verdict["errors"], (simulation["request"], verdict["errors"])
        assert not verdict["ignored"], (simulation["request"], verdict["ignored"])
    return [one["result"] for one in found]


def unknown_actions(actions: Collection[str]) -> list[str]:
    """Those that AWS does not have; a policy with one of them is refused, or allows nothing."""
    return list(_run("unknown_actions.mjs", json.dumps(sorted(actions))))


def _run(script: str, given: str) -> Any:
    done = subprocess.run(
        [_bin("node"), str(_installed(script))],
        input=given,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def _renamed(text: str) -> str:
    for key, stand_in in STAND_INS.items():
        text = key.sub(stand_in, text)
    return text


def _installed(script: str) -> Path:
    """The script, beside what it imports."""
    pins = b"".join((FOLDER / one).read_bytes() for one in PINS)
    target = settings.read().cache / f"iam-simulate-{hashlib.sha256(pins).hexdigest()[:12]}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=target.parent))
        for one in PINS:
            shutil.copy(FOLDER / one, fresh)
        subprocess.run(
            [_bin("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=fresh,
            check=True,
            capture_output=True,
            timeout=300,
        )
        fresh.rename(target)
    # A script is small and may change without its pins.
    return Path(shutil.copy(FOLDER / script, target))


def _bin(program: str) -> str:
    beside = Path(sys.executable).parent / program
    return str(beside) if beside.exists() else shutil.which(program) or os.fspath(program)
