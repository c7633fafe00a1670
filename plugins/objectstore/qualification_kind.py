"""The engine's requests about a StoreQualification, as calls of the module beside it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pulumi.provider.experimental import provider as rpc

from plugins.objectstore import qualification
from plugins.properties import UNKNOWN, plain_map, property_map

NOTHING: frozenset[str] = frozenset()
OUTPUTS = ("capabilities", "probed_at", "left_behind")


class QualificationKind:
    """Nothing of it exists in the store: only creating, refreshing and updating ask."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config

    async def check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        found = qualification.problems(plain_map(request.new_inputs))
        failures = [rpc.CheckFailure(one.path, one.reason) for one in found]
        return rpc.CheckResponse(request.new_inputs, failures)

    async def diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        changed = qualification.changed(plain_map(request.new_inputs), plain_map(request.old_state))
        return rpc.DiffResponse(changes=changed, diffs=["needs"] if changed else [])

    async def create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        desired = plain_map(request.properties)
        if request.preview:
            return rpc.CreateResponse(None, property_map(_foreseen(desired), NOTHING))
        found = await self._ask(desired, {})
        return rpc.CreateResponse(self._config["endpoint"], property_map(found, NOTHING))

    async def read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        known = plain_map(request.properties)
        inputs = {"needs": plain_map(request.inputs).get("needs", known.get("needs", []))}
        found = await self._ask(inputs, known)
        return rpc.ReadResponse(
            request.resource_id, property_map(found, NOTHING), property_map(inputs, NOTHING)
        )

    async def update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        desired = plain_map(request.news)
        if request.preview:
            return rpc.UpdateResponse(property_map(_foreseen(desired), NOTHING))
        found = await self._ask(desired, plain_map(request.olds))
        return rpc.UpdateResponse(property_map(found, NOTHING))

    async def _ask(self, inputs: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
        found = await asyncio.to_thread(qualification.qualify, self._config, inputs["needs"])
        if found["capabilities"] == known.get("capabilities"):
            # A refresh that finds the same is no change.
            found["probed_at"] = known.get("probed_at", found["probed_at"])
        return found


def _foreseen(desired: dict[str, Any]) -> dict[str, Any]:
    return desired | dict.fromkeys(OUTPUTS, UNKNOWN)
