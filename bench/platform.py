"""Measures the platform and prints one JSON object: seconds and bytes, whole processes.

Runs the real commands. `--cold` adds a first `make up` in a fresh clone, with an empty tool cache,
an empty Go build cache and empty data in a platform of its own, then the rest of what a new user
tries, and takes that platform down again.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from local import settings, tools
from local.engine import environment
from local.layout import CLONE
from local.platform import Platform
from local.stack_file import STACK

STACKS = sorted(one.name.split(".")[1] for one in (CLONE / "stacks").glob("Pulumi.*.yaml"))
COLD_SUBNET = "10.98.0.0/24"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", action="store_true", help="measure a first run as well")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    platform = Platform(settings.read())
    _make("down")
    figures["warm_up_seconds"] = _make("up")
    figures["unchanged_up_seconds"] = _make("up")
    figures["resident_bytes"] = resident_bytes(platform)
    figures |= _previews(platform)
    figures["plan_seconds"] = _make("plan", {"STACK": "prod-onprem"})
    figures["check_seconds"] = _make("check")
    figures["decisions_seconds"] = _decisions(["local"])
    figures["decisions_of_all_stacks_seconds"] = _decisions(STACKS)
    if arguments.cold:
        _make("down")
        figures |= _cold()
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}, indent=2))
    return 0


def resident_bytes(platform: Platform) -> float:
    """Proportional resident memory of every process that the platform's supervisor has started."""
    supervisor = int((platform.layout.supervisor_socket.with_suffix(".sock.pid")).read_text())
    return sum(_proportional_bytes(pid) for pid in [supervisor, *_descendants(supervisor)])


def _descendants(root: int) -> list[int]:
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            children = [int(child) for child in task.read_text().split()]
            found += children
            waiting += children
    return found


def _proportional_bytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    try:
        lines = rollup.read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _decisions(stacks: Sequence[str]) -> float:
    script = (
        "import sys, yaml; sys.path.insert(0, 'infra')\n"
        "from vectorkit import settings; from vectorkit.decisions import decide\n"
        "for stack in sys.argv[1:]:\n"
        "    document = yaml.safe_load(open(f'stacks/Pulumi.{stack}.yaml'))['config']\n"
        "    found = settings.parse(document['vectorkit:environment'], stack)\n"
        "    decide.decide(found, ca_bundle=None)"
    )
    return _timed([sys.executable, "-c", script, *stacks])


def _previews(platform: Platform) -> dict[str, float]:
    """With nothing to change: what whoever edits a stack file waits for."""
    toolbox = tools.found(platform.layout.cache)
    if toolbox is None:
        raise SystemExit("error: the tool cache is empty although `make up` has just ended.")
    stack = ["--stack", STACK, "--config-file", str(platform.layout.stack_file)]
    command = ["pulumi", "--non-interactive", "preview", "--expect-no-changes", *stack]
    known = environment(platform, toolbox)
    return {
        "preview_seconds": _timed(command, known),
        "preview_with_policy_seconds": _timed([*command, "--policy-pack", "policy"], known),
    }


def _cold() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="vectorkit-cold-", dir="/var/tmp") as folder:
        own = {
            "VECTORKIT_STATE": f"{folder}/state",
            "VECTORKIT_CACHE": f"{folder}/cache",
            "VECTORKIT_SUBNET": COLD_SUBNET,
            "GOCACHE": f"{folder}/go-build",
            "GOMODCACHE": f"{folder}/go-modules",
            "GOFLAGS": "-modcacherw",
            "PIP_NO_CACHE_DIR": "1",
        }
        clone = Path(folder) / "a clone"
        subprocess.run(["git", "clone", "--quiet", CLONE, clone], check=True)
        try:
            seconds = _make("up", own, clone)
            stages = json.loads((Path(folder) / "state" / "last-up.json").read_text())
            for target in ("smoke", "down", "up"):
                _make(target, own, clone)
            check = _make("check", own, clone)
        finally:
            _make("down", own | {"PURGE": "1"}, clone)
        status = ["git", "status", "--porcelain"]
        left = subprocess.run(status, cwd=clone, capture_output=True, text=True, check=True).stdout
        if left:
            raise SystemExit(f"error: the clone is not clean after all of it:\n{left}")
    return {
        "cold_up_seconds": seconds,
        "cold_up_without_tools_seconds": sum(stages.values()) - stages["Tools"],
        "cold_check_seconds": check,
    }


def _make(target: str, variables: Mapping[str, str] | None = None, cwd: Path = CLONE) -> float:
    return _timed(["make", "--silent", target], variables, cwd)


def _timed(
    command: list[str], variables: Mapping[str, str] | None = None, cwd: Path = CLONE
) -> float:
    print(f"$ {' '.join(command[:3])}", file=sys.stderr)
    started = time.monotonic()
    known = {**os.environ, **(variables or {})}
    subprocess.run(command, cwd=cwd, env=known, stdout=sys.stderr, check=True)
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
