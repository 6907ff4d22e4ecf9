"""The ways to reach a host. A new one: a module with a connection plugin, an entry point, a line in TRANSPORTS."""

from nornir_hygiene.fleet.transports.protocol import NotReached, Transport

# The word in the inventory, and the Nornir connection plugin behind it (an entry point of pyproject.toml).
TRANSPORTS = {
    "paramiko": "nr-paramiko",
    "openssh": "nr-openssh",
    "netmiko": "nr-netmiko",
}

__all__ = ["TRANSPORTS", "NotReached", "Transport"]
