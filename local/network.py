"""The platform's own bridge on the machine: the machine is its first host, the nodes follow."""

import ipaddress
import json
import socket

from local.command import run, succeeds
from local.errors import Refusal


def ensure_bridge(name: str, subnet: ipaddress.IPv4Network, owner: str) -> None:
    """Make the bridge unless it is there with the right address.

    Raises Refusal when another platform, interface or route of the machine uses the subnet.
    """
    wanted = f"{subnet[1]}/{subnet.prefixlen}"
    if (other := _owner(name)) not in (None, owner):
        raise Refusal(
            f"The subnet {subnet} is used by the platform in {other}. Choose another for this one, "
            "for example: make up VECTORKIT_SUBNET=10.98.0.0/24"
        )
    for interface in json.loads(run(["ip", "-json", "-4", "addr"], what="Listing addresses")):
        addresses = [f"{a['local']}/{a['prefixlen']}" for a in interface["addr_info"]]
        if interface["ifname"] == name and wanted in addresses:
            return
    remove_bridge(name, owner)
    _refuse_taken(subnet)
    run(["ip", "link", "add", name, "type", "bridge"], what=f"Making the bridge {name}")
    run(["ip", "link", "set", name, "alias", owner], what=f"Saying whose {name} is")
    run(["ip", "addr", "add", wanted, "dev", name], what=f"Giving {name} its address")
    run(["ip", "link", "set", name, "up"], what=f"Starting {name}")


def remove_bridge(name: str, owner: str) -> None:
    """Remove the owner's bridge; nothing happens when there is none."""
    if _owner(name) == owner:
        succeeds(["ip", "link", "del", name])


def _owner(name: str) -> str | None:
    """The state folder of the platform whose bridge it is; None when there is no such bridge."""
    for link in json.loads(run(["ip", "-json", "link"], what="Listing network links")):
        if link["ifname"] == name:
            return str(link.get("ifalias", ""))
    return None


def refuse_taken_port(address: str, port: int, use: str) -> None:
    """Raises Refusal when something already listens where the platform wants to."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise Refusal(
                f"Port {port} on {address} is needed for {use} but cannot be used "
                f"({error.strerror}). Find its owner with `ss -ltnp 'sport = :{port}'` and stop it."
            ) from None


def _refuse_taken(subnet: ipaddress.IPv4Network) -> None:
    for route in json.loads(run(["ip", "-json", "-4", "route"], what="Listing routes")):
        if route["dst"] == "default":
            continue
        if ipaddress.IPv4Network(route["dst"], strict=False).overlaps(subnet):
            raise Refusal(
                f"The subnet {subnet} is already used by the interface {route['dev']} "
                f"({route['dst']}). Choose a free private /24, for example: "
                "make up VECTORKIT_SUBNET=10.98.0.0/24"
            )
