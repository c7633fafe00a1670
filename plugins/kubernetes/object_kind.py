"""Objects of every kind of the Kubernetes API, by the apiVersion and kind of their inputs."""

from collections.abc import Iterator

from pulumi.provider.experimental.property_value import PropertyValue

from plugins.errors import NotReady, Refusal
from plugins.kubernetes import changes, live, manifests, naming, objects, readiness
from plugins.kubernetes.kinds import Found, Inputs, Kind, Made, Wanted
from plugins.kubernetes.kubectl import without_secrets
from plugins.properties import UNKNOWN, Properties, has_unknown


class ObjectKind(Kind):
    """An object is its manifest; kubectl applies it on the server's side."""

    def check(self, inputs: Inputs, old: Inputs, *, resource: str, seed: bytes) -> Inputs:
        named = naming.with_name(manifests.normal(inputs), old, resource=resource, seed=seed)
        return naming.with_namespace(named, self.configuration.target.namespace)

    def problems(self, inputs: Inputs) -> Iterator[tuple[str, str]]:
        if not (inputs.get("apiVersion") and inputs.get("kind")):
            yield "kind", "An object needs apiVersion and kind."
        metadata = inputs.get("metadata") or {}
        if metadata is not UNKNOWN and metadata.get("generateName") and not metadata.get("name"):
            why = "generateName does not work with server-side apply; leave it out: the object "
            yield "metadata.generateName", f"{why}then gets the resource's name and a suffix."

    def differences(self, old: Inputs, new: Inputs) -> Iterator[changes.Change]:
        before = old.get("__inputs") or {}
        home = (old.get("metadata") or {}).get("namespace")
        yield from changes.differences(
            manifests.normal(_in_namespace(before, home, home)),
            _in_namespace(new, home, self.configuration.target.namespace),
        )

    def replaces(self, new: Inputs, path: changes.Path) -> bool:
        return changes.replaces(new, path, mutable_data=self.configuration.mutable_data(new))

    def keeps_name(self, old: Inputs, new: Inputs) -> bool:
        was, becomes = old.get("metadata") or {}, new.get("metadata") or {}
        if becomes is UNKNOWN or naming.autonamed(new):
            return False
        home = becomes.get("namespace") or was.get("namespace")
        return bool(was.get("name") == becomes.get("name") and was.get("namespace") == home)

    def foresee(self, old: Inputs, wanted: Wanted) -> Inputs:
        if old:
            return {
                **manifests.changed(old, old.get("__inputs"), wanted.inputs),
                "status": old.get("status", UNKNOWN),
            }
        known: Inputs | None = None
        if not has_unknown(wanted.inputs):
            known = objects.foreseen(self.configuration.target, _applied(wanted))
        return manifests.foreseen(known or wanted.inputs)

    def create(self, wanted: Wanted) -> Made:
        made = objects.create(self.configuration.target, _applied(wanted))
        return self._ready(made, wanted)

    def read(self, identifier: str, token: str, old: Inputs, inputs: Inputs) -> Found | None:
        api_version, kind = naming.kind_of(token)
        manifest = {
            "apiVersion": inputs.get("apiVersion", api_version),
            "kind": inputs.get("kind", kind),
            "metadata": naming.from_identifier(identifier),
        }
        found = objects.read(self.configuration.target, manifest)
        if found is None:
            return None
        now = live.as_inputs(inputs, found) if inputs else manifests.importable(found)
        return Found(naming.identifier(found), found, now)

    def update(self, old: Inputs, wanted: Wanted) -> Made:
        manager = old.get("__fieldManager", "")
        made = objects.update(self.configuration.target, _applied(wanted, manager))
        return self._ready(made, wanted, manager)

    def delete(self, outputs: Inputs, timeout: float) -> None:
        limit = readiness.seconds(outputs, timeout)
        objects.delete(self.configuration.target, outputs, limit)

    def kept_inputs(self, inputs: Properties) -> PropertyValue:
        return PropertyValue(inputs)

    def _ready(self, made: Inputs, wanted: Wanted, manager: str = "") -> Made:
        identifier = naming.identifier(made)
        target, found = self.configuration.target, made
        owner = {"__fieldManager": PropertyValue(manager or naming.field_manager(wanted.urn))}
        try:
            readiness.wait(target, made, readiness.seconds(made, wanted.timeout))
            found = objects.read(target, made) or made
        except Refusal as refusal:
            # It exists: whatever happens now, the stack must know it.
            outputs = self.outputs(_as_it_is(self, made), wanted.given, wanted.given) | owner
            # Events and container states repeat parts of the manifest.
            reason = without_secrets(str(refusal), wanted.secrets)
            raise NotReady(reason, identifier, outputs, wanted.given) from None
        return identifier, self.outputs(found, wanted.given, wanted.given) | owner


def _as_it_is(kind: ObjectKind, made: Inputs) -> Inputs:
    try:
        return objects.read(kind.configuration.target, made) or made
    except Refusal:
        return made


def _applied(wanted: Wanted, manager: str = "") -> objects.Applied:
    return objects.Applied(
        inputs=wanted.inputs,
        manager=manager or naming.field_manager(wanted.urn),
        secrets=wanted.secrets,
    )


def _in_namespace(inputs: Inputs, home: str | None, default: str | None) -> Inputs:
    """The inputs with the namespace that they mean; `home` is None for an object without one."""
    metadata = inputs.get("metadata") or {}
    if metadata is UNKNOWN:
        return inputs
    named = {key: value for key, value in metadata.items() if key != "namespace"}
    if home is not None:
        named["namespace"] = metadata.get("namespace") or default
    return {**inputs, "metadata": named}
