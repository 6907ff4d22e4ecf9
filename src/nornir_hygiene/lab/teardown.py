"""Taking the lab away, from any state and without a record: by its cgroups, its folders and its names."""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import cgroups, image, loops, network, state, thaw, throttle
from nornir_hygiene.lab.command import run, succeeds
from nornir_hygiene.lab.model import LabState
from nornir_hygiene.lab.places import DATA_DIR, MACHINE_PREFIX, NSPAWN_RUN_DIR, STATE_DIR
from nornir_hygiene.lab.vm import boot as vm_boot


def down() -> None:
    """Remove all of it; calling it twice, or after a killed `up`, is fine."""
    known = _readable_state()
    thaw.thaw_hosts()
    throttle.lift_all()
    loops.release_backed_by_lab()
    cgroups.kill()
    _unmount()
    loops.release(known.loops if known else ())
    cgroups.remove()
    vm_boot.unplug_all()
    network.bridge_down()
    _forget_nspawn(known)
    image.forget_half_built()
    for folder in (DATA_DIR, STATE_DIR):  # the record last: as long as it stands, `down` can be repeated
        if folder.exists():
            shutil.rmtree(folder)


def anything_left() -> bool:
    """True if a lab, whole or broken, is on this machine."""
    return STATE_DIR.exists() or DATA_DIR.exists() or bool(cgroups.pids())


def _readable_state() -> LabState | None:
    try:
        return state.load()
    except LabError:
        return None  # a record of another version: fixed names must do


def _unmount() -> None:
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in reversed([m for m in mounts if m.startswith(f"{DATA_DIR}/")]):
        if not succeeds(["umount", mount], timeout_s=10):
            run(["umount", "--lazy", mount], timeout_s=10)


def _forget_nspawn(known: LabState | None) -> None:
    for folder in ("propagate", "unix-export"):
        for left in (NSPAWN_RUN_DIR / folder).glob(f"{MACHINE_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
    for record in known.hosts if known else ():
        _unlink_if_free(NSPAWN_RUN_DIR / "locks" / record.lock_name)


def _unlink_if_free(lock: Path) -> None:
    with suppress(OSError):
        handle = os.open(lock, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.unlink()
        finally:
            os.close(handle)
