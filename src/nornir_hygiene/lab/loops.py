"""Loop devices of the lab: fixed numbers, recorded before use, so that none survives."""

import fcntl
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from nornir_hygiene.lab.places import DATA_DIR

NUMBERS = range(100, 200)  # beyond what anybody's `losetup -f` hands out first
MAJOR = 7
_LOOP_CTL_ADD, _LOOP_CTL_REMOVE, _LOOP_CLR_FD = 0x4C80, 0x4C81, 0x4C01


def create(number: int) -> None:
    """Make the kernel device; its node appears in the machine's /dev, not in any host's."""
    _control(_LOOP_CTL_ADD, number)


def in_use(number: int) -> bool:
    """True if the kernel has this device."""
    return Path(f"/sys/block/loop{number}").exists()


def release(numbers: Iterable[int]) -> None:
    """Detach and remove these devices; what is gone already is fine."""
    for number in numbers:
        _detach(number)
        for _ in range(40):
            if not in_use(number):
                break
            with suppress(OSError):  # EBUSY until the last opener is gone
                _control(_LOOP_CTL_REMOVE, number)
                break
            time.sleep(0.05)


def release_backed_by_lab() -> None:
    """Detach the devices whose file lies in the lab's own folder, whoever attached them."""
    for number in NUMBERS:
        with suppress(OSError):
            backing = Path(f"/sys/block/loop{number}/loop/backing_file").read_text()
            if backing.startswith(f"{DATA_DIR}/"):
                _detach(number)


def _detach(number: int) -> None:
    with suppress(OSError):
        device = os.open(f"/dev/loop{number}", os.O_RDONLY | os.O_NONBLOCK)
        try:
            fcntl.ioctl(device, _LOOP_CLR_FD)
        finally:
            os.close(device)


def _control(request: int, number: int) -> None:
    control = os.open("/dev/loop-control", os.O_RDWR)
    try:
        with suppress(FileExistsError):
            fcntl.ioctl(control, request, number)
    finally:
        os.close(control)
