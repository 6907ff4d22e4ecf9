"""KVM where it boots a stock kernel, the emulator everywhere else: that /dev/kvm exists promises nothing."""

import os
from pathlib import Path

from nornir_hygiene.lab.command import succeeds

KVM = ("-accel", "kvm", "-cpu", "host")
# A larger translation cache than the default: a booting kernel is mostly code seen for the first time.
TCG = ("-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max")
PROBE_S = 6


def choose(kernel: Path) -> tuple[str, ...]:
    """The options of the faster one that works here."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return TCG
    # Without a disk the kernel panics within a second, and `panic=-1` ends the machine: that is a boot that works.
    panics = ["-kernel", str(kernel), "-append", "panic=-1", "-no-reboot", "-nodefaults", "-display", "none"]
    return KVM if succeeds(["qemu-system-x86_64", *KVM, "-m", "256", *panics], timeout_s=PROBE_S) else TCG
