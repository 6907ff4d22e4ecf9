"""The lab's record on disk. Replaced as a whole, so that a kill -9 leaves the old or the new one."""

import os

from pydantic import ValidationError

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab.model import HostRecord, LabState, Planted
from nornir_hygiene.lab.places import STATE_FILE


def save(state: LabState) -> LabState:
    """Write the record and hand it back."""
    STATE_FILE.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = STATE_FILE.with_suffix(".tmp")
    draft.write_text(state.model_dump_json(indent=1))
    draft.chmod(0o644)
    os.replace(draft, STATE_FILE)  # noqa: PTH105  # the atomic one, by its own name
    return state


def load() -> LabState | None:
    """The record, or None without one. An unreadable record is an error with the way out."""
    try:
        return LabState.model_validate_json(STATE_FILE.read_text())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        hint = "`nr lab down` clears it, also without a record"
        raise LabError(f"{STATE_FILE} is not a record of this version: {error.error_count()} faults", hint) from error


def require() -> LabState:
    """The record of a lab that is up."""
    state = load()
    if state is None or not state.up:
        raise LabError("the lab is not up", "start it with `nr lab up`")
    return state


def with_host(state: LabState, record: HostRecord) -> LabState:
    """The same state with one host's record replaced."""
    others = tuple(host for host in state.hosts if host.spec.name != record.spec.name)
    return state.model_copy(update={"hosts": (*others, record)})


def with_planted(state: LabState, planted: Planted) -> LabState:
    """The same state with a planted fault or twin, in place of its earlier draft."""
    others = tuple(other for other in state.planted if not _same(other, planted))
    return state.model_copy(update={"planted": (*others, planted)})


def without_planted(state: LabState, planted: Planted) -> LabState:
    """The same state without a fault that has been healed."""
    kept = tuple(other for other in state.planted if not _same(other, planted))
    return state.model_copy(update={"planted": kept})


def claim_loop(number: int) -> int:
    """Record a loop device number before the device is made."""
    known = load()
    if known is not None and number not in known.loops:
        save(known.model_copy(update={"loops": (*known.loops, number)}))
    return number


def _same(one: Planted, other: Planted) -> bool:
    return (one.fault, one.host, one.twin) == (other.fault, other.host, other.twin)
