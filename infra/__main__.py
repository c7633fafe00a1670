"""The program: settings in, one environment out."""

import pulumi

from vectorkit import settings
from vectorkit.components.environment import Environment

stack = settings.load()
environment = Environment(
    stack.environment,
    stack,
    settings.credentials(stack),
    settings.load_ca_bundle(stack),
    vault_credentials=settings.vault_credentials(stack),
    milvus_ca=settings.load_milvus_ca(stack),
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
