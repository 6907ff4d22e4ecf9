"""Where and as whom to connect, and which host keys count: inventory first, then ssh_config, then the usual."""

import getpass
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from nornir_hygiene.fleet.transports import known_hosts
from nornir_hygiene.fleet.transports.known_hosts import HostKeys
from nornir_hygiene.fleet.transports.paramiko_auth import Credentials
from nornir_hygiene.fleet.transports.ssh_config import Way, way_to
from nornir_hygiene.models.settings import HostSettings

_SSH_PORT = 22


class Destination(NamedTuple):
    """Everything the transports that do not leave it to OpenSSH need to know."""

    way: Way
    port: int
    keys: HostKeys
    credentials: Credentials


def destination(
    hostname: str | None, username: str | None, password: str | None, port: int | None, extras: dict[str, Any] | None
) -> Destination:
    """From the arguments of a connection plugin's `open`. Raises NotReached where ssh_config cannot be honoured."""
    settings = HostSettings.model_validate(extras or {})
    way = way_to(hostname or "", username, settings.ssh_config)
    at_port = port or way.port or _SSH_PORT
    credentials = Credentials(
        user=username or way.user or getpass.getuser(),
        password=password,
        identity_file=settings.identity_file,
        identity_files=way.identity_files,
        use_agent=settings.use_agent,
        identities_only=way.identities_only,
    )
    return Destination(way, at_port, _host_keys(settings, way, at_port), credentials)


def _host_keys(settings: HostSettings, way: Way, port: int) -> HostKeys:
    name = way.host_key_alias or known_hosts.name_of(way.hostname, port)
    if settings.known_hosts is not None:
        return HostKeys(name, [settings.known_hosts])
    user: Iterable[Path] = (known_hosts.USER_FILE,) if way.user_known_hosts is None else way.user_known_hosts
    everybody: Iterable[Path] = (known_hosts.SYSTEM_FILE,) if way.global_known_hosts is None else way.global_known_hosts
    return HostKeys(name, [*user, *everybody])
