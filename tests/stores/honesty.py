"""The honest stores behind the liars, started when a test first asks for one."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.stores.launchers import LAUNCHERS
from tests.stores.store import Store

HONEST_ELSEWHERE = {
    "copy without its retention": "minio",
    "every identity is the deployer": "minio",
}
"""SeaweedFS is the honest store, except where it has the fault itself."""


def honest_about(lie: str) -> str:
    """The name of a store that keeps what the liar only promises."""
    return HONEST_ELSEWHERE.get(lie, "seaweedfs")


@dataclass
class Stores:
    """Running stores by name; they end with `stack`."""

    folder: Path
    stack: ExitStack
    _running: dict[str, Store] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Store:
        if name not in self._running:
            store = LAUNCHERS[name].store(self.folder / name)
            self._running[name] = self.stack.enter_context(store)
        return self._running[name]
