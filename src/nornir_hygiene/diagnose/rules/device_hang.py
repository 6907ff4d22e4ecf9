"""Tasks that wait for a block device which does not answer: all waiters of one device are one finding."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nornir_hygiene.diagnose.ages import TWO_SAMPLES, UNKNOWN_AGE, Age, blocked_severity, oldest
from nornir_hygiene.diagnose.devices import Device
from nornir_hygiene.diagnose.hung_clients import WAITS_FACT, rbd_facts
from nornir_hygiene.diagnose.hung_reports import report_facts
from nornir_hygiene.diagnose.rules.device_samples import IO_MATCHES, IO_SPARES, RBD_MATCHES, RBD_SPARES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, one_place, shown
from nornir_hygiene.models.finding import Cause, Evidence, Fact, Subject
from nornir_hygiene.models.host import BlockDevice
from nornir_hygiene.parse.osdc import parse_osdc

RBD_RESTORES = (
    "The OSD that does not answer: continue it if it is stopped, else restart it, guarded. The waiting tasks then "
    "finish by themselves. Never kill the fsck or the umount: the signal stays pending and strikes in the middle of "
    "the repair. Never force the unmap: it waits for the same requests."
)
DEVICE_RESTORES = (
    "The device below (path, session, backing file, controller): the waiting tasks then finish by themselves. "
    "Killing them does not help while requests are in flight, and a killed fsck or umount dies half way later."
)
_COMMAND_SHOWN = 160
_PARENT_CHAIN = 2  # systemd-fsck, fsck, fsck.ext4; further up are only shells


@dataclass(frozen=True)
class _Waiter:
    task: Task
    device: Device
    basis: str


def waiters_by_device(scene: Scene, explained: Explained = frozenset()) -> dict[Device, tuple[_Waiter, ...]]:
    """Every hung device with its waiters.

    A device hangs when something at its root waits for it: a task in device I/O, or one of its own kernel threads.
    Followers and tasks whose files lie on several devices are then added to a device that hangs anyway.
    """
    tasks = [task for task in scene.blocked if task.key not in explained]
    sure = {task.key: waiter for task in tasks if (waiter := _certain(scene, task))}
    hung = {waiter.device.name for waiter in sure.values()}
    of_process = {waiter.task.process.pid: waiter.device for waiter in sure.values()}
    groups: dict[str, list[_Waiter]] = defaultdict(list)
    for task in tasks:
        waiter = sure.get(task.key) or _behind_sibling(task, of_process) or _joining(scene, task, hung)
        if waiter:
            groups[waiter.device.name].append(waiter)
    return {group[0].device: tuple(group) for _, group in sorted(groups.items())}


def _certain(scene: Scene, task: Task) -> _Waiter | None:
    own = scene.devices.of_kernel_thread(task)
    if own:
        return _Waiter(task, own, "kernel thread of the device")
    if task.wait.waits_for not in ("device", "unclear") or task.wait.wait_class == "follower":
        return None
    opened = scene.devices.opened(task)
    if task.wait.waits_for == "unclear":
        # Without wait channel and stack (no root, EL8) an open block device is all there is; a name that is seen
        # but not in the catalogue is left unknown.
        return _Waiter(task, opened[0], "has it open; wait not visible") if opened and _blind(task) else None
    return _only(task, opened, "has it open") or _only(task, scene.devices.below_files(task), "has files on it")


def _blind(task: Task) -> bool:
    return task.wait.symbol is None or task.wait.wait_class == "generic"


def _only(task: Task, devices: tuple[Device, ...], basis: str) -> _Waiter | None:
    """The one device, or the one of several that is busy."""
    busy = [device for device in devices if device.busy]
    chosen = devices if len(devices) == 1 else busy
    return _Waiter(task, chosen[0], basis) if len(chosen) == 1 else None


def _behind_sibling(task: Task, of_process: dict[int, Device]) -> _Waiter | None:
    """A thread that waits for the address-space lock of a process of which another thread waits for a device."""
    device = of_process.get(task.process.pid)
    if device is None or task.wait.waits_for != "address-space":
        return None
    return _Waiter(task, device, "waits for a sibling thread")


def _joining(scene: Scene, task: Task, hung: set[str]) -> _Waiter | None:
    """Into a device that hangs anyway: a follower, or a root waiter whose files lie on several devices."""
    if task.process.kernel_thread or task.wait.waits_for not in ("device", "unclear"):
        return None
    opened = [device for device in scene.devices.opened(task) if device.name in hung]
    if opened:
        return _Waiter(task, opened[0], "has it open")
    below = [device for device in scene.devices.below_files(task) if device.name in hung]
    known = task.wait.waits_for == "device"
    return _Waiter(task, below[0], "has files on it") if known and len(below) == 1 else None


def _conclude(scene: Scene, explained: Explained, rbd: bool) -> Iterator[Conclusion]:
    for device, waiters in waiters_by_device(scene, explained).items():
        if bool(device.rbd) is not rbd:
            continue
        age = oldest(waiter.task.age for waiter in waiters)
        severity = blocked_severity(age, scene.thresholds)
        if severity:
            parents = _waiting_parents(scene, [waiter.task for waiter in waiters])
            told = _told(scene, device, waiters, parents, age)
            keys = frozenset(task.key for task in (*(waiter.task for waiter in waiters), *parents))
            yield Conclusion(scene.finding("rbd-io-hang" if rbd else "io-hang", severity, told), keys)


def _told(scene: Scene, device: Device, waiters: tuple[_Waiter, ...], parents: tuple[Task, ...], age: Age) -> Told:
    tasks = [waiter.task for waiter in waiters]
    roles = {parent.key: "parent" for parent in parents}
    roles |= {task.key: "kernel thread of the device" for task in tasks if task.process.kernel_thread}
    return Told(
        subject=Subject(sort="device", name=device.name),
        summary=_summary(device, tasks, age),
        evidence=Evidence(
            tasks=shown([*tasks, *parents], roles),
            task_count=len(tasks) + len(parents),
            facts=_facts(scene, device, waiters, age),
        ),
        cause=_rbd_cause(device) if device.rbd else _device_cause(device, tasks),
        restores=RBD_RESTORES if device.rbd else DEVICE_RESTORES,
        container=one_place(tasks),
    )


def _summary(device: Device, tasks: list[Task], age: Age) -> str:
    image = f" (rbd image {_image(device)})" if device.rbd else ""
    verb = "waits" if len(tasks) == 1 else "wait"
    since = f"the longest for {age}" if age.known else "nobody knows how long"
    return f"{counted(len(tasks), 'task')} ({comms(tasks)}) {verb} for I/O on {device.name}{image}, {since}."


def _facts(scene: Scene, device: Device, waiters: tuple[_Waiter, ...], age: Age) -> tuple[Fact, ...]:
    block, flight = device.block, device.block.in_flight if device.block else None
    bases = sorted({f"{waiter.basis}" for waiter in waiters})
    return facts(
        ("blocked tasks", len(waiters)),
        ("device told from", "; ".join(bases)),
        (WAITS_FACT, ", ".join(sorted({waiter.task.wait.name for waiter in waiters}))),
        ("requests in flight", f"{flight[0]} reads, {flight[1]} writes" if flight else None),
        ("backing file", block.backing_file if block else None),
        ("made of", ", ".join(block.below) if block else None),
        ("suspended", "yes, says dm/suspended" if block and block.suspended else None),
        ("mounted on", ", ".join(scene.devices.mounts_on(device))),
        *rbd_facts(device.rbd),
        *report_facts(scene, (waiter.task for waiter in waiters)),
        ("time blocked", UNKNOWN_AGE if not age.known else None if age.exact else TWO_SAMPLES),
    )


def _image(device: Device) -> str:
    pool, image = (device.rbd.pool, device.rbd.image) if device.rbd else (None, None)
    return f"{pool or '?'}/{image or '?'}"


def _rbd_cause(device: Device) -> Cause:
    proof = (
        "/sys/bus/rbd names it" if device.rbd and device.rbd.proof == "sysfs" else "it is backed by an rbd-fuse mount"
    )
    return Cause(
        name=f"rbd image {_image(device)}",
        established=False,
        because=f"{device.name} is that image ({proof}) and does not complete requests{_owed(device)}",
        missing="which OSD: not yet established (needs the cluster's view)",
    )


def _owed(device: Device) -> str:
    """Whom the kernel's own client waits for; it may serve several devices, so that this is a hint and no proof."""
    osds = parse_osdc(list(device.rbd.osdc)).targets if device.rbd else ()
    return f"; requests of its client wait for {', '.join(f'osd.{one}' for one in osds)} (osdc)" if osds else ""


