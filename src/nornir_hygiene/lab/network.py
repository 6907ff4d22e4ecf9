"""The lab's own bridge. Nothing is routed: traffic never leaves the machine."""

import socket
from contextlib import suppress
from pathlib import Path

from nornir_hygiene.lab.command import run, succeeds
from nornir_hygiene.lab.places import BRIDGE, SUBNET

BRIDGE_ADDRESS = f"{SUBNET}.1"


def bridge_up() -> None:
    """Make the bridge with the machine's address on it."""
    run(["ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0"])
    run(["ip", "address", "add", f"{BRIDGE_ADDRESS}/24", "dev", BRIDGE])
    run(["ip", "link", "set", BRIDGE, "up"])


def bridge_down() -> None:
    """Remove the bridge and whatever is still plugged into it."""
    plugged = Path("/sys/class/net", BRIDGE, "brif")
    for port in plugged.iterdir() if plugged.is_dir() else ():
        succeeds(["ip", "link", "delete", port.name])
    if plugged.is_dir():
        run(["ip", "link", "delete", BRIDGE])


def ssh_answers(address: str, port: int = 22) -> bool:
    """True when an SSH server shows its banner there."""
    with suppress(OSError), socket.create_connection((address, port), timeout=1) as connection:
        connection.settimeout(2)
        return connection.recv(4) == b"SSH-"
    return False
