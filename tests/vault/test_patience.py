"""What is begun anew: a request that a store did not answer because it was away."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from plugins.objectstore.errors import Attempt, StoreError, explained
from vault.patience import is_away

READING = Attempt("read a version", "https://store.example")
AWAY = EndpointConnectionError(endpoint_url=READING.endpoint)


def answered(status: int) -> ClientError:
    told: Any = {"Error": {"Code": "Any"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "GetObject")


@pytest.mark.parametrize(
    ("error", "again"),
    [(AWAY, True), (answered(503), True), (answered(500), False), (answered(403), False)],
)
def test_a_store_that_is_away_is_known_though_a_sentence_tells_of_it(
    error: Exception, again: bool
) -> None:
    with pytest.raises(StoreError) as told, explained(READING):
        raise error
    assert is_away(told.value) is again
    assert is_away(error) is again
