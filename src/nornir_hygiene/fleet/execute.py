"""One request to one host, and its answer."""

from nornir.core.inventory import Host

from nornir_hygiene.fleet.deadline import Deadline, under
from nornir_hygiene.fleet.transports.connection import connection_for
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.settings import HostSettings


def exchange(host: Host, settings: HostSettings, request: ProbeRequest, deadline: Deadline) -> Answer:
    """Open, execute, close. Raises NotReached; an Answer may be cut short (`ended`), which is for the reader to judge.

    >>> exchange(host, settings_for(host), request, deadline).ended
    'closed'
    """
    with under(deadline), connection_for(host, settings) as transport:
        return transport.execute(request, settings.max_output_bytes)
