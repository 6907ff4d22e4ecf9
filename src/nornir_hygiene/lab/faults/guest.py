"""A virtual machine on a host that is audited itself; healthy: a program whose name only begins as an emulator's.

The emulator is the machine's own and keeps its files; it is started into the process ids and the cgroups of the host.
"""

from pathlib import Path

from nornir_hygiene.lab import cgroups, needs
from nornir_hygiene.lab.command import run, wait_for
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.host import LabHost, Task
from nornir_hygiene.lab.model import Planted, Undo

_EMULATOR = "qemu-system-x86_64"
_COMM = _EMULATOR[:15]
_TOOLS = ("qemu-nbd", "qemu-img", "qemu-ga", "qemu-io")
# Stopped before its first instruction, without a disk: it costs no CPU and some 40 MB. It ends by itself in the end.
_ASLEEP = ("-S", "-accel", "tcg,tb-size=8", "-m", "16", "-nodefaults", "-no-user-config", "-display", "none")
_LASTS_S = 1800
# setsid leaves it to the host's init, and its streams to nobody: whoever starts it waits for their end.
_APART = 'exec setsid --fork "$@" </dev/null >/dev/null 2>&1'


def plant(site: Site) -> Planted:
    """A guest as libvirt runs it: a process of the host, in a cgroup of its own."""
    needs.provide(_EMULATOR)
    name = site.comm()
    folders = _scopes(site.host, f"machine-qemu-{name}.scope")
    site.promise(Undo(cgroups=tuple(map(str, folders))), comm=_COMM)
    for folder in folders:
        cgroups.make_below(folder)
    guest = ["timeout", "--signal=KILL", str(_LASTS_S), _EMULATOR, *_ASLEEP, "-name", name]
    enter = ["nsenter", "--target", str(site.host.leader.pid), "--pid", "--", "sh", "-c", _APART, "sh", *guest]
    run(cgroups.joining(folders, enter))
    task = wait_for("the guest to run", lambda: _guest(site.host, folders[0]), timeout_s=20)
    return site.planted(pid=task.pid, cause=("a kernel of their own",))


def twin(site: Site) -> Planted:
    """It works on disks of guests, and none runs."""
    made = site.start("sleepers", {"count": 0}, name=site.rng.choice(_TOOLS))
    return site.planted(comm=made.comm, pid=made.report["pid"])


def _scopes(host: LabHost, name: str) -> list[Path]:
    """Its cgroup in each hierarchy but v1 cpuset, which nobody may enter unprepared."""
    trees = [tree for tree in cgroups.hierarchies() if tree.version == 2 or "cpuset" not in tree.controllers]
    return [host.cgroup_in(tree) / name for tree in trees]


def _guest(host: LabHost, scope: Path) -> Task | None:
    inside = cgroups.pids_of(scope)
    return next((task for task in host.tasks() if task.outer in inside and task.comm == _COMM), None)
