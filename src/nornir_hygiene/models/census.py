"""How many of what a host had, by owner: the figures history keeps also where nothing is a finding."""

from pydantic import Field

from nornir_hygiene.models.frozen import Frozen


class OwnerCounts(Frozen):
    """One program in one place (unit, container, logins of a user), in words that are the same tomorrow."""

    owner: str
    zombies: int = Field(0, description="children it has not reaped")
    orphans: int = Field(0, description="processes that outlived their parent and their session's leader")
    blocked: int = Field(0, description="tasks in D, those idle by design left out")


class LimitUse(Frozen):
    """A limit of process ids and how much of it is used: of a cgroup by its path, or of the whole kernel."""

    name: str
    used: int
    limit: int = Field(ge=1)


class WaitCount(Frozen):
    """How many tasks in D wait alike: `wait` is a family of the catalogue, `unknown (symbol)`, or `others`."""

    wait: str
    tasks: int = Field(ge=1)


class Census(Frozen):
    """Sums are whole; `owners`, `limits` and `waits` are the largest, so that a host says a bounded amount."""

    processes: int
    zombies: int
    orphans: int
    blocked: int
    owners: tuple[OwnerCounts, ...] = ()
    limits: tuple[LimitUse, ...] = ()
    waits: tuple[WaitCount, ...] = Field((), description="blocked tasks that make load by what they wait for")
