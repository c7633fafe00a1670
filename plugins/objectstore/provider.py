"""The Pulumi provider: turns the engine's requests into calls of the modules beside it."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from pulumi.provider.experimental import provider as rpc

from plugins.objectstore.check import problems, with_defaults
from plugins.objectstore.errors import StoreError
from plugins.objectstore.problem import unknown_key
from plugins.objectstore.protection import losses
from plugins.objectstore.qualification import QUALIFICATION
from plugins.objectstore.qualification_kind import QualificationKind
from plugins.objectstore.schema import CONFIG, schema
from plugins.objectstore.settings import REPLACING, SETTINGS, differences
from plugins.properties import (
    UNKNOWN,
    has_unknown,
    own_type,
    plain_map,
    property_map,
    secrets_in,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "objectstore:index:Bucket"


class ObjectStoreProvider(rpc.Provider):
    """`check` and `diff` are pure, but for a plan that is stopped: what would be lost is asked
    of the store. boto3 is loaded only when needed."""

    def __init__(self) -> None:
        self._config: dict[str, Any] = {}
        self._qualification = QualificationKind(self._config)
        self._client: S3Client | None = None

    async def get_schema(self, request: rpc.GetSchemaRequest) -> rpc.GetSchemaResponse:
        return rpc.GetSchemaResponse(json.dumps(schema()))

    async def check_config(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        config = plain_map(request.new_inputs)
        failures = [
            rpc.CheckFailure(key, unknown_key(key, key, CONFIG).reason)
            for key in config.keys() - {*CONFIG, "version", "pluginDownloadURL"}
            if not key.startswith("__")
        ]
        failures += [
            rpc.CheckFailure(key, f"The objectstore provider needs `{key}`.")
            for key in ("endpoint", "region")
            if not config.get(key)
        ]
        endpoint = config.get("endpoint")
        if isinstance(endpoint, str) and endpoint and not endpoint.startswith("https://"):
            reason = f"The endpoint must begin with https://, not be {endpoint!r}: keys and data "
            failures.append(rpc.CheckFailure("endpoint", reason + "never travel in the clear."))
        return rpc.CheckResponse(request.new_inputs, failures)

    async def configure(self, request: rpc.ConfigureRequest) -> rpc.ConfigureResponse:
        given = plain_map(request.args)
        self._config = {key: given[key] for key in CONFIG if key in given}
        self._client = None
        self._qualification = QualificationKind(self._config)
        return rpc.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        if _token(request.urn) == QUALIFICATION:
            return await self._qualification.check(request)
        _refuse_other_types(request.urn)
        inputs = with_defaults(plain_map(request.new_inputs))
        failures = [rpc.CheckFailure(one.path, one.reason) for one in problems(inputs)]
        return rpc.CheckResponse(property_map(inputs, secrets_in(request.new_inputs)), failures)

    async def diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        if _token(request.urn) == QUALIFICATION:
            return await self._qualification.diff(request)
        desired, known = plain_map(request.new_inputs), plain_map(request.old_state)
        ignored = {path.split(".")[0].split("[")[0] for path in request.ignore_changes}
        changed = [one for one in differences(desired, known) if one not in ignored]
        lost = losses(known, desired, changed)
        if lost:
            raise StoreError(
                f"This plan is stopped: {' Also, '.join(lost)} {await self._holding(known)}"
            )
        replaced = [one for one in changed if one in REPLACING]
        return rpc.DiffResponse(
            changes=bool(changed),
            replaces=replaced,
            stables=["bucket", "arn", "object_lock"] if not replaced else [],
            # The new bucket would need the old one's name.
            delete_before_replace=bool(replaced) and "bucket" not in replaced,
            diffs=changed,
            detailed_diff={one: _kind(one, desired, known) for one in changed},
        )

    async def create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        if _token(request.urn) == QUALIFICATION:
            return await self._qualification.create(request)
        desired, secret = plain_map(request.properties), secrets_in(request.properties)
        if request.preview:
            return rpc.CreateResponse(None, property_map(_foreseen(desired), secret))
        made = await self._run("create", desired, request.urn, secret)
        return rpc.CreateResponse(desired["bucket"], property_map(made, secret))

    async def read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        if _token(request.urn) == QUALIFICATION:
            return await self._qualification.read(request)
        secret = secrets_in(request.properties, request.inputs)
        known = {**plain_map(request.properties), **plain_map(request.inputs)}
        found = await self._run("read", request.resource_id, known)
        if found is None:
            return rpc.ReadResponse()
        inputs = {one: found[one] for one in SETTINGS if one in found}
        return rpc.ReadResponse(
            request.resource_id, property_map(found, secret), property_map(inputs, secret)
        )

    async def update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        if _token(request.urn) == QUALIFICATION:
            return await self._qualification.update(request)
        desired, secret = plain_map(request.news), secrets_in(request.news)
        if request.preview:
            return rpc.UpdateResponse(property_map(_foreseen(desired), secret))
        made = await self._run("update", desired, secret)
        return rpc.UpdateResponse(property_map(made, secret))

    async def delete(self, request: rpc.DeleteRequest) -> None:
        if _token(request.urn) == QUALIFICATION:
            return
        force = plain_map(request.properties).get("force_destroy") is True
        await self._run("delete", request.resource_id, force_destroy=force)

    async def _holding(self, known: dict[str, Any]) -> str:
        try:
            return str(await self._run("holding", known["bucket"]))
        except StoreError as error:
            return f"What the bucket holds is not known: {error}"

    async def _run(self, action: str, *args: Any, **options: Any) -> Any:
        """Call a function of the bucket module in a thread: boto3 blocks, the engine must not."""
        # Loading boto3 takes 0.4 s, which an `up` with nothing to change must not pay.
        from plugins.objectstore import bucket  # noqa: PLC0415
        from plugins.objectstore.s3_client import StoreConfig, connect  # noqa: PLC0415

        if self._client is None:
            self._client = connect(StoreConfig(**self._config))
        return await asyncio.to_thread(getattr(bucket, action), self._client, *args, **options)


def _token(urn: str) -> str:
    return own_type(urn.split("::")[2])


def _refuse_other_types(urn: str) -> None:
    token = _token(urn)
    if token != BUCKET:
        raise StoreError(
            f"The objectstore provider has no resource {token!r}, only {BUCKET!r} and "
            f"{QUALIFICATION!r}."
        )


def _foreseen(desired: dict[str, Any]) -> dict[str, Any]:
    """The outputs as far as a preview knows them."""
    bucket = desired.get("bucket", UNKNOWN)
    return {**desired, "arn": UNKNOWN if has_unknown(bucket) else f"arn:aws:s3:::{bucket}"}


def _kind(setting: str, desired: dict[str, Any], known: dict[str, Any]) -> rpc.PropertyDiff:
    kind = "UPDATE" if setting in desired and setting in known else "ADD"
    if setting not in desired:
        kind = "DELETE"
    suffix = "_REPLACE" if setting in REPLACING else ""
    return rpc.PropertyDiff(rpc.PropertyDiffKind[kind + suffix], input_diff=False)
