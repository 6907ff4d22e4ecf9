"""An umount in D: the mount has left the table, and the filesystem still lives and waits for its device."""

from collections.abc import Iterator

from nornir_hygiene.diagnose.ages import UNKNOWN_AGE, blocked_severity, oldest
from nornir_hygiene.diagnose.devices import Device
from nornir_hygiene.diagnose.hung_clients import rbd_facts
from nornir_hygiene.diagnose.hung_reports import report_facts
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene, Told
from nornir_hygiene.diagnose.symbols import canonical, frame_symbol
from nornir_hygiene.diagnose.tasks import Task, comms, counted, facts, one_place, shown
from nornir_hygiene.models.finding import Cause, Evidence, Subject

RESTORES = (
    "The device below: the umount then ends by itself. Never force the unmap with requests in flight, and do not take "
    "the missing mount for done: the filesystem is still being written. A second mount or an fsck waits behind it."
)
# On the stack of whoever drops the last reference to a filesystem, also without the program umount.
_FRAMES = frozenset(
    canonical(name)
    for name in (
        "generic_shutdown_super",
        "kill_block_super",
        "deactivate_super",
        "deactivate_locked_super",
        "cleanup_mnt",
    )
)
_BY_FUSE_AND_NET = frozenset({"fuse", "nfs", "smb", "ceph", "thaw", "freezer", "vfork-child"})


def conclude(scene: Scene, explained: Explained) -> tuple[Conclusion, ...]:
    """One finding per device; one for all umounts whose device cannot be told."""
    tasks = [task for task in scene.blocked if task.key not in explained and _is_umount(task)]
    severity = blocked_severity(oldest(task.age for task in tasks), scene.thresholds) if tasks else None
    if severity is None:
        return ()
    candidates = _devices(scene)
    device = candidates[0] if len(candidates) == 1 else None
    behind = [task for task in _second_mounts(scene, explained, device) if task not in tasks]
    told = _told(scene, device, tasks, behind, candidates)
    keys = frozenset(task.key for task in (*tasks, *behind))
    return (Conclusion(scene.finding("umount-hang", severity, told), keys),)


def _is_umount(task: Task) -> bool:
    if task.process.kernel_thread or task.wait.waits_for in _BY_FUSE_AND_NET:
        return False
    if any(canonical(frame_symbol(line)) in _FRAMES for line in task.look.stack):
        return True
    by_wait = task.wait.family is not None and task.wait.family.id in ("umount", "xfs-umount")
    return by_wait or (task.process.comm == "umount" and not task.look.stack)


def _devices(scene: Scene) -> tuple[Device, ...]:
    """Devices with a filesystem that is alive and mounted nowhere: its journal thread blocked, requests in flight.

    Told by the strongest sign that any device shows: a kernel thread of it in D, requests in flight, a journal thread.
    """
    threads = [(task, device) for task, device in _filesystem_threads(scene) if not scene.devices.mounts_on(device)]
    busy = {device.name: device for device in scene.devices.by_name.values() if device.in_flight}
    loose = [device for device in busy.values() if not scene.devices.mounts_on(device)]
    for found in ([device for task, device in threads if task.blocked], loose, [device for _, device in threads]):
        names = {device.name: device for device in found}
        if names:
            return tuple(names[name] for name in sorted(names))
    return ()


def _filesystem_threads(scene: Scene) -> Iterator[tuple[Task, Device]]:
    for pid, process in scene.processes.items():
        leader = scene.leader(pid) if process.kernel_thread else None
        if leader and leader.look.comm.startswith(("jbd2/", "xfsaild/", "kworker/")):
            device = scene.devices.of_kernel_thread(leader)
            if device and (leader.blocked or not leader.look.comm.startswith("kworker/")):
                yield leader, device


def _second_mounts(scene: Scene, explained: Explained, device: Device | None) -> Iterator[Task]:
    """Who wants the filesystem that is still going: a second mount, an fsck, blkid."""
    for task in scene.blocked:
        follows = task.wait.family is not None and task.wait.family.id in ("superblock", "device-open")
        opened = scene.devices.opened(task)
        if follows and task.key not in explained and (not opened or device in opened):
            yield task


