"""Stores that say 200 and do nothing: one lie each, in front of a real store.

A lie is made anew for every proxy, for it has to remember what it pretends.
"""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import xmltodict

from tests.stores.proxy import Answer, Request, Response, Upstream

ENCRYPTION_HEADERS = "x-amz-server-side-encryption.*"
RETENTION_HEADERS = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date")
BYPASS = "x-amz-bypass-governance-retention"
_RETENTION = "<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>"


class Pretence:
    """Settings that are kept in memory only, and read back as if they were in force."""

    def __init__(self, subresource: str) -> None:
        self._subresource = subresource
        self._kept: dict[tuple[str, str], bytes] = {}

    def answer(self, request: Request) -> Response | None:
        """The made-up answer, or None when the request is not about this setting."""
        place = request.bucket, request.key
        if self._subresource not in request.query:
            return None
        if request.method == "PUT":
            self._kept[place] = request.body
            return Response(200)
        if request.method == "DELETE":
            self._kept.pop(place, None)
            return Response(204)
        body = self._kept.get(place)
        return Response(200, {"content-type": "application/xml"}, body) if body else None

    def keep(self, request: Request, body: str) -> None:
        self._kept[request.bucket, request.key] = body.encode()


def ignores(subresource: str) -> Answer:
    """A setting is accepted and read back, and the store never learns of it."""
    pretence = Pretence(subresource)
    return lambda request, upstream: pretence.answer(request) or upstream.pass_on(request)


def does_not_encrypt(*, says_so_on_put: bool) -> Answer:
    """Encryption is accepted; no object has it, whatever the answer to its PUT says."""
    pretence = Pretence("encryption")

    def answer(request: Request, upstream: Upstream) -> Response:
        if made_up := pretence.answer(request):
            return made_up
        response = _less(upstream.pass_on_without(request, ENCRYPTION_HEADERS), ENCRYPTION_HEADERS)
        if says_so_on_put and request.writes_an_object:
            return _more(response, {"x-amz-server-side-encryption": "AES256"})
        return response

    return answer


def does_not_lock(mode: str = "COMPLIANCE|GOVERNANCE") -> Answer:
    """Retention of a mode is accepted and read back, and holds no version."""
    pretence = Pretence("retention")

    def answer(request: Request, upstream: Upstream) -> Response:
        if request.asks("PUT", "retention") and not re.search(mode, request.body.decode()):
            return upstream.pass_on(request)
        if made_up := pretence.answer(request):
            return made_up
        said = [request.headers.get(name, "") for name in RETENTION_HEADERS]
        if request.key and re.fullmatch(mode, said[0]):
            pretence.keep(request, _RETENTION.format(mode=said[0], until=said[1]))
            return upstream.pass_on_without(request, *RETENTION_HEADERS)
        return upstream.pass_on(request)

    return answer


def shortens_retention(request: Request, upstream: Upstream) -> Response:
    """GOVERNANCE retention is weakened for whoever asks, without a bypass."""
    if request.asks("PUT", "retention"):
        return upstream.pass_on_with(request, {BYPASS: "true"})
    return upstream.pass_on(request)


def weakens_retention() -> Answer:
    """Every change of a retention is accepted and read back."""
    pretence = Pretence("retention")

    def answer(request: Request, upstream: Upstream) -> Response:
        if request.asks("PUT", "retention"):
            response = upstream.pass_on(request)
            pretence.answer(request)
            return replace(response, status=200, body=b"")
        return pretence.answer(request) or upstream.pass_on(request)

    return answer


def drops_extension() -> Answer:
    """A later date for a version that has one already is accepted and dropped."""
    kept: dict[tuple[str, str], str] = {}

    def answer(request: Request, upstream: Upstream) -> Response:
        if not request.asks("PUT", "retention"):
            return upstream.pass_on(request)
        place = request.bucket, request.key
        until = xmltodict.parse(request.body)["Retention"]["RetainUntilDate"]
        if until > kept.setdefault(place, until):
            return Response(200)
        return upstream.pass_on(request)

    return answer


def ignores_legal_hold() -> Answer:
    """A legal hold is accepted and read back, and holds nothing."""
    pretence = Pretence("legal-hold")

    def answer(request: Request, upstream: Upstream) -> Response:
        made_up = pretence.answer(request)
        return made_up or upstream.pass_on_without(request, "x-amz-object-lock-legal-hold")

    return answer


def deletes_what_is_locked(request: Request, upstream: Upstream) -> Response:
    """Every deletion of a version bypasses its retention."""
    if request.asks("DELETE", "versionId"):
        return upstream.pass_on_with(request, {BYPASS: "true"})
    return upstream.pass_on(request)


def without(method: str, *headers: str) -> Answer:
    """A promise asked for in a header is not heard."""

    def answer(request: Request, upstream: Upstream) -> Response:
        if request.method != method:
            return upstream.pass_on(request)
        return upstream.pass_on_without(request, *headers)

    return answer


def ignores_conditions_on_versioned(request: Request, upstream: Upstream) -> Response:
    """Conditional writes hold, but not where versions are kept."""
    if request.method == "PUT" and request.headers.keys() & {"if-none-match", "if-match"}:
        state = upstream.store.client().get_bucket_versioning(Bucket=request.bucket)
        if state.get("Status") == "Enabled":
            return upstream.pass_on_without(request, "if-none-match", "if-match")
    return upstream.pass_on(request)


