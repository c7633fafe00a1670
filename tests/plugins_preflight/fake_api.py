"""An API server on loopback that knows namespaces and rights, and makes nothing.

It serves what a real one cannot be made to answer at will: other uids, refused verbs, 401.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

REVIEWS = "/apis/authorization.k8s.io/v1"
EVERYTHING = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
_GROUP = {"groupVersion": "authorization.k8s.io/v1", "version": "v1"}
_DISCOVERY: dict[str, dict[str, Any]] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {"name": "authorization.k8s.io", "versions": [_GROUP], "preferredVersion": _GROUP}
        ],
    },
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
    REVIEWS: {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": "authorization.k8s.io/v1",
        "resources": [
            {
                "name": "selfsubjectaccessreviews",
                "singularName": "",
                "namespaced": False,
                "kind": "SelfSubjectAccessReview",
                "verbs": ["create"],
            }
        ],
    },
}


@dataclass
class Api:
    """What the server answers; may change while it runs."""

    uid: str = "5b0d1e9c-9a4f-4a57-8a43-0d1c2b3a4f5e"
    status: int = 200
    """Of every answer, where it is not 200."""
    namespaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Metadata by name."""
    rules: list[dict[str, Any]] = field(default_factory=lambda: list(EVERYTHING))
    denied: set[tuple[str, str]] = field(default_factory=set)
    """Verb and resource of what no rule grants."""
    asked: list[str] = field(default_factory=list)
    """Method and path of every request, but for discovery."""
    reviewed: list[dict[str, str]] = field(default_factory=list)
    """What access reviews were asked about."""
    server: str = ""

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and document."""
        if self.status != 200:
            return self.status, _failure(self.status, "Unauthorized")
        if method == "GET" and path in _DISCOVERY:
            return 200, _DISCOVERY[path]
        self.asked.append(f"{method} {path}")
        if path == f"{REVIEWS}/selfsubjectrulesreviews":
            return 201, body | {"status": {"resourceRules": self.rules, "incomplete": False}}
        if path == f"{REVIEWS}/selfsubjectaccessreviews":
            attributes = body["spec"]["resourceAttributes"]
            self.reviewed.append(attributes)
            allowed = (attributes["verb"], attributes["resource"]) not in self.denied
            return 201, body | {"status": {"allowed": allowed}}
        return self._namespace(path.removeprefix("/api/v1/namespaces/"))

    def _namespace(self, name: str) -> tuple[int, dict[str, Any]]:
        known = {"kube-system": {"uid": self.uid}, **self.namespaces}
        if name not in known:
            return 404, _failure(404, "NotFound")
        metadata = {"name": name, **known[name]}
        return 200, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

    def kubeconfig(self, file: Path, user: dict[str, Any] | None = None) -> str:
        """Write a kubeconfig that leads here, by context `away`."""
        return kubeconfig(file, self.server, user)


def kubeconfig(file: Path, server: str, user: dict[str, Any] | None = None) -> str:
    """Write a kubeconfig with context `away`; returns its path."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": "away", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": user or {"token": "canary-token"}}],
    }
    file.write_text(json.dumps(config))
    return str(file)


@contextmanager
def serving() -> Iterator[Api]:
    """The server, for as long as the block runs."""
    api = Api()
    handler = type("Handler", (_Handler,), {"api": api})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        api.server = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    api: Api

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        body = b"".join(self._parts())
        path = self.path.partition("?")[0].rstrip("/")
        status, document = self.api.answer(method, path, json.loads(body) if body else {})
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _parts(self) -> Iterator[bytes]:
        """Of the request's body. Who sends it in chunks would break off if they were not read."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def _failure(code: int, reason: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Status",
        "status": "Failure",
        "reason": reason,
        "code": code,
        "message": reason,
    }
