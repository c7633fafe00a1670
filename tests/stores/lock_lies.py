"""Lies about Object Lock: retention, legal hold, bypass, copies."""

import re
from dataclasses import replace

import xmltodict

from tests.stores.pretence import Pretence
from tests.stores.proxy import Answer, Request, Response, Upstream

RETENTION_HEADERS = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date")
BYPASS = "x-amz-bypass-governance-retention"
_RETENTION = "<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>"


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


def copies_without_retention(request: Request, upstream: Upstream) -> Response:
    """A server-side copy does not take the retention that it was asked for."""
    if "x-amz-copy-source" in request.headers:
        return upstream.pass_on_without(request, *RETENTION_HEADERS)
    return upstream.pass_on(request)
