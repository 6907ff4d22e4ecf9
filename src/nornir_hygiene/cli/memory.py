"""What earlier audits counted, read before anything is printed: within a time, and never at the cost of the result."""

from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from nornir_hygiene.errors import NrError
from nornir_hygiene.models.run import HostReport

if TYPE_CHECKING:
    from nornir_hygiene.cli.execution import Execution

# A database on a machine that is gone may not even refuse; the result is waited for.
READ_WITHIN_S = 10.0


class Remembered(NamedTuple):
    """The reports with what the history adds; without it, where `unread` says why it could not be read."""

    hosts: tuple[HostReport, ...]
    unread: str = ""


def remember(execution: "Execution", hosts: tuple[HostReport, ...], within_s: float = READ_WITHIN_S) -> Remembered:
    """Reads only, and not at all where no host was observed. Raises nothing."""
    if not any(host.census for host in hosts):
        return Remembered(hosts)
    answers: list[Remembered] = []
    reader = Thread(target=lambda: answers.append(_read(execution, hosts)), name="history", daemon=True)
    reader.start()
    try:
        reader.join(within_s)
    except KeyboardInterrupt:  # whoever waits no longer still wants what the hosts said
        return Remembered(hosts, "somebody interrupted while it was read")
    return answers[0] if answers else Remembered(hosts, f"it could not be read within {within_s:g} s")


def _read(execution: "Execution", hosts: tuple[HostReport, ...]) -> Remembered:
    from sqlalchemy.exc import SQLAlchemyError

    from nornir_hygiene.fleet.remembered import remembered
    from nornir_hygiene.fleet.selection import settings_for
    from nornir_hygiene.history.store import open_store, reason_of
    from nornir_hygiene.models.settings import Thresholds

    def thresholds_of(host: str) -> Thresholds:
        return settings_for(execution.inventory.hosts[host]).thresholds

    try:
        engine = open_store()
        try:
            return Remembered(remembered(hosts, engine, execution.frame.started_at, thresholds_of))
        finally:
            engine.dispose()
    except (NrError, SQLAlchemyError) as error:
        return Remembered(hosts, reason_of(error))
