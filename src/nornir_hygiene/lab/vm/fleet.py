"""The virtual hosts of a lab: started first, for they boot longest, and awaited last."""

from concurrent.futures import ThreadPoolExecutor

from nornir_hygiene.lab import state
from nornir_hygiene.lab.command import say
from nornir_hygiene.lab.model import LabState, VmRecord
from nornir_hygiene.lab.vm import accelerator, boot, image
from nornir_hygiene.lab.vm.host import VmHost

CEPH_CONF = "/etc/ceph/ceph.conf"
# The lab's Ceph speaks the second protocol only; the kernel's client has to be told.
_MAP_OPTIONS = "rbd_default_map_options = ms_mode=crc\n"


def start(made: LabState) -> LabState:
    """Start the recorded virtual hosts, without waiting for their boot; the record with their processes."""
    if not made.vms:
        return made
    disks = image.ensure()
    options = accelerator.choose(disks / image.KERNEL)
    say(f"starting {' '.join(vm.spec.name for vm in made.vms)} ({options[1].partition(',')[0]})")
    started = tuple(VmRecord(spec=vm.spec, qemu=boot.boot(disks, vm.spec, options)) for vm in made.vms)
    return state.save(made.model_copy(update={"vms": started}))


def await_ready(made: LabState, ceph_conf: str | None) -> None:
    """Return when all of them answer and know the cluster, if there is one."""
    if made.vms:
        say("waiting for the virtual hosts")
        with ThreadPoolExecutor(len(made.vms)) as pool:
            for done in [pool.submit(_await_one, record, ceph_conf) for record in made.vms]:
                done.result()


def _await_one(record: VmRecord, ceph_conf: str | None) -> None:
    host = VmHost.of_vm(record)
    boot.wait_ready(record.spec, host.leader)
    host.connect()
    if ceph_conf is not None:
        host.write(CEPH_CONF, ceph_conf.replace("[osd]\n", _MAP_OPTIONS + "[osd]\n", 1))
