"""The policy pack: every rule of vectorkit_policy, none of them optional."""

from pulumi_policy import EnforcementLevel, PolicyPack

from vectorkit_policy.pack import policies

PolicyPack(
    name="vectorkit",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=policies(),
)
