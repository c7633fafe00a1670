"""The program of the policy pack's engine tests: declares what wanted.json asks for."""

import json
from pathlib import Path
from typing import Any

import pulumi

wanted = json.loads(Path("wanted.json").read_text())
made: dict[str, Any] = {}
providers = {
    package: pulumi.ProviderResource(package, package, settings)
    for package, settings in wanted["providers"].items()
}
for name, (kind, inputs, options) in wanted["resources"].items():
    made[name] = pulumi.CustomResource(
        kind,
        name,
        inputs,
        pulumi.ResourceOptions(provider=providers[kind.partition(":")[0]], **options),
    )
