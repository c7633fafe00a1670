"""The Pulumi provider: turns the engine's requests into calls of the modules beside it.

`check` and `diff` are pure, so that an `up` with nothing to change asks the cluster nothing.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from pulumi.provider.experimental import provider as rpc
from pulumi.provider.experimental.property_value import PropertyValue

from plugins.errors import Refusal
from plugins.kubernetes import changes, configuration, kubectl, naming, secrecy
from plugins.kubernetes.configuration import Configuration
from plugins.kubernetes.installation import PLUGIN_VERSION
from plugins.kubernetes.kinds import Kind, Wanted
from plugins.kubernetes.kubectl import Target
from plugins.kubernetes.object_kind import ObjectKind
from plugins.kubernetes.release_kind import ReleaseKind
from plugins.properties import own_type, plain, plain_map, property_map

WAITING_AT_ONCE = 128
"""More than the engine ever asks for: a wait that blocks another one's object never ends."""
_UNSUPPORTED_GROUPS = ("yaml", "yaml/v2", "kustomize", "kustomize/v2", "helm.sh/v4", "helm.sh/v2")
_INSTEAD = "declare the objects one by one, or use Pulumi's own plugin."
P = ParamSpec("P")
T = TypeVar("T")


class KubernetesProvider(rpc.Provider):
    """Every kind by its apiVersion and kind, and helm.v3.Release."""

    def __init__(self) -> None:
        self._configuration = Configuration(Target())
        self._threads = ThreadPoolExecutor(WAITING_AT_ONCE)

    def close(self) -> None:
        """End running programs: their engine has gone."""
        kubectl.end_all()

    async def get_schema(self, request: rpc.GetSchemaRequest) -> rpc.GetSchemaResponse:
        return rpc.GetSchemaResponse(json.dumps({"name": "kubernetes", "version": PLUGIN_VERSION}))

    async def check_config(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        found = configuration.problems(plain_map(request.new_inputs))
        failures = [rpc.CheckFailure(key, reason) for key, reason in found]
        return rpc.CheckResponse(request.new_inputs, failures)

    async def diff_config(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        # Whether anything changed the engine finds out itself; only we know what is replaced.
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        return rpc.DiffResponse(replaces=configuration.other_cluster(old, new))

    async def configure(self, request: rpc.ConfigureRequest) -> rpc.ConfigureResponse:
        self._configuration = configuration.configure(plain_map(request.args))
        return rpc.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        if reason := _unsupported(own_type(request.type)):
            return rpc.CheckResponse(request.new_inputs, [rpc.CheckFailure("", reason)])
        kind = self._kind(request.type)
        inputs, old = plain_map(request.new_inputs), plain_map(request.old_inputs)
        checked = kind.check(inputs, old, resource=request.name, seed=request.random_seed)
        failures = [rpc.CheckFailure(path, reason) for path, reason in kind.problems(checked)]
        properties = property_map(checked, frozenset())
        return rpc.CheckResponse(secrecy.marked(properties, request.new_inputs), failures)

    async def diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        kind = self._kind(request.type)
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        found = [
            (changes.property_path(path), how, kind.replaces(new, path))
            for path, how in kind.differences(old, new)
            if not _ignored(changes.property_path(path), request.ignore_changes)
        ]
        replaces = sorted(path for path, _, replaced in found if replaced)
        return rpc.DiffResponse(
            changes=bool(found),
            replaces=replaces,
            delete_before_replace=bool(replaces) and kind.keeps_name(old, new),
            diffs=sorted({path.partition(".")[0] for path, _, _ in found}),
            detailed_diff={path: _property_diff(how, replaced) for path, how, replaced in found},
        )

    async def create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        kind = self._kind(request.type)
        wanted = Wanted(request.urn, request.properties, request.timeout)
        if request.preview:
            foreseen = await self._run(kind.foresee, {}, wanted)
            return rpc.CreateResponse(None, kind.outputs(foreseen, wanted.given, wanted.given))
        return rpc.CreateResponse(*await self._run(kind.create, wanted))

    async def read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        kind = self._kind(request.type)
        old = plain_map(request.properties)
        kept = request.properties.get("__inputs", PropertyValue({}))
        inputs = plain_map(request.inputs) or plain(kept)
        token = own_type(request.type)
        found = await self._run(kind.read, request.resource_id, token, old, inputs)
        if found is None:
            return rpc.ReadResponse()
        given = {**request.properties, **request.inputs}
        now = secrecy.marked(property_map(found.inputs, frozenset()), given)
        properties = kind.outputs(found.live, given, now)
        if manager := request.properties.get("__fieldManager"):
            properties["__fieldManager"] = manager
        return rpc.ReadResponse(found.identifier, properties, now)

    async def update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        kind, old = self._kind(request.type), plain_map(request.olds)
        wanted = Wanted(request.urn, request.news, request.timeout)
        if request.preview:
            foreseen = await self._run(kind.foresee, old, wanted)
            given = {**request.olds, **request.news}
            return rpc.UpdateResponse(kind.outputs(foreseen, given, wanted.given))
        _, properties = await self._run(kind.update, old, wanted)
        return rpc.UpdateResponse(properties)

    async def delete(self, request: rpc.DeleteRequest) -> None:
        kind = self._kind(request.type)
        await self._run(kind.delete, plain_map(request.properties), request.timeout)

    async def invoke(self, request: rpc.InvokeRequest) -> rpc.InvokeResponse:
        raise Refusal(_refusal(f"the function {request.tok}"))

    async def construct(self, request: rpc.ConstructRequest) -> rpc.ConstructResponse:
        raise Refusal(_refusal(request.resource_type))

    async def call(self, request: rpc.CallRequest) -> rpc.CallResponse:
        raise Refusal(_refusal(f"the method {request.tok}"))

    def _kind(self, token: str) -> Kind:
        kind = ReleaseKind if own_type(token) == naming.RELEASE else ObjectKind
        return kind(self._configuration)

    async def _run(self, action: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Call what may wait for a program in a thread: the engine must not."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: action(*args, **options))


def _unsupported(token: str) -> str:
    _, group, kind = token.split(":")
    of_many = kind.endswith(("Patch", "List")) and naming.is_built_in(group)
    return _refusal(token) if of_many or group in _UNSUPPORTED_GROUPS else ""


def _refusal(what: str) -> str:
    return f"The stand-in for the Kubernetes plugin does not support {what}; {_INSTEAD}"


def _ignored(path: str, ignored: list[str]) -> bool:
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in ignored)


def _property_diff(how: str, replaced: bool) -> rpc.PropertyDiff:
    kind = rpc.PropertyDiffKind[f"{how}_REPLACE" if replaced else how]
    return rpc.PropertyDiff(kind, input_diff=True)
