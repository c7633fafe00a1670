"""The key of an environment whose pods have a role of AWS: asked of something that speaks STS."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from smoke_tests import credentials, workload_identity
from smoke_tests.cluster import Cluster
from smoke_tests.errors import SmokeError

ROLE = "arn:aws:iam::111122223333:role/milvus"
TOKEN = "canary-token"  # noqa: S105 (nobody's)
GIVEN = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>
<SecretAccessKey>a-secret</SecretAccessKey><SessionToken>a-session</SessionToken>
<Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""
REFUSED = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
<Code>AccessDenied</Code><Message>Not authorized for canary-token</Message></Error></ErrorResponse>
"""
SLICES = {
    "items": [
        {
            "endpoints": [
                {
                    "conditions": {"ready": True},
                    "targetRef": {"kind": "Pod", "name": "milvus-0", "uid": "1"},
                }
            ]
        }
    ]
}
SECRETS = {
    "items": [
        {"metadata": {"name": "milvus-credentials"}, "data": {"root-password": "cm9vdA=="}},
        {"metadata": {"name": "milvus-etcd-credentials"}, "data": {"etcd-password": "ZXRjZA=="}},
        {"metadata": {"name": "vault-seal-milvus-ca"}, "data": {"ca.crt": "Y2E="}},
    ]
}


class Sts(HTTPServer):
    """Answers every request alike, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.answer = 200, GIVEN
        self.asked: dict[str, list[str]] = {}


class _Handler(BaseHTTPRequestHandler):
    server: Sts

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked = parse_qs(body)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sts]:
    with Sts() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@dataclass(frozen=True)
class Answering(Cluster):
    """Answers as kubectl does, by the object that is asked for."""

    annotations: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        match arguments[:2]:
            case ("get", "endpointslices"):
                return json.dumps(SLICES)
            case ("get", "secrets"):
                return json.dumps(SECRETS)
            case ("get", "pod"):
                return "milvus"
            case ("get", "secret"):
                return json.dumps(SECRETS["items"][0])
            case ("get", "serviceaccount"):
                return json.dumps({"metadata": {"annotations": self.annotations}})
            case ("create", "token"):
                assert "--audience=sts.amazonaws.com" in arguments
                return f"{TOKEN}\n"
        raise AssertionError(arguments)


def cluster(role: str | None = ROLE) -> Answering:
    annotations = {workload_identity.ROLE: role} if role else {}
    return Answering("kubeconfig", "aws", "vectorkit-prod", annotations)


def test_the_role_of_the_pods_account_gives_a_key_for_a_while(sts: Sts) -> None:
    key = workload_identity.assumed(cluster(), "milvus", "eu-central-1")
    assert key.session_token is not None
    told = [key.access_key_id.reveal(), key.secret_access_key.reveal(), key.session_token.reveal()]
    assert told == ["ASIA1", "a-secret", "a-session"]
    assert "a-secret" not in repr(key)
    assert (sts.asked["RoleArn"], sts.asked["WebIdentityToken"]) == ([ROLE], [TOKEN])


def test_a_role_that_aws_does_not_give_is_named_and_the_token_is_not(sts: Sts) -> None:
    sts.status, sts.answer = 403, REFUSED
    with pytest.raises(SmokeError, match=r"role/milvus .*AccessDenied.*trusts") as told:
        workload_identity.assumed(cluster(), "milvus", "eu-central-1")
    assert TOKEN not in str(told.value)


def test_an_account_without_a_role_is_told_before_aws_is_asked() -> None:
    with pytest.raises(SmokeError, match="has no annotation"):
        workload_identity.assumed(cluster(None), "milvus", "eu-central-1")


def test_a_secret_without_any_key_of_the_store_is_whole_where_pods_have_a_role() -> None:
    found = credentials.read(cluster(), "milvus-credentials")
    assert (found.root_password.reveal(), found.store_key) == ("root", None)


def test_the_password_of_etcd_is_among_what_must_not_leak_and_a_certificate_is_not() -> None:
    found = {name: one.reveal() for name, one in credentials.known(cluster()).items()}
    assert found == {
        "milvus-credentials/root-password": "root",
        "milvus-etcd-credentials/etcd-password": "etcd",
    }


@pytest.mark.parametrize("key", credentials.STORE_KEYS)
def test_half_a_key_of_the_store_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    half = {"data": {"root-password": "cm9vdA==", key: "eA=="}}
    monkeypatch.setattr(Answering, "run", lambda *_: json.dumps(half))
    (other,) = set(credentials.STORE_KEYS) - {key}
    with pytest.raises(SmokeError, match=f"lacks {other}"):
        credentials.read(cluster(), "milvus-credentials")