def drops_lifecycle(request: Request, upstream: Upstream) -> Response:
    """Lifecycle rules are accepted, and gone."""
    return Response(200) if request.asks("PUT", "lifecycle") else upstream.pass_on(request)


def drops_a_lifecycle_rule(request: Request, upstream: Upstream) -> Response:
    """The last of several rules is not kept."""
    response = upstream.pass_on(request)
    if not request.asks("GET", "lifecycle"):
        return response
    if response.body.count(b"<Rule>") < 2:
        return response
    head, _, tail = response.body.rpartition(b"<Rule>")
    return replace(response, body=head + tail.partition(b"</Rule>")[2])


def cuts_lists(request: Request, upstream: Upstream) -> Response:
    """The first page of a list says that there is no other."""
    response = upstream.pass_on(request)
    if not request.asks("GET", "list-type"):
        return response
    body = re.sub(rb"<NextContinuationToken>.*?</NextContinuationToken>", b"", response.body)
    ended = body.replace(b"<IsTruncated>true<", b"<IsTruncated>false<")
    return replace(response, body=ended)


def reports_deletions(request: Request, upstream: Upstream) -> Response:
    """DeleteObjects names every key as deleted, and keeps them all."""
    if not request.asks("POST", "delete"):
        return upstream.pass_on(request)
    objects = xmltodict.parse(request.body, force_list=("Object",))["Delete"]["Object"]
    deleted = [{"Key": one["Key"]} for one in objects]
    body: dict[str, Any] = {"DeleteResult": {"Deleted": deleted}}
    return Response(200, {"content-type": "application/xml"}, xmltodict.unparse(body).encode())


def reports_aborts(request: Request, upstream: Upstream) -> Response:
    """AbortMultipartUpload is accepted, and the parts stay."""
    return Response(204) if request.asks("DELETE", "uploadId") else upstream.pass_on(request)


def copies_without_retention(request: Request, upstream: Upstream) -> Response:
    """A server-side copy does not take the retention that it was asked for."""
    if "x-amz-copy-source" in request.headers:
        return upstream.pass_on_without(request, *RETENTION_HEADERS)
    return upstream.pass_on(request)


def verifies_no_checksum(request: Request, upstream: Upstream) -> Response:
    """Checksums are accepted, echoed and never compared with the body."""
    sums = {k: v for k, v in request.headers.items() if re.fullmatch("x-amz-checksum-.*", k)}
    if request.method != "PUT" or not (sums or "content-md5" in request.headers):
        return upstream.pass_on(request)
    heard_not = ("content-md5", "x-amz-checksum-.*", "x-amz-sdk-checksum-algorithm")
    return _more(upstream.pass_on_without(request, *heard_not), sums)


def serves_anybody(request: Request, upstream: Upstream) -> Response:
    """Who signs nothing is served as the deployer is."""
    if "authorization" in request.headers:
        return upstream.pass_on(request)
    return upstream.pass_on_with(request, {})


def knows_no_limits(request: Request, upstream: Upstream) -> Response:
    """Every identity is served as the deployer is."""
    return upstream.pass_on_with(request, {})


def is_late(request: Request, upstream: Upstream) -> Response:
    """The store's clock is an hour slow."""
    said = formatdate(time.time() - 3600, usegmt=True)
    return _more(upstream.pass_on(request), {"date": said})


LIES: dict[str, Callable[[], Answer]] = {
    "encryption accepted, not done": lambda: does_not_encrypt(says_so_on_put=False),
    "encryption only in the answer to PUT": lambda: does_not_encrypt(says_so_on_put=True),
    "retention accepted, not enforced": does_not_lock,
    "COMPLIANCE accepted, not enforced": lambda: does_not_lock("COMPLIANCE"),
    "locked version deleted by bypass": lambda: deletes_what_is_locked,
    "retention shortened for whoever asks": lambda: shortens_retention,
    "every change of retention accepted": weakens_retention,
    "extension of retention dropped": drops_extension,
    "legal hold ignored": ignores_legal_hold,
    "bypass ignored": lambda: without("DELETE", BYPASS),
    "lock at creation ignored": lambda: without("PUT", "x-amz-bucket-object-lock-enabled"),
    "copy without its retention": lambda: copies_without_retention,
    "policy accepted, not enforced": lambda: ignores("policy"),
    "versioning accepted, not kept": lambda: ignores("versioning"),
    "conditions ignored": lambda: without("PUT", "if-none-match", "if-match"),
    "conditions ignored where versions are kept": lambda: ignores_conditions_on_versioned,
    "checksums not verified": lambda: verifies_no_checksum,
    "lifecycle accepted, dropped": lambda: drops_lifecycle,
    "one lifecycle rule dropped": lambda: drops_a_lifecycle_rule,
    "list cut after a page": lambda: cuts_lists,
    "DeleteObjects reported, not done": lambda: reports_deletions,
    "abort of an upload reported, not done": lambda: reports_aborts,
    "range ignored": lambda: without("GET", "range"),
    "nobody is refused": lambda: serves_anybody,
    "every identity is the deployer": lambda: knows_no_limits,
    "clock an hour slow": lambda: is_late,
}


def _less(response: Response, pattern: str) -> Response:
    kept = {k: v for k, v in response.headers.items() if not re.fullmatch(pattern, k)}
    return replace(response, headers=kept)


def _more(response: Response, headers: dict[str, str]) -> Response:
    return replace(response, headers={**response.headers, **headers})
