"""The stack's outputs: all that the suite knows about an environment."""

import json
import os
import subprocess
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smoke_tests.errors import SmokeError

PROJECT = Path(__file__).resolve().parent.parent
PULUMI_SECONDS = 120


class Retention(BaseModel):
    """What the stack's document says of every seal in its vault."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["none", "governance", "compliance"]
    days: int | None = Field(default=None, ge=1)
    """None with mode none, which promises nothing."""
    longest_days: int = Field(ge=1)


class Deployed(BaseModel):
    """What the next deployment must know of this one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wal: str


class Outputs(BaseModel):
    """The outputs that the suite needs. Others may be added to the stack at any time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    namespace: str = Field(min_length=1)
    release: str = Field(min_length=1)
    milvus_service: str = Field(pattern=r"^[^:]+:\d+$")
    """host:port inside the cluster; the host begins with the name of the service."""
    # Pulumi leaves outputs without a value out.
    milvus_uri: str | None = None
    """Where Milvus is reached from here; none means a port-forward."""
    milvus_server_name: str | None = None
    """The name in Milvus's certificate; none means that it has none."""
    milvus_ca_file: str | None = None
    """By which that certificate is known; none means that everybody knows it."""
    live_bucket: str = Field(min_length=1)
    vault_bucket: str = Field(min_length=1)
    vault_retention: Retention | None = None
    """None where the stack was deployed before there was this output."""
    deployed: Deployed | None = None
    """None likewise."""
    root_path: str = Field(min_length=1)
    store_endpoint: str | None = None
    store_region: str = Field(min_length=1)
    store_ca_file: str | None = None
    credentials_secret: str = Field(min_length=1)
    kubeconfig: str = Field(min_length=1)
    context: str = Field(min_length=1)

    @property
    def endpoint(self) -> str:
        """Where the store is; AWS's own by its region."""
        return self.store_endpoint or f"https://s3.{self.store_region}.amazonaws.com"

    @property
    def service(self) -> str:
        """The name of the Kubernetes Service of Milvus."""
        return self.milvus_service.split(":", maxsplit=1)[0].split(".", maxsplit=1)[0]

    @property
    def service_port(self) -> int:
        return int(self.milvus_service.rsplit(":", maxsplit=1)[1])


def stack_name() -> str:
    """The stack under test, from the environment variable STACK."""
    name = os.environ.get("STACK", "").strip()
    if not name:
        raise SmokeError(
            "No stack is named. Set STACK to the stack to test, as in `make smoke STACK=local`."
        )
    return name


def read(stack: str) -> Outputs:
    """The outputs of a deployed stack; secret ones stay masked."""
    return parse(stack, pulumi("stack", "output", "--json", "--show-secrets=false", stack=stack))


def parse(stack: str, text: str) -> Outputs:
    """Every missing or malformed output is named in one error."""
    try:
        given = json.loads(text)
        return Outputs.model_validate(given)
    except json.JSONDecodeError as error:
        raise SmokeError(
            f"`pulumi stack output` of stack {stack!r} printed no JSON ({error}). "
            "Run it by hand to see what it says."
        ) from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
        raise SmokeError(
            f"Stack {stack!r} lacks outputs that the smoke tests need ({problems}). "
            f"Deploy it with `pulumi up --stack {stack}`, then run them again."
        ) from None


def pulumi(*arguments: str, stack: str) -> str:
    """What one pulumi command prints. Its environment (backend, passphrase) is the caller's."""
    command = ["pulumi", *arguments, "--stack", stack, "--non-interactive"]
    shown = " ".join(command)
    try:
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, timeout=PULUMI_SECONDS, check=True
        )
    except FileNotFoundError:
        raise SmokeError(
            "`pulumi` is not on PATH. Install it, or run `make start` once, which brings one."
        ) from None
    except subprocess.TimeoutExpired:
        raise SmokeError(f"`{shown}` did not end within {PULUMI_SECONDS} s.") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["nothing"])[-1]
        raise SmokeError(
            f"`{shown}` failed: {last}. Expected a deployed stack named {stack!r}; "
            "`pulumi stack ls` lists the ones there are."
        ) from None
    return done.stdout
