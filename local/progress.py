"""Tells the user what is being done and how long each stage took."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Progress:
    """Prints a line (on a terminal: a spinner) when a stage begins, and its time at its end."""

    console: Console = field(
        default_factory=lambda: Console(stderr=True, highlight=False, soft_wrap=True)
    )
    seconds: dict[str, float] = field(default_factory=dict)
    """Stage name to its duration in seconds, in the order of completion."""

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """One stage of the command; stages follow each other."""
        started = time.monotonic()
        status = self.console.status(name) if self.console.is_terminal else None
        if status is None:
            self.console.print(f"  {name} ...")
        with status or contextlib.nullcontext():
            yield
        self.seconds[name] = time.monotonic() - started
        self._done(name, self.seconds[name])

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A part of a stage; steps may run side by side."""
        started = time.monotonic()
        yield
        self._done(f"  {name}", time.monotonic() - started)

    def note(self, text: str) -> None:
        """One line of information."""
        self.console.print(f"  {text}")

    def _done(self, name: str, seconds: float) -> None:
        with _printing:
            self.console.print(f"[green]✓[/] {name} [dim]{seconds:.1f} s[/]")


_printing = threading.Lock()
