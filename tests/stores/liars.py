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

from tests.stores.lock_lies import (
    BYPASS,
    copies_without_retention,
    deletes_what_is_locked,
    does_not_lock,
    drops_extension,
    ignores_legal_hold,
    shortens_retention,
    weakens_retention,
)
from tests.stores.pretence import Pretence, ignores, less, more, without
from tests.stores.proxy import Answer, Request, Response, Upstream

ENCRYPTION_HEADERS = "x-amz-server-side-encryption.*"
_RETENTION = "<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>"


def does_not_encrypt(*, says_so_on_put: bool) -> Answer:
    """Encryption is accepted; no object has it, whatever the answer to its PUT says."""
    pretence = Pretence("encryption")

    def answer(request: Request, upstream: Upstream) -> Response:
        if made_up := pretence.answer(request):
            return made_up
        response = less(upstream.pass_on_without(request, ENCRYPTION_HEADERS), ENCRYPTION_HEADERS)
        if says_so_on_put and request.writes_an_object:
            return more(response, {"x-amz-server-side-encryption": "AES256"})
        return response

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


def verifies_no_checksum(request: Request, upstream: Upstream) -> Response:
    """Checksums are accepted, echoed and never compared with the body."""
    sums = {k: v for k, v in request.headers.items() if re.fullmatch("x-amz-checksum-.*", k)}
    if request.method != "PUT" or not (sums or "content-md5" in request.headers):
        return upstream.pass_on(request)
    heard_not = ("content-md5", "x-amz-checksum-.*", "x-amz-sdk-checksum-algorithm")
    return more(upstream.pass_on_without(request, *heard_not), sums)


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
    return more(upstream.pass_on(request), {"date": said})


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