def _device_cause(device: Device, tasks: list[Task]) -> Cause:
    backing = device.block.backing_file if device.block else None
    name = f"block device {device.name}" + (f" backed by {backing}" if backing else "")
    if device.block and device.block.suspended:
        because = "dm/suspended is 1: it holds every request back until `dmsetup resume`"
        label = f" ({device.block.label})" if device.block.label else ""
        return Cause(name=f"suspended device {device.name}{label}", established=True, because=because)
    if device.block and device.block.client:
        return _served_cause(device.name, device.block)
    worker = next((task for task in tasks if task.process.kernel_thread and _waits_below(task)), None)
    if worker:
        because = f"its own kernel thread {worker.look.comm} waits in {worker.wait.name}, so it cannot serve requests"
        return Cause(name=name, established=False, because=because, missing="which one it waits for, and why")
    return Cause(
        name=name,
        established=False,
        because="tasks at the root of the wait chain wait for requests of this device, which does not complete them",
        missing="why the device does not answer: look below it (path, session, nbd server, backing file, controller)",
    )


def _served_cause(name: str, block: BlockDevice) -> Cause:
    """A network block device: the command line of its client says where its server is, in the words of who started it.

    nbd-client without `-nonetlink` ends when it has connected: then there is no client, and nobody tells the server.
    """
    program, *words = block.client
    command = " ".join((program.rpartition("/")[2], *words))[:_COMMAND_SHOWN]
    return Cause(
        name=f"nbd server of {name} ({command})",
        established=False,
        because=f"{name} does not complete requests, and its client (pid {block.client_pid}) is there and connected",
        missing="why the server does not answer: look at it, and at the way there",
    )


def _waits_below(task: Task) -> bool:
    """A device's thread that waits for something else than a device: a frozen backing filesystem, a FUSE daemon."""
    return task.wait.wait_class == "root" and task.wait.waits_for != "device"


def _waiting_parents(scene: Scene, tasks: Iterable[Task]) -> tuple[Task, ...]:
    """The `fsck` in S above the `fsck.ext4` in D: evidence of the same hang, not a finding of its own."""
    found: dict[int, Task] = {}
    for task in tasks:
        ppid = task.process.ppid
        for _ in range(_PARENT_CHAIN):
            parent = scene.leader(ppid) if ppid > 1 else None
            if parent is None or parent.wait.waits_for != "child-exit":
                break
            found[ppid], ppid = parent, parent.process.ppid
    return tuple(found.values())


def conclude_rbd(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """Devices proven to be rbd images."""
    return tuple(_conclude(scene, explained, rbd=True))


def conclude_io(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """Every other device, whatever its name."""
    return tuple(_conclude(scene, explained, rbd=False))


RBD_IO_HANG = Rule("rbd-io-hang", conclude_rbd, RBD_MATCHES, RBD_SPARES)
IO_HANG = Rule("io-hang", conclude_io, IO_MATCHES, IO_SPARES)
