"""The end of what a service's helpers left behind."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action

# What systemd itself lets a unit be called; never an option.
Service = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_:.\\@][A-Za-z0-9_:.\\@-]{0,246}\.service$")]


class OrphansArguments(Frozen):
    """All of one boot and one service."""

    processes: Annotated[tuple[ProcessIdentity, ...], Field(min_length=1, max_length=200)]
    service: Service
    signal: Literal["TERM", "KILL"]

    @model_validator(mode="after")
    def _of_one_boot(self) -> Self:
        if len({process.boot_id for process in self.processes}) != 1:
            raise ValueError("they are of more than one boot")
        return self


def _words(told: OrphansArguments) -> tuple[str, ...]:
    pairs = (word for process in told.processes for word in (str(process.pid), str(process.start_ticks)))
    return (told.processes[0].boot_id, told.service, told.signal, *pairs)


def _says(told: OrphansArguments) -> str:
    pids = ", ".join(str(process.pid) for process in told.processes[:8])
    more = f" and {len(told.processes) - 8} more" if len(told.processes) > 8 else ""
    return f"send SIG{told.signal} to {len(told.processes)} orphans in {told.service}: pid {pids}{more}"


END_ORPHANS = Action(
    name="end-orphans",
    risk=Risk.DESTRUCTIVE,
    about="Ends what helpers of a systemd service left behind, each one only if it is the process that was seen and "
    "still an orphan in that service's cgroup. Spared: the service's own processes, logins, whoever has children, a "
    "pid file or detached itself as a daemon does, whoever is in D. Refused for services in which people's own jobs "
    "live (sshd, cron) or that others live on, and where no main process tells the service from its leftovers.",
    arguments=OrphansArguments,
    parts=("signal", "unit", "orphans"),
    words=_words,
    says=_says,
)
