"""Every liar lies, in what its name says and in nothing else; an honest proxy changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from itertools import count
from typing import Any

import pytest

from tests.stores.honesty import Stores, honest_about
from tests.stores.liars import LIES
from tests.stores.observation import observe
from tests.stores.proxy import honest, proxy
from tests.stores.store import Store

pytestmark = pytest.mark.tools

Truth = Callable[[str], dict[str, Any]]
_NUMBERS = count()
_WEAK_COMPLIANCE = {"COMPLIANCE shortened", "COMPLIANCE deleted", "COMPLIANCE deleted by bypass"}
CHANGED = {
    "encryption accepted, not done": {"encryption in PUT", "encryption in HEAD"},
    "encryption only in the answer to PUT": {"encryption in HEAD"},
    "retention accepted, not enforced": {
        *_WEAK_COMPLIANCE,
        "GOVERNANCE shortened",
        "GOVERNANCE deleted",
    },
    "COMPLIANCE accepted, not enforced": _WEAK_COMPLIANCE,
    "locked version deleted by bypass": {"GOVERNANCE deleted"},
    "retention shortened for whoever asks": {"GOVERNANCE shortened"},
    "every change of retention accepted": {"GOVERNANCE shortened", "COMPLIANCE shortened"},
    "extension of retention dropped": {"GOVERNANCE extended", "COMPLIANCE extended"},
    "legal hold ignored": {"held deleted"},
    "bypass ignored": {"GOVERNANCE deleted by bypass"},
    "lock at creation ignored": {"lock configured"},
    "copy without its retention": {"copy retained"},
    "policy accepted, not enforced": {"policy denies"},
    "versioning accepted, not kept": {"versions"},
    "conditions ignored": {"create-only write, unversioned", "create-only write, versioned"},
    "conditions ignored where versions are kept": {"create-only write, versioned"},
    "checksums not verified": {"wrong checksum refused"},
    "lifecycle accepted, dropped": {"lifecycle rules"},
    "one lifecycle rule dropped": {"lifecycle rules"},
    "list cut after a page": {"listed"},
    "DeleteObjects reported, not done": {"deleted in a batch"},
    "abort of an upload reported, not done": {"uploads after abort"},
    "range ignored": {"range"},
    "nobody is refused": {"stranger served"},
    "every identity is the deployer": {"stranger served", "scoped identity served"},
    "clock an hour slow": {"clock right"},
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with ExitStack() as stack:
        yield Stores(tmp_path_factory.mktemp("liars"), stack)


@pytest.fixture(scope="module")
def truth(stores: Stores) -> Truth:
    return cache(lambda name: _observe(stores[name]))


def test_every_lie_is_told_apart() -> None:
    assert CHANGED.keys() == LIES.keys()


def test_an_honest_proxy_changes_nothing(stores: Stores, truth: Truth) -> None:
    with proxy(stores["seaweedfs"], honest) as middle:
        assert _observe(middle) == truth("seaweedfs")


@pytest.mark.parametrize("lie", LIES)
def test_a_liar_lies_about_one_thing(lie: str, stores: Stores, truth: Truth) -> None:
    name = honest_about(lie)
    with proxy(stores[name], LIES[lie]()) as liar:
        seen = _observe(liar)
    known = truth(name)
    assert {what for what, value in seen.items() if known[what] != value} == CHANGED[lie]


def _observe(store: Store) -> dict[str, Any]:
    return observe(store, f"seen-{next(_NUMBERS)}")
