"""Waits that end."""

import time
from collections.abc import Callable

from smoke_tests.errors import SmokeError

PAUSE_SECONDS = 1.0


def until(check: Callable[[], str], seconds: float, what: str) -> float:
    """Ask again until `check` returns nothing; what it returns otherwise is what was last seen.

    Returns how long it took. Raises SmokeError with the last thing seen.
    """
    start = time.monotonic()
    while seen := check():
        if time.monotonic() - start > seconds:
            raise SmokeError(f"{what} did not happen within {seconds:.0f} s; last seen: {seen}.")
        time.sleep(PAUSE_SECONDS)
    return time.monotonic() - start
