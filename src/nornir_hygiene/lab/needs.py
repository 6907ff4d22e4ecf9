"""What the machine must have before a lab can start; what is missing is installed or named."""

import os
import platform
import shutil
from pathlib import Path

from nornir_hygiene.errors import LabError, LabUnavailable
from nornir_hygiene.lab.command import run, say

PACKAGE_OF = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "mkfs.ext4": "e2fsprogs",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "setsid": "util-linux",
    "losetup": "mount",
}
VM_PACKAGE_OF = {"qemu-system-x86_64": "qemu-system-x86", "mke2fs": "e2fsprogs", "ssh": "openssh-client"}
VM_DEVICES = ("/dev/net/tun",)
DEVICES = ("/dev/fuse", "/dev/loop-control")
FILESYSTEMS = ("overlay", "fuse", "ext4")


def missing(*, vms: bool = False) -> tuple[str, ...]:
    """What stands in the way and cannot be installed, in words. Empty when the lab, with virtual hosts, can run."""
    lacks = []
    if os.geteuid() != 0:
        lacks.append("root (it starts hosts with their own namespaces)")
    if _debian() != "12":
        lacks.append("Debian 12 (its packages make the hosts)")
    if platform.system() == "Linux":
        lacks += [path for path in DEVICES if not Path(path).exists()]
        lacks += [f"the {name} filesystem" for name in FILESYSTEMS if not _kernel_has(name)]
    if vms and platform.machine() != "x86_64":
        lacks.append("an x86-64 processor (the virtual hosts' kernel is made for it)")
    if vms:
        lacks += [path for path in VM_DEVICES if not Path(path).exists()]
    return tuple(lacks)


def require(*, vms: bool = False) -> None:
    """Install what can be installed; LabUnavailable naming the rest."""
    lacks = missing(vms=vms)
    if lacks:
        raise LabUnavailable("the lab cannot run here: it needs " + ", ".join(lacks), "every other command works")
    wanted = PACKAGE_OF | VM_PACKAGE_OF if vms else PACKAGE_OF
    _install(sorted({package for program, package in wanted.items() if shutil.which(program) is None}))


def provide(program: str) -> None:
    """What only one fault needs, installed if it is missing; LabUnavailable if it cannot be."""
    if shutil.which(program) is None:
        _install([(PACKAGE_OF | VM_PACKAGE_OF)[program]])


def _install(packages: list[str]) -> None:
    if not packages:
        return
    say("installing " + " ".join(packages))
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    if run(["env", "DEBIAN_FRONTEND=noninteractive", *install], timeout_s=300, check=False).returncode == 0:
        return
    run(["apt-get", "update", "-q"], timeout_s=180)  # a fresh machine has no package lists yet
    try:
        run(["env", "DEBIAN_FRONTEND=noninteractive", *install], timeout_s=300)
    except LabError as error:
        raise LabUnavailable("the lab needs the Debian packages " + " ".join(packages), str(error)) from error


def _debian() -> str | None:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return None
    return release.get("VERSION_ID") if release.get("ID") == "debian" else None


def _kernel_has(filesystem: str) -> bool:
    known = Path("/proc/filesystems").read_text().split()
    modules = Path("/lib/modules", platform.release())
    return filesystem in known or modules.is_dir()  # a module is loaded at the first mount
