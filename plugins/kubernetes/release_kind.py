"""helm.v3.Release: a chart installed by helm."""

from collections.abc import Iterator

from pulumi.provider.experimental.property_value import PropertyValue

from plugins.errors import NotReady, Refusal
from plugins.kubernetes import changes, charts, naming, release
from plugins.kubernetes.kinds import Found, Inputs, Kind, Made, Wanted
from plugins.kubernetes.kubectl import Failed, Unreachable
from plugins.properties import UNKNOWN, Properties

_REPLACING = ("name", "namespace")
_DIGEST = "__chartDigest"
_OFF = (
    *("allowNullValues", "atomic", "cleanupOnFail", "createNamespace", "dependencyUpdate"),
    *("devel", "disableCRDHooks", "disableOpenapiValidation", "disableWebhooks", "forceUpdate"),
    *("lint", "recreatePods", "renderSubchartNotes", "replace", "resetValues", "reuseValues"),
    *("skipAwait", "skipCrds", "verify", "waitForJobs"),
)
_EMPTY = ("description", "keyring", "postrender")


class ReleaseKind(Kind):
    """A release is its inputs; its outputs add what helm says of it."""

    def check(self, inputs: Inputs, old: Inputs, *, resource: str, seed: bytes) -> Inputs:
        # `compat` only tells the SDK's languages apart.
        given = _with_defaults({key: one for key, one in inputs.items() if key != "compat"})
        given["name"] = given.get("name") or old.get("name") or naming.suffixed(resource, seed)
        given["namespace"] = given.get("namespace") or self.configuration.target.namespace
        # As officially: what counts is the version that a local chart has, not the one asked for.
        if version := charts.version(given.get("chart")):
            given["version"] = version
        return given

    def problems(self, inputs: Inputs) -> Iterator[tuple[str, str]]:
        if not inputs.get("chart"):
            yield "chart", "A Release needs a chart."
        elif charts.missing(inputs["chart"]):
            yield "chart", f"There is no chart at {inputs['chart']}: no Chart.yaml, no archive."
        for key in release.unsupported(inputs):
            why = f"The stand-in for the Kubernetes plugin does not support Release's {key}. "
            yield key, f"{why}Leave it out, or use Pulumi's own plugin."

    def differences(self, old: Inputs, new: Inputs) -> Iterator[changes.Change]:
        found = list(changes.differences(_with_defaults(old.get("__inputs") or {}), new))
        yield from found
        before = old.get(_DIGEST, "")
        if before and not found and charts.digest(new.get("chart")) not in ("", before):
            yield ("chart",), "UPDATE"

    def replaces(self, new: Inputs, path: changes.Path) -> bool:
        return path[0] in _REPLACING

    def keeps_name(self, old: Inputs, new: Inputs) -> bool:
        return False

    def foresee(self, old: Inputs, wanted: Wanted) -> Inputs:
        return {**wanted.inputs, "resourceNames": UNKNOWN, "status": UNKNOWN}

    def create(self, wanted: Wanted) -> Made:
        return self._deployed(wanted, new=True)

    def read(self, identifier: str, token: str, old: Inputs, inputs: Inputs) -> Found | None:
        target = self.configuration.target
        known = {**inputs, "namespace": target.namespace, **naming.from_identifier(identifier)}
        status = release.status(target, known)
        if status is None:
            return None
        now = known | release.read_back(inputs, status, release.live_values(target, known))
        # The digest is that of the chart which was installed, whatever lies there now.
        live = self._live(now, status) | {_DIGEST: old.get(_DIGEST, "")}
        return Found(f"{known['namespace']}/{known['name']}", live, now)

    def update(self, old: Inputs, wanted: Wanted) -> Made:
        return self._deployed(wanted, new=False)

    def delete(self, outputs: Inputs, timeout: float) -> None:
        limit = timeout or outputs.get("timeout") or release.DEFAULT_SECONDS
        release.delete(self.configuration.target, outputs, limit)

    def kept_inputs(self, inputs: Properties) -> PropertyValue:
        # As officially, where nothing of a release's inputs is shown.
        return PropertyValue(inputs, is_secret=True)

    def _deployed(self, wanted: Wanted, *, new: bool) -> Made:
        inputs, target = wanted.inputs, self.configuration.target
        identifier = f"{inputs['namespace']}/{inputs['name']}"
        try:
            (release.create if new else release.update)(target, inputs, wanted.secrets)
        except (Failed, Unreachable) as failed:
            live = self._half_made(inputs)
            if live is None:
                raise Refusal(str(failed)) from None
            outputs = self.outputs(live, wanted.given, wanted.given)
            raise NotReady(str(failed), identifier, outputs, wanted.given) from None
        status = release.status(target, inputs) or {}
        return identifier, self.outputs(self._live(inputs, status), wanted.given, wanted.given)

    def _half_made(self, inputs: Inputs) -> Inputs | None:
        """What a failed attempt left; None for nothing."""
        try:
            status = release.status(self.configuration.target, inputs)
            return None if status is None else self._live(inputs, status)
        except Refusal:
            # Nobody can say now: the stack must know it rather than lose it.
            return {**inputs, "status": {}}

    def _live(self, inputs: Inputs, status: Inputs) -> Inputs:
        named = release.resource_names(self.configuration.target, inputs)
        digest = charts.digest(inputs.get("chart"))
        version = status.get("version", inputs.get("version"))
        return {
            **inputs,
            "version": version,
            "resourceNames": named,
            "status": status,
            _DIGEST: digest,
        }


def _with_defaults(inputs: Inputs) -> Inputs:
    """The inputs with all that the official plugin fills in, so that each knows the other's state
    as its own."""
    given = {**dict.fromkeys(_OFF, False), **dict.fromkeys(_EMPTY, ""), "values": {}, **inputs}
    given.setdefault("timeout", 0 if given["skipAwait"] else release.DEFAULT_SECONDS)
    return given
