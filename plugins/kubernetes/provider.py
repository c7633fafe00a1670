"""The Pulumi provider: turns the engine's requests into calls of the modules beside it.

`check` and `diff` are pure, so that an `up` with nothing to change asks the cluster nothing.
"""

import asyncio
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from pulumi.provider.experimental import provider as rpc
from pulumi.provider.experimental.property_value import PropertyValue

from plugins.errors import Refusal
from plugins.kubernetes import changes, configuration, kubectl, naming
from plugins.kubernetes.configuration import Configuration
from plugins.kubernetes.installation import PLUGIN_VERSION
from plugins.kubernetes.kinds import Kind, Objects, Releases, Wanted
from plugins.kubernetes.kubectl import Target
from plugins.properties import Properties, own_type, plain, plain_map, property_map, secrets_in

_UNSUPPORTED_GROUPS = ("yaml", "yaml/v2", "kustomize", "kustomize/v2", "helm.sh/v4", "helm.sh/v2")


class KubernetesProvider(rpc.Provider):
    """Every kind by its apiVersion and kind, and helm.v3.Release."""

    def __init__(self) -> None:
        self._configuration = Configuration(Target())
        self._scratch: Path | None = None

    async def get_schema(self, request: rpc.GetSchemaRequest) -> rpc.GetSchemaResponse:
        return rpc.GetSchemaResponse(json.dumps({"name": "kubernetes", "version": PLUGIN_VERSION}))

    async def check_config(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        found = configuration.problems(plain_map(request.new_inputs))
        failures = [rpc.CheckFailure(key, reason) for key, reason in found]
        return rpc.CheckResponse(request.new_inputs, failures)

    async def configure(self, request: rpc.ConfigureRequest) -> rpc.ConfigureResponse:
        self._scratch = configuration.scratch_folder()
        self._configuration = configuration.configure(plain_map(request.args), self._scratch)
        return rpc.ConfigureResponse(accept_secrets=True, supports_preview=True)

    def close(self) -> None:
        """End running programs, and remove what the provider has written for itself."""
        kubectl.end_all()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    async def check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        if reason := _unsupported(own_type(request.type)):
            return rpc.CheckResponse(request.new_inputs, [rpc.CheckFailure("", reason)])
        kind = self._kind(own_type(request.type))
        inputs, old = plain_map(request.new_inputs), plain_map(request.old_inputs)
        checked = kind.check(inputs, old, resource=request.name, seed=request.random_seed)
        failures = [rpc.CheckFailure(path, reason) for path, reason in kind.problems(checked)]
        secret = secrets_in(request.new_inputs)
        added = property_map({key: checked[key] for key in checked.keys() - inputs.keys()}, secret)
        changed = {key for key in inputs if checked[key] != inputs[key]}
        replaced = property_map({key: checked[key] for key in changed}, secret)
        return rpc.CheckResponse({**request.new_inputs, **added, **replaced}, failures)

    async def diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        kind = self._kind(own_type(request.type))
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        found = [
            change
            for change in kind.differences(old, new)
            if not _ignored(changes.dotted_path(change[0]), request.ignore_changes)
        ]
        replacing = [path for path, _ in found if kind.replaces(new, path)]
        names = {changes.dotted_path(path) for path in replacing}
        moved = names & {"metadata.name", "metadata.namespace", "name", "namespace"}
        return rpc.DiffResponse(
            changes=bool(found),
            replaces=sorted(names),
            # The new object would need the old one's name.
            delete_before_replace=bool(names) and not moved and not kind.autonamed(new),
            diffs=sorted({str(path[0]) for path, _ in found}),
            detailed_diff={
                changes.dotted_path(path): _property_diff(how, replace=path in replacing)
                for path, how in found
            },
        )

    async def create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        kind = self._kind(own_type(request.type))
        if request.preview:
            return rpc.CreateResponse(None, _foreseen(request.properties, {}))
        wanted = Wanted(request.urn, request.properties, request.timeout)
        made = await asyncio.to_thread(kind.create, wanted)
        return rpc.CreateResponse(*made)

    async def read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        kind = self._kind(own_type(request.type))
        inputs = plain_map(request.inputs) or plain(
            request.properties.get("__inputs", PropertyValue({}))
        )
        found = await asyncio.to_thread(
            kind.read, request.resource_id, own_type(request.type), inputs
        )
        if found is None:
            return rpc.ReadResponse()
        identifier, live, now = found
        secret = secrets_in(request.properties, request.inputs) | kind.always_secret(live)
        properties = property_map(live, secret)
        properties["__inputs"] = PropertyValue(property_map(now, secret))
        # What only the run that deployed it can know.
        for key in ("__fieldManager", "__chartDigest"):
            if key in request.properties:
                properties[key] = request.properties[key]
        return rpc.ReadResponse(identifier, properties, property_map(now, secret))

    async def update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        kind = self._kind(own_type(request.type))
        if request.preview:
            return rpc.UpdateResponse(_foreseen(request.news, request.olds))
        wanted = Wanted(request.urn, request.news, request.timeout)
        _, properties = await asyncio.to_thread(kind.update, plain_map(request.olds), wanted)
        return rpc.UpdateResponse(properties)

    async def delete(self, request: rpc.DeleteRequest) -> None:
        kind = self._kind(own_type(request.type))
        await asyncio.to_thread(kind.delete, plain_map(request.properties), request.timeout)

    async def invoke(self, request: rpc.InvokeRequest) -> rpc.InvokeResponse:
        raise Refusal(
            f"The stand-in for the Kubernetes plugin has no function {request.tok!r}; declare the "
            "objects one by one, or use Pulumi's own plugin."
        )

    def _kind(self, token: str) -> Kind:
        kind = Releases if token == naming.RELEASE else Objects
        return kind(self._configuration)


def _unsupported(token: str) -> str:
    _, group, kind = token.split(":")
    if group in _UNSUPPORTED_GROUPS or kind.endswith(("Patch", "List")):
        return (
            f"The stand-in for the Kubernetes plugin does not support {token}; declare the objects "
            "one by one, or use Pulumi's own plugin."
        )
    return ""


def _foreseen(inputs: Properties, known: Mapping[str, PropertyValue]) -> Properties:
    """The outputs as far as a preview knows them."""
    return {**known, **inputs, "__inputs": PropertyValue(dict(inputs))}


def _ignored(path: str, ignored: list[str]) -> bool:
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in ignored)


def _property_diff(how: str, *, replace: bool) -> rpc.PropertyDiff:
    kind = rpc.PropertyDiffKind[f"{how}_REPLACE" if replace else how]
    return rpc.PropertyDiff(kind, input_diff=True)
