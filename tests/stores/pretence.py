"""What liars are made of: settings that are only remembered, and headers that are not heard."""

import re
from dataclasses import replace

from tests.stores.proxy import Answer, Request, Response, Upstream


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


def without(method: str, *headers: str) -> Answer:
    """A promise asked for in a header is not heard."""

    def answer(request: Request, upstream: Upstream) -> Response:
        if request.method != method:
            return upstream.pass_on(request)
        return upstream.pass_on_without(request, *headers)

    return answer


def less(response: Response, pattern: str) -> Response:
    """The answer without the headers whose names match."""
    kept = {k: v for k, v in response.headers.items() if not re.fullmatch(pattern, k)}
    return replace(response, headers=kept)


def more(response: Response, headers: dict[str, str]) -> Response:
    """The answer with these headers as well."""
    return replace(response, headers={**response.headers, **headers})
