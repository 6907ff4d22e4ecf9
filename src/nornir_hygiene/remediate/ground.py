"""Where a plan is carried out: the fleet, looked at again and acted on. The only door from here to a host."""

from collections.abc import Callable, Iterable

from nornir.core.inventory import Host, Inventory

from nornir_hygiene.fleet.rounds import audited
from nornir_hygiene.models.plan import ActionResult, Refusal
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Happened, Task
from nornir_hygiene.remediate.lifelines import Lifelines
from nornir_hygiene.remediate.perform import Order, Performed, perform


class Ground:
    """One inventory, and how long a look at a host may take."""

    def __init__(self, inventory: Inventory, *, workers: int = 20, timeout_s: float = 30.0) -> None:
        self._inventory = inventory
        self._workers = workers
        self._timeout_s = timeout_s
        self._lifelines = Lifelines(inventory)

    def look(self, names: Iterable[str]) -> AuditReport:
        """What an audit of these hosts says now."""
        known = [name for name in names if name in self._inventory.hosts]
        return audited(self._inventory, known, workers=self._workers, timeout_s=self._timeout_s)

    def lifeline(self, host: str, risk: Risk) -> Refusal | None:
        """Why this host must not go away while we work."""
        return self._lifelines.against(host, risk)

    def perform(self, host: str, order: Order) -> Performed:
        """Do one action on one host. One the inventory does not have (any more) did nothing."""
        if host not in self._inventory.hosts:
            return Performed(ActionResult(outcome="failed", detail=f"the inventory has no host {host!r}"), {})
        if order.action.here is not None:
            return _from_here(order.action.here, self._inventory.hosts[host], order)
        return perform(self._inventory.hosts[host], order)


def _from_here(do: Callable[[Task], Happened], host: Host, order: Order) -> Performed:
    """By a program of this machine, which reaches the host itself."""
    happened = do(Task(host, order.arguments, order.token, order.who, order.timeout_s))
    return Performed(happened.result, dict(happened.texts))
