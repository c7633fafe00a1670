"""What the user reads at the end of `make up`, and what `make status` shows."""

import json
import os
from typing import Any

from rich.console import Console
from rich.table import Table

from local import tools
from local.command import succeeds
from local.engine import Engine
from local.layout import Layout
from local.platform import Platform
from local.progress import Progress

FORWARDED = "http://127.0.0.1:19530"
"""Where Milvus is seen through the port-forward of `forward_line`."""


def print_summary(engine: Engine, progress: Progress) -> None:
    """Addresses, buckets, where the credentials are, what was proven, and how to search."""
    console = Console(highlight=False, soft_wrap=True)
    outputs = engine.outputs()
    table = Table.grid(padding=(0, 2))
    for name, value in _rows(engine, outputs):
        table.add_row(f"[bold]{name}[/]", value)
    console.print()
    console.print("[bold green]vectorkit is up[/]", _seconds(progress))
    console.print(table)
    report = engine.layout.smoke_report
    if report.exists():
        console.print("\n[bold]Proven by the smoke tests[/]")
        for claim in proven(json.loads(report.read_text())):
            console.print(f"  [green]✓[/] {claim}", markup=True)
    if "milvus_uri" not in outputs:
        console.print("\n[bold]Milvus is reachable inside the cluster alone[/]: keep this running")
        console.print(f"  {forward_line(engine, outputs)}", markup=False)
    console.print("\n[bold]Search the sample data[/]: paste into .venv/bin/python, in this folder")
    for line in search_lines(engine.layout, outputs):
        console.print(f"  {line}", markup=False)


def forward_line(engine: Engine, outputs: dict[str, Any]) -> str:
    """The command that makes Milvus reachable at FORWARDED."""
    cluster = f"--kubeconfig={outputs['kubeconfig']} --context={outputs['context']}"
    service = str(outputs["milvus_service"]).partition(".")[0]
    port = FORWARDED.rpartition(":")[2]
    target = f"--namespace={outputs['namespace']} service/{service} {port}"
    return f"{tools.kubectl(engine.layout.cache)} {cluster} port-forward {target}"


def search_lines(layout: Layout, outputs: dict[str, Any]) -> list[str]:
    """Three lines of Python that ask the sample data a question; no secret is in them."""
    uri = outputs.get("milvus_uri", FORWARDED)
    password = layout.secrets / "milvus-root-password"
    return [
        "from smoke_tests.sample import search",
        f'milvus = {{"uri": "{uri}", "password_file": "{password}"}}',
        'print(search("How much memory does an HNSW index need?", **milvus))',
    ]


def proven(report: dict[str, Any]) -> list[str]:
    """The smoke tests' figures, one line each."""
    return [f"{name}: {value}" for name, value in report.get("figures", {}).items()]


def print_status(platform: Platform) -> int:
    """A table of the platform's parts. Returns 0 when everything runs, else 3."""
    console = Console(highlight=False)
    table = Table("part", "state", "where", box=None)
    running = platform.supervisor.is_up()
    healthy = True
    for name in platform.supervised:
        state = platform.supervisor.state(name) if running else "down"
        healthy = healthy and state == "RUNNING"
        where = platform.endpoint if name == "store" else ""
        table.add_row(name, state.lower(), where)
    kubectl = [str(tools.kubectl(platform.layout.cache)), f"--kubeconfig={platform.kubeconfig}"]
    ready = [*kubectl, "get", "--raw=/readyz", "--request-timeout=3s"]
    reachable = os.access(platform.kubeconfig, os.R_OK) and succeeds(ready)
    table.add_row("cluster", "ready" if reachable else "unreachable", str(platform.kubeconfig))
    console.print(table)
    return 0 if healthy and reachable else 3


def _rows(engine: Engine, outputs: dict[str, Any]) -> list[tuple[str, str]]:
    secret = f"Kubernetes Secret {outputs['namespace']}/{outputs['credentials_secret']}"
    return [
        ("Milvus", str(outputs.get("milvus_uri") or outputs["milvus_service"])),
        ("Live bucket", f"{outputs['live_bucket']}/{outputs['root_path']}"),
        ("Vault bucket", str(outputs["vault_bucket"])),
        ("Store", f"{outputs['store_endpoint']} (CA: {outputs['store_ca_file']})"),
        ("Credentials", f"{secret}; on this machine in {engine.layout.secrets}"),
        ("Kubeconfig", str(outputs["kubeconfig"])),
    ]


def _seconds(progress: Progress) -> str:
    return f"[dim]({sum(progress.seconds.values()):.0f} s)[/]"
