"""The Pulumi provider: its only resource is a question, asked whenever the program runs."""

import asyncio
import json
from typing import Any

from pulumi.provider.experimental import provider as rpc

from plugins.errors import Refusal
from plugins.preflight.examination import examine
from plugins.preflight.schema import CLUSTER, FOUND, INPUTS, OPTIONAL, schema
from plugins.properties import has_unknown, own_type, plain_map, property_map

NOTHING: frozenset[str] = frozenset()


class PreflightProvider(rpc.Provider):
    """`check` asks, since the engine calls it in previews and deployments alike, and before
    anything that takes the resource's outputs. What it finds is an input from then on, so that the
    next `check` knows it as the former state."""

    async def get_schema(self, request: rpc.GetSchemaRequest) -> rpc.GetSchemaResponse:
        return rpc.GetSchemaResponse(json.dumps(schema()))

    async def check_config(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        return rpc.CheckResponse(request.new_inputs)

    async def diff_config(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        return rpc.DiffResponse(changes=False)

    async def configure(self, request: rpc.ConfigureRequest) -> rpc.ConfigureResponse:
        return rpc.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        if own_type(request.type) != CLUSTER:
            reason = f"The preflight provider has no resource {request.type!r}, only {CLUSTER!r}."
            return rpc.CheckResponse(request.new_inputs, [rpc.CheckFailure("", reason)])
        inputs, former = plain_map(request.new_inputs), plain_map(request.old_inputs)
        reasons = _problems(inputs)
        if not reasons:
            uid, reasons = await asyncio.to_thread(examine, inputs, former)
            inputs["cluster_uid"] = uid
        failures = [rpc.CheckFailure("", one) for one in reasons]
        return rpc.CheckResponse(property_map(inputs, NOTHING), failures)

    async def diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        changed = [key for key in (*INPUTS, *FOUND) if old.get(key) != new.get(key)]
        return rpc.DiffResponse(changes=bool(changed), diffs=changed)

    async def create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        # Known in a preview, too: everything else waits for it and would be unknown with it.
        return rpc.CreateResponse(None if request.preview else "asked", request.properties)

    async def read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        return rpc.ReadResponse(request.resource_id, request.properties, request.inputs)

    async def update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        return rpc.UpdateResponse(request.news)

    async def delete(self, request: rpc.DeleteRequest) -> None:
        """Nothing was made."""

    async def invoke(self, request: rpc.InvokeRequest) -> rpc.InvokeResponse:
        raise Refusal(f"The preflight provider has no function {request.tok}.")


def _problems(inputs: dict[str, Any]) -> list[str]:
    unknown = sorted(inputs.keys() - INPUTS.keys())
    lacking = [key for key in INPUTS if key not in inputs and key not in OPTIONAL]
    return [
        *(f"{CLUSTER} has no input {key!r}; it has {', '.join(INPUTS)}." for key in unknown),
        *(f"{CLUSTER} needs the input {key!r}." for key in lacking),
        *(["The inputs must be known in a preview."] if has_unknown(inputs) else []),
    ]
