"""Starting a virtual host: its files on a second disk, its plug in the lab's bridge, QEMU in cgroups of its own."""

import subprocess
from pathlib import Path

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.command import run, wait_for
from nornir_hygiene.lab.furnish import furnish
from nornir_hygiene.lab.model import HostSpec, Process
from nornir_hygiene.lab.network import ssh_answers
from nornir_hygiene.lab.places import BRIDGE, DATA_DIR
from nornir_hygiene.lab.processes import alive, identify
from nornir_hygiene.lab.vm import image

TAP_PREFIX = "nrlab-vm"
MEMORY_MIB = 1024
BOOT_TIMEOUT_S = 360  # in software, beside other work, on two cores
SEED_MIB = 8


def boot(disks: Path, spec: HostSpec, accelerator: tuple[str, ...]) -> Process:
    """Start the machine; its QEMU process. It boots for half a minute more: `wait_ready`."""
    folder = DATA_DIR / spec.name
    _make_seed(folder, spec)
    _plug_in(spec)
    argv = ["setsid", "--fork", *cgroups.joining(cgroups.create(spec.name), _qemu(disks, spec, accelerator))]
    with (folder / "qemu.log").open("w") as log:
        subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, timeout=10, check=True)
    return wait_for(f"{spec.name} to start", lambda: _qemu_process(spec), timeout_s=10)


def wait_ready(spec: HostSpec, qemu: Process) -> None:
    """Return when the host's SSH server answers; LabError with the console's last words if it never will."""
    try:
        wait_for(f"ssh on {spec.name}", lambda: _answers(spec, qemu), timeout_s=BOOT_TIMEOUT_S, every_s=0.5)
    except LabError as error:
        logs = [DATA_DIR / spec.name / name for name in ("qemu.log", "console.log")]
        told = "\n".join(log.read_text(errors="replace") for log in logs if log.exists())
        raise LabError(str(error), "\n".join(told.splitlines()[-12:])) from error


def _answers(spec: HostSpec, qemu: Process) -> bool:
    if not alive(qemu):
        raise LabError(f"{spec.name} has ended before it was up")
    return ssh_answers(spec.address)


def unplug_all() -> None:
    """Remove every plug of a virtual host, also one that never reached the bridge."""
    for tap in Path("/sys/class/net").glob(f"{TAP_PREFIX}*"):
        run(["ip", "link", "delete", tap.name])


def tap_of(spec: HostSpec) -> str:
    """The name of the host's plug on the machine."""
    return f"{TAP_PREFIX}{spec.number}"


def _make_seed(folder: Path, spec: HostSpec) -> None:
    files = folder / "seed"
    files.mkdir(parents=True, exist_ok=True)
    furnish(files, spec, {})
    image.make_disk(folder / "seed.img", files, SEED_MIB)


def _plug_in(spec: HostSpec) -> None:
    run(["ip", "tuntap", "add", "dev", tap_of(spec), "mode", "tap"])
    run(["ip", "link", "set", tap_of(spec), "master", BRIDGE, "up"])


def _qemu_process(spec: HostSpec) -> Process | None:
    for pid in cgroups.pids(spec.name):
        program = Path(f"/proc/{pid}/exe")
        if program.exists() and program.resolve().name.startswith("qemu-system"):
            return identify(pid)
    return None


def _qemu(disks: Path, spec: HostSpec, accelerator: tuple[str, ...]) -> list[str]:
    folder = DATA_DIR / spec.name
    return [
        # Behind the other hosts, which share their two cores with it.
        *("nice", "-n", "5", "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", *accelerator),
        *("-name", spec.machine, "-machine", "q35", "-smp", "2", "-m", str(MEMORY_MIB), "-display", "none"),
        *("-kernel", str(disks / image.KERNEL), "-initrd", str(disks / image.INITRD)),
        *("-append", "console=ttyS0 root=/dev/vda rw quiet panic=-1", "-serial", f"file:{folder}/console.log"),
        # What the host writes is in a file without a name: gone with the process.
        *("-drive", f"file={disks / image.DISK},if=virtio,format=raw,snapshot=on"),
        *("-drive", f"file={folder}/seed.img,if=virtio,format=raw,readonly=on"),
        *("-netdev", f"tap,id=net0,ifname={tap_of(spec)},script=no,downscript=no"),
        *("-device", f"virtio-net-pci,netdev=net0,mac=52:54:00:4c:41:{spec.number:02x}", "-device", "virtio-rng-pci"),
    ]
