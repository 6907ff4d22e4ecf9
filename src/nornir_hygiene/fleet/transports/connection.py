"""Opening a host's transport through Nornir, for this run only."""

import contextlib
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import cast

from nornir.core.configuration import Config
from nornir.core.inventory import Host
from nornir.core.plugins.connections import CONNECTIONS_PLUGIN_PATH, ConnectionPlugin, ConnectionPluginRegister

from nornir_hygiene.fleet.transports import TRANSPORTS
from nornir_hygiene.fleet.transports.protocol import Transport
from nornir_hygiene.models.settings import HostSettings


@contextlib.contextmanager
def connection_for(host: Host, settings: HostSettings) -> Iterator[Transport]:
    """The host's transport, open inside the `with`. Raises NotReached."""
    plugin_name = TRANSPORTS[settings.transport]
    load_plugin(plugin_name)
    _drop_leftover(host, plugin_name)
    # A host without a hostname is reached by its name.
    hostname = host.get_connection_parameters(plugin_name).hostname or host.name
    plugin = host.open_connection(plugin_name, Config(), hostname=hostname, extras=settings.model_dump())
    try:
        yield cast("Transport", plugin.connection)
    finally:
        _close(host, plugin_name, plugin)


def load_plugin(plugin_name: str) -> type[ConnectionPlugin]:
    """Register one connection plugin. Not `auto_register`: that imports every plugin that is installed."""
    if plugin_name not in ConnectionPluginRegister.available:
        (entry,) = entry_points(group=CONNECTIONS_PLUGIN_PATH, name=plugin_name)
        ConnectionPluginRegister.register(plugin_name, entry.load())
    return ConnectionPluginRegister.get_plugin(plugin_name)


def _drop_leftover(host: Host, plugin_name: str) -> None:
    # A worker whose time was up may still be on its way out of the run before this one.
    leftover = host.connections.pop(plugin_name, None)
    if leftover is not None:
        leftover.close()


def _close(host: Host, plugin_name: str, plugin: ConnectionPlugin) -> None:
    if host.connections.get(plugin_name) is plugin:
        del host.connections[plugin_name]
    plugin.close()
