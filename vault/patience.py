"""How patiently both stores are asked.

PATIENT alone is for the few requests that stand at the beginning or the end of a run; what is done
for each object, by many threads, outlives longer outages.
"""

from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from tenacity import retry, retry_if_exception, stop_after_delay, wait_exponential_jitter

from vault.places import THREADS

PATIENT = Config(
    retries={"total_max_attempts": 14, "mode": "standard"}, max_pool_connections=2 * THREADS
)
"""For the clients of both stores."""
SECONDS = 150.0
"""After which nothing is begun anew."""
_BROKEN = (ResponseStreamingError, IncompleteReadError, HTTPClientError, EndpointConnectionError)
_UNAVAILABLE = (502, 503, 504)
"""Not 500, which some stores answer for ever where an object is broken."""


def is_away(error: BaseException) -> bool:
    """Whether the store was not there, also where a sentence has taken the place of the error."""
    if isinstance(error, ClientError):
        return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in _UNAVAILABLE
    if isinstance(error, _BROKEN):
        return True
    return error.__context__ is not None and is_away(error.__context__)


# A client repeats requests as long as the quota of repetitions lasts that its threads share, and
# never an answer that breaks off in the middle.
patiently = retry(
    retry=retry_if_exception(is_away),
    stop=stop_after_delay(SECONDS),
    wait=wait_exponential_jitter(initial=1, max=20),
    reraise=True,
)
"""For what may be done twice: begins it anew while the store is away."""
