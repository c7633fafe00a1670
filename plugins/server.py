"""Serves a provider over gRPC, with refusals as plain sentences.

The SDK's own `main` prefixes every error with a Python class and leaves the process behind when
the engine is killed; both matter to a user, so this is `main` without these two.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import Provider
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from plugins.errors import NotReady, Refusal

MESSAGE_BYTES = 400 * 1024 * 1024
FINISH_SECONDS = 60
STATUS_DETAILS = "grpc-status-details-bin"
_METHODS = (
    "Configure",
    "Invoke",
    "Construct",
    "Call",
    "Diff",
    "Create",
    "Read",
    "Update",
    "Delete",
)
Method = Callable[[Any, Any, Any], Awaitable[Any]]


@runtime_checkable
class Closing(Protocol):
    """A provider with something to end or remove when its engine has gone."""

    def close(self) -> None: ...


class Servicer(ProviderServicer):
    """The SDK's servicer; a Refusal reaches the user as its sentence alone."""


def _speaking(method: Method) -> Method:
    async def call(self: Servicer, request: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            return await method(self, request, context)
        except NotReady as error:
            context.set_trailing_metadata(((STATUS_DETAILS, _partial(error)),))
            return await context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Refusal as error:
            return await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    return call


def _partial(error: NotReady) -> bytes:
    """The detail by which the engine records an object that was made but is not ready."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.identifier,
        properties=PropertyValue.marshal_map(error.properties),
        reasons=[str(error)],
        inputs=PropertyValue.marshal_map(error.inputs),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    return bytes(status.SerializeToString())


for _name in _METHODS:
    setattr(Servicer, _name, _speaking(getattr(ProviderServicer, _name)))


def serve(provider: Provider, version: str) -> None:
    """Serve until the engine that started this process has gone."""
    engine = sys.argv[1] if len(sys.argv) > 1 else ""
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(provider, version, engine))


async def _serve(provider: Provider, version: str, engine: str) -> None:
    limits = [
        ("grpc.max_receive_message_length", MESSAGE_BYTES),
        ("grpc.max_send_message_length", MESSAGE_BYTES),
    ]
    server = grpc.aio.server(options=limits)
    servicer = Servicer(sys.argv[1:], version, provider, engine_address=engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(1)
    if isinstance(provider, Closing):
        provider.close()
    await server.stop(grace=FINISH_SECONDS)
