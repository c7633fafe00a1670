"""What a copy does again by itself."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from plugins.objectstore.errors import Attempt, StoreError, explained
from vault import copying

READING = Attempt("read a version", "https://store.example")
AWAY = EndpointConnectionError(endpoint_url=READING.endpoint)
REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")


@pytest.mark.parametrize(("error", "again"), [(AWAY, True), (REFUSED, False)])
def test_a_connection_that_fails_is_begun_anew_though_a_sentence_tells_of_it(
    error: Exception, again: bool
) -> None:
    with pytest.raises(StoreError) as told, explained(READING):
        raise error
    assert copying._breaks_off(told.value) is again
    assert copying._breaks_off(error) is again
