"""What is said about a parent of zombies: its state, what it does with SIGCHLD, and what would help."""

from nornir_hygiene.diagnose.tasks import Task
from nornir_hygiene.models.process import Suspect

SIGCHLD_BIT = 1 << 16  # signal 17, bit n-1
_STATES = {
    "S": "sleeps",
    "R": "runs",
    "D": "is blocked in uninterruptible sleep",
    "T": "is stopped by job control (SIGCONT continues it)",
    "t": "is stopped by a tracer",
    "Z": "is a zombie itself",
    "I": "is idle",
}
NOT_WAITING_RESTORES = (
    "In this order: SIGCHLD to the parent where it has a handler, a restart of the parent through its owner (unit, "
    "pod), SIGTERM, SIGKILL to the parent; init then reaps. A zombie itself cannot be killed. Lasting: the program "
    "must wait for its children, or its container needs an init."
)
STOPPED_RESTORES = (
    "SIGCONT to the parent (a traced one: end its tracer): it then reaps by itself. Signals other than SIGCONT and "
    "SIGKILL stay pending while it is stopped. A zombie itself cannot be killed."
)
INIT_RESTORES = (
    "Init itself does not reap: see what it waits for and whether it runs at all. It is never killed or signalled "
    "from here; a container's init is replaced with its pod, a host's by a planned reboot."
)
BLOCKED_RESTORES = (
    "What the parent waits for: it reaps by itself when that comes back. No signal helps now: SIGCHLD, SIGTERM and "
    "SIGKILL to the parent all stay pending (a killable wait excepted, see its family), and a zombie cannot be killed."
)


def parent_state(parent: Task | None) -> str:
    """`sleeps in do_epoll_wait (S)`."""
    if parent is None:
        return "not visible here"
    doing = _STATES.get(parent.look.state, "is in an unknown state")
    waiting = f" in {parent.look.wchan}" if parent.look.wchan and parent.look.state in ("S", "D") else ""
    return f"{doing}{waiting} ({parent.look.state})"


def sigchld(suspect: Suspect | None) -> str | None:
    """From the SigBlk, SigIgn and SigCgt masks of its status; None when they were not read."""
    masks = suspect.signals if suspect else None
    if masks is None:
        return None
    if masks.ignored & SIGCHLD_BIT:
        return "ignored"
    caught = "caught" if masks.caught & SIGCHLD_BIT else "not caught"
    return f"{caught}, blocked" if masks.blocked & SIGCHLD_BIT else caught


def nudge(parent: Task | None) -> str | None:
    """Whether a SIGCHLD sent by hand could make the parent reap (domain facts 4.2, tried)."""
    if parent is None:
        return None
    if parent.look.state in ("D", "T", "t", "Z"):
        return f"useless: the parent {_STATES[parent.look.state]}"
    disposition = sigchld(parent.suspect)
    if disposition is None:
        return None
    if disposition == "caught":
        return "may help: there is a handler; one reap per signal is common"
    if disposition == "not caught":
        return "useless: not caught, so the kernel discards it"
    if disposition == "ignored":
        return "useless: ignored; these died before, or send another exit signal"
    return "useless: blocked, unless it reads a signalfd"
