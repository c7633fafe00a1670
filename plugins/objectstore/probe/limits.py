"""How much the probe may ask, and for how long."""

import threading
import time
from collections.abc import Callable

MOST_REQUESTS = 2000
MOST_SECONDS = 60.0
CLEANUP_REQUESTS = 500
"""Kept back for removing what was made."""
CLEANUP_SECONDS = 15.0


class LimitReached(Exception):
    """The probe may not ask any more; its text is a sentence."""


class Limits:
    """Counts every HTTP request, retries too, and refuses those beyond the bounds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._began = clock()
        self._most_requests = MOST_REQUESTS - CLEANUP_REQUESTS
        self._most_seconds = MOST_SECONDS - CLEANUP_SECONDS
        self.requests = 0

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._clock() - self._began

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._most_seconds - self.seconds)

    def count(self) -> None:
        """Called before each request; raises LimitReached when it must not be sent."""
        with self._lock:
            if self.requests >= self._most_requests:
                raise LimitReached(f"The probe's bound of {MOST_REQUESTS} requests is reached.")
            if self.seconds >= self._most_seconds:
                raise LimitReached(f"The probe's bound of {MOST_SECONDS:g} s is reached.")
            self.requests += 1

    def release_for_cleanup(self) -> None:
        """From now on the part that was kept back may be used."""
        self._most_requests = MOST_REQUESTS
        # A slow store must not keep what the probe made in it.
        self._most_seconds = max(MOST_SECONDS, self.seconds + CLEANUP_SECONDS)
