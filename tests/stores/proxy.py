"""A proxy in front of a real store; an `Answer` decides what it does with each request.

What is passed on unchanged keeps its Host and thereby its signature; what an answer changes is
signed again, for the proxy is told the keys of every identity.
"""

import http.client
import re
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.datastructures import Headers
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request as WebRequest

from tests.stores.store import HOST, Identity, Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_OF_ONE_HOP = {"connection", "expect", "keep-alive", "transfer-encoding", "content-length"}
_SECONDS = 60


@dataclass(frozen=True)
class Response:
    """An answer of the store, or one made up."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""


@dataclass(frozen=True)
class Request:
    """What a client sent, with its path taken apart."""

    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def bucket(self) -> str:
        return self._path.partition("/")[0]

    @property
    def key(self) -> str:
        return self._path.partition("/")[2]

    @property
    def query(self) -> dict[str, str]:
        pairs = (one.partition("=") for one in urlsplit(self.target).query.split("&"))
        return {unquote(name): unquote(value) for name, _, value in pairs if name}

    def asks(self, method: str, *subresources: str) -> bool:
        """Whether it is this method on all of these subresources."""
        return self.method == method and all(one in self.query for one in subresources)

    @property
    def writes_an_object(self) -> bool:
        """A PUT of a whole object or a copy; not of a part, nor of a subresource."""
        return self.method == "PUT" and bool(self.key) and not self.query.keys() - {"x-id"}

    @property
    def _path(self) -> str:
        return unquote(urlsplit(self.target).path).lstrip("/")


@dataclass(frozen=True)
class Upstream:
    """The honest store behind the proxy."""

    store: Store

    def pass_on(self, request: Request) -> Response:
        """The store's answer to the request as it is."""
        return self._send(request)

    def pass_on_without(self, request: Request, *patterns: str) -> Response:
        """The store's answer to the request without the headers whose names match."""
        headers = {
            name: value
            for name, value in request.headers.items()
            if not any(re.fullmatch(pattern, name) for pattern in patterns)
        }
        return self._send(request if headers == request.headers else self._signed(request, headers))

    def pass_on_with(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The store's answer to the request with more headers, signed by the deployer."""
        return self._send(self._signed(request, {**request.headers, **headers}, self.store.admin))

    def _signed(
        self, request: Request, headers: Mapping[str, str], who: Identity | None = None
    ) -> Request:
        who = who or self._signer(request)
        if who is None:
            return replace(request, headers=dict(headers))
        kept = headers.get("x-amz-content-sha256", "")
        old = {"authorization", "host", "x-amz-date", "x-amz-content-sha256"} | _OF_ONE_HOP
        fresh = {name: value for name, value in headers.items() if name not in old}
        fresh["host"] = urlsplit(self.store.endpoint).netloc
        unsigned = AWSRequest(
            request.method, f"{self.store.endpoint}{request.target}", fresh, request.body
        )
        credentials = Credentials(who.access_key, who.secret_key)
        _KeepsPayload(credentials, "s3", self.store.region, kept).add_auth(unsigned)
        signed = {str(name).lower(): str(value) for name, value in unsigned.headers.items()}
        return replace(request, headers=signed)

    def _signer(self, request: Request) -> Identity | None:
        known = [one for one in (self.store.admin, self.store.scoped) if one]
        said = request.headers.get("authorization", "")
        return next((one for one in known if f"Credential={one.access_key}/" in said), None)

    def _send(self, request: Request) -> Response:
        address = urlsplit(self.store.endpoint)
        trust = ssl.create_default_context(cafile=str(self.store.ca_file))
        connection = http.client.HTTPSConnection(
            str(address.hostname), address.port, timeout=_SECONDS, context=trust
        )
        headers = {k: v for k, v in request.headers.items() if k not in _OF_ONE_HOP}
        headers["content-length"] = str(len(request.body))
        try:
            connection.request(request.method, request.target, request.body, headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)


Answer = Callable[[Request, Upstream], Response]


def honest(request: Request, upstream: Upstream) -> Response:
    """Passes everything on."""
    return upstream.pass_on(request)


@contextmanager
def proxy(store: Store, answer: Answer) -> Iterator[Store]:
    """Run a proxy in front of `store`; the same identities are known to it."""
    upstream = Upstream(store)

    def application(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        response = answer(_request(environ), upstream)
        kept = {k: v for k, v in response.headers.items() if k not in _OF_ONE_HOP}
        # The answer to a HEAD has the length of the body that it leaves out.
        length = response.headers.get("content-length") if not response.body else None
        kept["content-length"] = length or str(len(response.body))
        start(f"{response.status} {http.client.responses[response.status]}", [*kept.items()])
        return [response.body]

    folder = store.ca_file.parent
    certificate = (str(folder / "server.crt"), str(folder / "server.key"))
    server = make_server(
        HOST, 0, application, threaded=True, ssl_context=certificate, request_handler=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield replace(store, endpoint=f"https://{HOST}:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Keeps the requests out of the tests' report."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Leaves Server and Date to the store."""
        self.send_response_only(code, message)


class _KeepsPayload(S3SigV4Auth):
    """Signs again without another look at a streamed body, whose frames stay as they are."""

    def __init__(self, who: Credentials, service: str, region: str, said: str) -> None:
        super().__init__(who, service, region)
        self._said = said if said.startswith("STREAMING-") else "UNSIGNED-PAYLOAD"

    def payload(self, request: AWSRequest) -> str:
        return self._said


def _request(environ: "WSGIEnvironment") -> Request:
    web = WebRequest(environ)
    headers = {name.lower(): value for name, value in Headers(web.headers).items()}
    return Request(web.method, environ["RAW_URI"], headers, web.get_data(cache=False))
