"""The program under Pulumi's mocks: what it declares is remembered and can be asked for."""

import asyncio
import json
import runpy
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format  # type: ignore[import-untyped]
from pulumi.runtime import mocks, stack
from pulumi.runtime import settings as runtime
from pulumi.runtime.config import set_all_config

from tests.infra.stack_document import CA, REPOSITORY, tracked

CANARY = {
    "vectorkit:milvusRootPassword": "canary-root-password",
    "vectorkit:etcdRootPassword": "canary-etcd-root-password",
    "vectorkit:s3AccessKeyId": "canary-access-key",
    "vectorkit:s3SecretAccessKey": "canary-secret-key",
    "vectorkit:vaultAccessKeyId": "canary-vault-access-key",
    "vectorkit:vaultSecretAccessKey": "canary-vault-secret-key",
}
ARNS = {
    "aws:kms/key:Key": "arn:aws:kms:eu-central-1:123456789012:key/{}",
    "aws:iam/role:Role": "arn:aws:iam::123456789012:role/{}",
}


@dataclass(frozen=True)
class Declared:
    """One resource as the engine was told of it."""

    type: str
    name: str
    inputs: dict[str, Any]
    protect: bool
    retained: bool
    provider: str
    dependencies: tuple[str, ...]


@dataclass
class Program:
    """All resources and exports of one run."""

    resources: list[Declared] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What components registered, by their type."""
    made: list[str] = field(default_factory=list)
    """Types in the order of their making; of a program that failed, too."""

    def of(self, kind: str) -> list[Declared]:
        """The resources of a type."""
        return [one for one in self.resources if one.type == kind]

    def one(self, kind: str, name: str = "") -> Declared:
        """The only resource of a type whose name ends with `name`."""
        (found,) = [one for one in self.of(kind) if one.name.endswith(name)]
        return found


class _Monitor(mocks.MockMonitor):
    """Remembers protection and dependencies too, which mocks are not told."""

    def __init__(self, program: Program) -> None:
        super().__init__(_Echo())
        self.program = program

    def RegisterResource(self, request: Any) -> Any:
        if request.type != "pulumi:pulumi:Stack":
            self.program.made.append(request.type)
            self.program.resources.append(
                Declared(
                    type=request.type,
                    name=request.name,
                    inputs=_plain(json_format.MessageToDict(request.object)),
                    protect=request.protect,
                    retained=request.retainOnDelete,
                    provider=request.provider,
                    dependencies=tuple(request.dependencies),
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    def RegisterResourceOutputs(self, request: Any) -> Any:
        component = request.urn.split("::")[2].split("$")[-1]
        self.program.outputs[component] = _plain(json_format.MessageToDict(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


class _Echo(mocks.Mocks):
    """A resource's outputs are its inputs, and its ARN; looking anything up is an error."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        given = dict(args.inputs)
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"outputs": {}}
        if args.typ in ARNS:
            given["arn"] = ARNS[args.typ].format(args.name)
        return f"{args.name}-id", given

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"The program looked up {args.token}; it must only declare.")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Program]]:
    """Runs the program on a stack's document (default: local) with changes by dotted path;
    `plain` are secrets that are configured in plain text."""
    ca_file = tmp_path_factory.mktemp("ca") / "ca.crt"
    ca_file.write_text(CA)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def run_program(
        changes: Mapping[str, Any] | None = None,
        *,
        stack_name: str = "local",
        keys: bool | None = None,
        secrets: bool = True,
        plain: Collection[str] = (),
        made: list[str] | None = None,
    ) -> Program:
        program = Program(made=[] if made is None else made)
        document = tracked(stack_name, changes)
        if "ca_file" in document["store"] and "store.ca_file" not in (changes or {}):
            document["store"]["ca_file"] = str(ca_file)
        if (tls := document["milvus"].get("tls")) and "ca_file" in tls:
            tls["ca_file"] = str(ca_file)
        with_keys = document["store"].get("kind") != "aws" if keys is None else keys
        canaries = CANARY if secrets else {}
        set_secrets = {name: one for name, one in canaries.items() if with_keys or "s3" not in name}
        runtime.reset_options()
        mocks.set_mocks(
            _Echo(),
            project="vectorkit",
            stack=stack_name,
            organization="organization",
            preview=False,
            monitor=_Monitor(program),
        )
        set_all_config(
            {"vectorkit:environment": json.dumps(document), **set_secrets},
            secret_keys=[one for one in set_secrets if one not in plain],
        )
        loop.run_until_complete(stack.run_pulumi_func(_main))
        root: Any = runtime.get_root_resource()
        program.exports = loop.run_until_complete(_resolved(root.outputs))
        return program

    yield run_program
    runtime.reset_options()
    loop.close()
    asyncio.set_event_loop(None)


def _main() -> None:
    runpy.run_path(str(REPOSITORY / "infra" / "__main__.py"), run_name="__main__")


async def _resolved(outputs: dict[str, Any]) -> dict[str, Any]:
    return dict(await pulumi.Output.all(**outputs).future() or {})


def _plain(value: Any) -> Any:
    """Without the envelopes of secrets; what is in them stays visible as `{"secret": …}`."""
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            return {"secret": _plain(value.get("value"))}
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