def _told(
    scene: Scene, device: Device | None, tasks: list[Task], behind: list[Task], candidates: tuple[Device, ...]
) -> Told:
    age = oldest(task.age for task in tasks)
    since = f"the longest for {age}" if age.known else "nobody knows how long"
    name = device.name if device else "a device that cannot be told"
    verb = "hangs" if len(tasks) == 1 else "hang"
    also = f"; {counted(len(behind), 'task')} behind it" if behind else ""
    return Told(
        subject=Subject(sort="device", name=device.name) if device else Subject(sort="wait", name="umount"),
        summary=f"{counted(len(tasks), 'umount')} ({comms(tasks)}) of {name} {verb}, {since}{also}.",
        evidence=Evidence(
            tasks=shown([*tasks, *behind], {task.key: "waits for the umount" for task in behind}),
            task_count=len(tasks) + len(behind),
            facts=facts(
                ("waits", ", ".join(sorted({task.wait.name for task in tasks}))),
                ("requests in flight", device.in_flight if device and device.block else None),
                *rbd_facts(device.rbd if device else None),
                ("still mounted on", ", ".join(scene.devices.mounts_on(device)) if device else None),
                ("possible devices", ", ".join(one.name for one in candidates) if device is None else None),
                *report_facts(scene, tasks),
                ("time blocked", None if age.known else UNKNOWN_AGE),
            ),
        ),
        cause=_cause(device, tasks[0]),
        restores=RESTORES,
        container=one_place(tasks),
    )


def _cause(device: Device | None, task: Task) -> Cause:
    because = f"the umount waits in {task.wait.symbol or 'an unknown place'} after it left the mount table"
    if device is None:
        missing = "which device: none is alone in having a filesystem that is mounted nowhere"
        return Cause(name="the device below", established=False, because=because, missing=missing)
    image = f" (rbd image {device.rbd.pool or '?'}/{device.rbd.image or '?'})" if device.rbd else ""
    missing = "why the device does not answer: see its own finding, or the layer below it"
    return Cause(name=f"device {device.name}{image}", established=False, because=because, missing=missing)


_STACK = "stack=folio_wait_bit<filemap_fdatawait_range<generic_shutdown_super<deactivate_super<cleanup_mnt"
MATCHES = (
    Sample(
        "the journal thread of a filesystem that is mounted nowhere names the device",
        f"""
        90  2 D [jbd2/loop3-8] jbd2_journal_commit_transaction age=80
        91  2 S [jbd2/sda1-8] kjournald2
        500 1 D umount folio_wait_bit age=70 {_STACK}
        501 1 D mount super_lock age=40 looked
        mount 8:1 / ext4 /dev/sda1
        block sda 8:0 flight=0,1
        """,
    ),
    Sample(
        "kernel threads are hidden: the device with requests in flight and no mount",
        f"""
        500 1 D umount folio_wait_bit age=70 {_STACK}
        block loop3 7:3 flight=0,2 backing=/srv/disk.img
        block vda 254:0 flight=0,1
        mount 254:0 / ext4 /dev/vda
        """,
    ),
    Sample(
        "no stack, no device: the name of the program is all there is", "500 1 D umount folio_wait_bit age=70 looked"
    ),
    Sample("a container's last mount goes with its namespace", f"500 1 D runc folio_wait_bit age=70 {_STACK}"),
)
SPARES = (
    Sample("an umount that writes its cache out", f"500 1 D umount folio_wait_bit age=3 {_STACK}"),
    Sample("of a FUSE filesystem: the daemon is the trouble", f"500 1 D umount request_wait_answer age=70 {_STACK}"),
    Sample("a reader of the device", "500 1 D dd submit_bio_wait age=70 fd=/dev/sdb"),
    Sample("a mount alone behind a lock", "500 1 D mount super_lock age=70 looked"),
)
UMOUNT_HANG = Rule("umount-hang", conclude, MATCHES, SPARES)
