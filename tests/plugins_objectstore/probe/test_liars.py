"""A store that says 200 and does nothing is caught, by the finding that should catch it."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache

import pytest

from plugins.objectstore.probe import probe
from plugins.objectstore.probe.capabilities import CAPABILITIES
from plugins.objectstore.probe.runner import SUBJECTS
from tests.stores.honesty import Stores, honest_about
from tests.stores.liars import LIES
from tests.stores.proxy import honest, proxy
from tests.stores.store import Store
from tests.stores.target import target

pytestmark = pytest.mark.tools

PROBES_AT_ONCE = 4
Outcomes = dict[str, str]
Truth = Callable[[str], Outcomes]

_ENCRYPTION = {"default-encryption-working", "default-encryption-multipart"}
_LIFECYCLE = {
    "lifecycle-noncurrent",
    "lifecycle-noncurrent-prefix",
    "lifecycle-abort-multipart",
    "lifecycle-expired-marker",
    "lifecycle-expiration-prefix",
    "lifecycle-together",
}
_COMPLIANCE = {"lock-compliance-delete-refused", "lock-compliance-bypass-refused"}
_SHORTENED = {"lock-governance-shorten-refused", "lock-compliance-shorten-refused"}
CAUGHT_BY = {
    "encryption accepted, not done": _ENCRYPTION,
    "encryption only in the answer to PUT": _ENCRYPTION,
    "retention accepted, not enforced": {
        *_COMPLIANCE,
        *_SHORTENED,
        "lock-governance-delete-refused",
        "lock-multi-delete-refused",
    },
    "COMPLIANCE accepted, not enforced": {*_COMPLIANCE, "lock-compliance-shorten-refused"},
    "locked version deleted by bypass": {"lock-governance-delete-refused"},
    "retention shortened for whoever asks": {"lock-governance-shorten-refused"},
    "every change of retention accepted": {*_SHORTENED, "lock-compliance-mode-change-refused"},
    "extension of retention dropped": {"lock-governance-extend", "lock-compliance-extend"},
    "legal hold ignored": {"lock-legal-hold"},
    "bypass ignored": {"lock-governance-bypass"},
    "lock at creation ignored": {"lock-at-creation"},
    "copy without its retention": {"copy-with-retention"},
    "policy accepted, not enforced": {"policy-enforced-owner", "policy-enforced-scoped"},
    "versioning accepted, not kept": {"versioning"},
    "conditions ignored": {"put-if-none-match", "put-if-match", "put-if-none-match-race"},
    "conditions ignored where versions are kept": {
        "put-if-none-match-versioned",
        "put-if-match-versioned",
    },
    "checksums not verified": {"put-content-md5", "put-crc32c", "put-crc64nvme"},
    "lifecycle accepted, dropped": _LIFECYCLE,
    "one lifecycle rule dropped": {"lifecycle-together"},
    "list cut after a page": {"list-paging"},
    "DeleteObjects reported, not done": {"delete-objects", "delete-objects-crc32-only"},
    "abort of an upload reported, not done": {"multipart-abort"},
    "range ignored": {"get-range"},
    "nobody is refused": {"anonymous-refused"},
    "every identity is the deployer": {
        "scoped-other-bucket-refused",
        "scoped-settings-refused",
    },
    "clock an hour slow": {"clock-skew"},
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with ExitStack() as stack:
        yield Stores(tmp_path_factory.mktemp("liars"), stack)


@pytest.fixture(scope="module")
def truth(stores: Stores) -> Truth:
    """What the probe finds in the honest store, through a proxy that changes nothing."""

    def ask(name: str) -> Outcomes:
        with proxy(stores[name], honest) as middle:
            return _outcomes(middle)

    return cache(ask)


@pytest.fixture(scope="module")
def found(stores: Stores, truth: Truth) -> Iterator[Callable[[str], Outcomes]]:
    """What the probe finds in each liar; several are asked at once, for locks take their time."""

    def ask(lie: str) -> Outcomes:
        with proxy(stores[honest_about(lie)], LIES[lie]()) as liar:
            return _outcomes(liar, {CAPABILITIES[one].subject for one in CAUGHT_BY[lie]})

    for name in map(honest_about, LIES):
        truth(name)
    pool = ThreadPoolExecutor(PROBES_AT_ONCE)
    waiting = {lie: pool.submit(ask, lie) for lie in LIES}
    yield lambda lie: waiting[lie].result()
    pool.shutdown(cancel_futures=True)


def test_a_finding_is_named_for_every_lie() -> None:
    assert CAUGHT_BY.keys() == LIES.keys()


def test_an_honest_proxy_is_no_liar(stores: Stores, truth: Truth) -> None:
    assert truth("seaweedfs") == _outcomes(stores["seaweedfs"])


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_caught_by_the_finding_about_it(
    lie: str, truth: Truth, found: Callable[[str], Outcomes]
) -> None:
    expected = CAUGHT_BY[lie]
    honestly = truth(honest_about(lie))
    assert {one: honestly[one] for one in expected} == dict.fromkeys(expected, "yes")
    said = found(lie)
    assert {one: said[one] for one in expected} == dict.fromkeys(expected, "no")


def _outcomes(store: Store, subjects: Collection[str] = tuple(SUBJECTS)) -> Outcomes:
    return dict(probe(target(store), latency=False, subjects=subjects).outcomes())
