"""S3's errors as sentences: what failed, where, and what to do. No sentence holds a credential."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore import exceptions as boto

from plugins.errors import Refusal


class StoreError(Refusal):
    """A refusal or failure that a user can act on; its text is one or more sentences."""


@dataclass(frozen=True)
class Attempt:
    """What was being done when an error came, for the sentence about it."""

    action: str
    """Completes "could not ...": "write the lifecycle of bucket 'a'"."""
    endpoint: str


CREDENTIALS_HINT = (
    "The provider takes them from boto3's default chain: set AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY (or AWS_PROFILE) in the environment of pulumi."
)
_REMEDIES = {
    "InvalidAccessKeyId": f"The store does not know this access key. {CREDENTIALS_HINT}",
    "SignatureDoesNotMatch": "The store refuses the signature: the secret key is wrong (or the "
    f"region is not the store's). {CREDENTIALS_HINT}",
    "ExpiredToken": f"The credentials have expired. {CREDENTIALS_HINT}",
    "InvalidToken": f"The session token is not valid here. {CREDENTIALS_HINT}",
    "AuthorizationHeaderMalformed": "The store expects another region; correct `region`.",
    "AccessDenied": "These credentials may not do that: the identity lacks the right, a bucket "
    "policy denies it, or the bucket belongs to someone else. Use the deployer's credentials, let "
    "the policy except the deployer, or choose another name.",
    "BucketAlreadyExists": "The name is taken by a bucket of another owner; choose another name.",
    "NoSuchBucket": "The bucket is gone; run `pulumi refresh`, then `pulumi up` makes it again.",
    "BucketNotEmpty": "Something was written to the bucket meanwhile; empty it and try again.",
    "InvalidBucketState": "The bucket's state forbids it: a bucket with Object Lock can never "
    "suspend versioning.",
    "NotImplemented": "The store does not offer this setting: leave it out of the stack or use "
    "a store that has it.",
    "MethodNotAllowed": "The store does not offer this setting: leave it out of the stack or use "
    "a store that has it.",
    "MalformedPolicy": "Correct the `policy`; its resources must be this bucket and its objects.",
    "SlowDown": "The store asks for fewer requests; try again later.",
}
_REASONS: dict[tuple[type[Exception], ...], str] = {
    (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
    ): f"there are no complete S3 credentials. {CREDENTIALS_HINT}",
    (boto.SSLError,): "the store's TLS certificate is not trusted. Set `ca_file` to the CA that "
    "signed it, and use the host name or address the certificate was made for.",
    (
        boto.EndpointConnectionError,
        boto.ConnectTimeoutError,
    ): "the store cannot be reached. Check `endpoint`, the network, and that it runs.",
    (
        boto.ReadTimeoutError,
        boto.ConnectionClosedError,
    ): "the store stopped answering. Check its health, then run the same command again.",
}


def sentence(error: Exception, attempt: Attempt) -> str:
    """The error as sentences for a user."""
    return f"Could not {attempt.action} at {attempt.endpoint}: {_reason(error)}"


@contextmanager
def explained(attempt: Attempt) -> Iterator[None]:
    """Turns what boto3 raises inside the block into a StoreError."""
    try:
        yield
    except (boto.BotoCoreError, boto.ClientError) as error:
        # `from None`: boto3's own text may quote a request, and the sentence says it all.
        raise StoreError(sentence(error, attempt)) from None


def code_of(error: boto.ClientError) -> str:
    """S3's error code, or the HTTP status where the answer has no body (HEAD)."""
    return str(error.response.get("Error", {}).get("Code", "")) or "unknown"


def _reason(error: Exception) -> str:
    if isinstance(error, boto.ClientError):
        return _refused(error)
    for kinds, reason in _REASONS.items():
        if isinstance(error, kinds):
            return reason
    return str(error)


def _refused(error: boto.ClientError) -> str:
    code = code_of(error)
    metadata = error.response.get("ResponseMetadata", {})
    if code == "RequestTimeTooSkewed":
        theirs = metadata.get("HTTPHeaders", {}).get("date", "unknown")
        return (
            "the clocks of this machine and the store differ by more than 15 minutes (the store "
            f"says {theirs}). Correct the clock that is wrong (NTP)."
        )
    status = metadata.get("HTTPStatusCode", "unknown")
    message = error.response.get("Error", {}).get("Message", "")
    said = f"the store answered {status} {code}" + (f" ({message.rstrip('.')})" if message else "")
    return f"{said}. {_REMEDIES.get(code, 'Look into the log of the store.')}"
