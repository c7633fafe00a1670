"""A provider that acts on nothing: it checks the names of inputs and gives the inputs back.

It stands in where a plugin cannot be had, or must not act. What a real provider would only know
afterwards (id, ARN) it makes up from the resource's name, in previews too, so that a plan shows
all that follows from it.
"""

import json
from collections.abc import Callable
from typing import Any

from pulumi.provider.experimental import provider as rpc
from pulumi.provider.experimental.property_value import PropertyValue

from plugins.properties import own_type, plain_map
from tests.engine_plugins import input_names

ACCOUNT = "123456789012"
KEY = "aws:kms/key:Key"
_ARNS: dict[str, Callable[[str], str]] = {
    "aws:s3/bucket:Bucket": lambda name: f"arn:aws:s3:::{name}",
    KEY: lambda name: f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{name}",
    "aws:iam/role:Role": lambda name: f"arn:aws:iam::{ACCOUNT}:role/{name}",
}
_NAMED_BY = ("bucket", "name")


class StandIn(rpc.Provider):
    """The provider of one package."""

    def __init__(self, package: str) -> None:
        self._package = package

    async def get_schema(self, request: rpc.GetSchemaRequest) -> rpc.GetSchemaResponse:
        return rpc.GetSchemaResponse(json.dumps({"name": self._package, "version": "0.0.0"}))

    async def check_config(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        found = input_names.provider_problems(self._package, plain_map(request.new_inputs))
        return rpc.CheckResponse(request.new_inputs, [rpc.CheckFailure(*one) for one in found])

    async def diff_config(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        return rpc.DiffResponse(changes=False)

    async def configure(self, request: rpc.ConfigureRequest) -> rpc.ConfigureResponse:
        return rpc.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        inputs = plain_map(request.new_inputs)
        found = input_names.problems(own_type(request.type), inputs)
        return rpc.CheckResponse(request.new_inputs, [rpc.CheckFailure(*one) for one in found])

    async def diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        known = request.old_state
        changed = [key for key, one in request.new_inputs.items() if known.get(key) != one]
        return rpc.DiffResponse(changes=bool(changed), diffs=changed)

    async def create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        given = plain_map(request.properties)
        own = next((given[key] for key in _NAMED_BY if isinstance(given.get(key), str)), None)
        name = str(own or request.name)
        made: dict[str, Any] = {"name": name} if self._package == "aws" else {}
        kind = own_type(request.type)
        if kind in _ARNS:
            made["arn"] = _ARNS[kind](name)
        if kind == KEY:
            made["keyId"] = name
        known = {key: PropertyValue(value) for key, value in made.items()}
        return rpc.CreateResponse(name, {**known, **request.properties})

    async def read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        return rpc.ReadResponse(request.resource_id, request.properties, request.inputs)

    async def update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        return rpc.UpdateResponse({**request.olds, **request.news})

    async def delete(self, request: rpc.DeleteRequest) -> None:
        """Nothing was made."""
