"""Runs a file of tests in a network and with mounts of its own."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ALONE = 'mount -t tmpfs tmpfs /tmp && ip link set lo up && exec "$@"'


def passes(tests: str, count: int) -> None:
    """All of the tests in this file of the folder pass there, so many."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / tests)]
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", ALONE, "sh", *command],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert f"{count} passed" in done.stdout
