"""Brings the rules before the engine; the only module that knows pulumi_policy."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_policy import (
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
    proxy,
)
from pulumi_policy.deserialize import serialize_properties

from vectorkit_policy import access, buckets, durability, network, releases, secrecy
from vectorkit_policy.plan import UNKNOWN, Findings, Plan, Resource

ABOUT_A_RESOURCE: dict[str, Callable[[Resource], Iterator[str]]] = {
    "bucket-encryption": buckets.encryption,
    "bucket-versioning": buckets.versioning,
    "bucket-denials": buckets.denials,
    "pinned-chart": releases.pinned_chart,
    "pinned-image": releases.pinned_images,
    "readable-values": releases.readable_values,
    "resources": releases.resources,
    "metrics-port": network.metrics_port,
    "plain-secret": secrecy.plain_secrets,
    "wildcard-rights": access.wildcards,
}
"""Judged before the resource is made."""
ABOUT_THE_STACK: dict[str, Callable[[Plan], Findings]] = {
    "aws-bucket-encryption": buckets.aws_encryption,
    "aws-bucket-versioning": buckets.aws_versioning,
    "aws-bucket-denials": buckets.aws_denials,
    "aws-bucket-default-retention": buckets.aws_default_retention,
    "default-deny": network.default_deny,
    "copied-secret": secrecy.copied_secrets,
    "protected-data": durability.protection,
}
"""Judged at the end of a preview, and after an update: too late when it had no preview."""
EXCEPT = "except"
_UNKNOWN_MARKS = {value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")}
_SCHEMA = PolicyConfigSchema(
    properties={
        EXCEPT: {
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 10},
            "description": "Names of resources that the rule leaves alone, each with the reason.",
            "default": {},
        }
    }
)


def policies() -> list[Policy]:
    """Every rule as a policy."""
    return [
        *(_resource_policy(name, rule) for name, rule in ABOUT_A_RESOURCE.items()),
        *(_stack_policy(name, rule) for name, rule in ABOUT_THE_STACK.items()),
    ]


def _resource_policy(name: str, rule: Callable[[Resource], Iterator[str]]) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.name not in _excepted(args):
            for sentence in rule(_resource(args)):
                report(sentence, args.urn)

    return ResourceValidationPolicy(
        name=name, description=_description(rule), validate=validate, config_schema=_SCHEMA
    )


def _stack_policy(name: str, rule: Callable[[Plan], Findings]) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        excepted = _excepted(args)
        for resource, sentence in rule([_resource(one) for one in args.resources]):
            if resource.name not in excepted:
                report(sentence, resource.urn)

    return StackValidationPolicy(
        name=name, description=_description(rule), validate=validate, config_schema=_SCHEMA
    )


def _excepted(args: ResourceValidationArgs | StackValidationArgs) -> Mapping[str, str]:
    found: Mapping[str, str] = args.get_config().get(EXCEPT) or {}
    return found


def _resource(given: ResourceValidationArgs | PolicyResource) -> Resource:
    uses = given.property_dependencies if isinstance(given, PolicyResource) else {}
    return Resource(
        type=given.resource_type,
        name=given.name,
        properties=_plain(serialize_properties(given.props)),
        protect=bool(given.opts.protect),
        urn=given.urn,
        uses={key: [one.urn for one in resources] for key, resources in uses.items()},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWN_MARKS else value


def _description(rule: Callable[..., Any]) -> str:
    """All of the docstring: a rule says, too, what it does not judge."""
    return " ".join((rule.__doc__ or "").split())
