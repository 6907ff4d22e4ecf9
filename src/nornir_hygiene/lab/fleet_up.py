"""Bringing the whole lab up; every thing is recorded, or has a fixed name, before it is made."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nornir_hygiene.lab import boot, entries, image, inventory, keys, needs, network, state
from nornir_hygiene.lab.command import say
from nornir_hygiene.lab.furnish import furnish
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import HostRecord, HostSpec, LabState, VmRecord
from nornir_hygiene.lab.places import DATA_DIR, STATE_DIR
from nornir_hygiene.lab.roster import ALL_HOSTS, CLEAN
from nornir_hygiene.lab.vm import fleet as vm_fleet
from nornir_hygiene.lab.vm import image as vm_image
from nornir_hygiene.lab.vm import roster as vm_roster

MUTE_UNIT = "mute-listener"


def start_hosts(seed: int, *, bare: bool, vms: int = 0) -> LabState:
    """Image, network, keys, six booted hosts and the inventory; the virtual ones still boot. Ceph comes after."""
    needs.require(vms=vms > 0)
    root = image.ensure()
    if vms:
        vm_image.ensure()
    _make_folders()
    virtual = vm_roster.specs(vms)
    made = state.save(LabState(seed=seed, bare=bare, vms=tuple(VmRecord(spec=spec) for spec in virtual)))
    keys.make_identities()
    keys.make_host_keys((*ALL_HOSTS, *virtual))
    entries.make_keys()
    network.bridge_up()
    made = vm_fleet.start(made)
    made = state.save(made.model_copy(update={"hosts": tuple(_prepare(root, spec) for spec in ALL_HOSTS)}))
    say(f"starting {len(ALL_HOSTS)} hosts")
    with ThreadPoolExecutor(len(ALL_HOSTS)) as pool:
        started = tuple(pool.map(_start, made.hosts))
    made = state.save(made.model_copy(update={"hosts": started, "entries": entries.draw(seed)}))
    _mute_listener(made)
    inventory.write(made.entries, vms=virtual)
    return made


def _make_folders() -> None:
    STATE_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)
    DATA_DIR.mkdir(mode=0o755, parents=True, exist_ok=True)


def _prepare(image_root: Path, spec: HostSpec) -> HostRecord:
    lock = boot.mount_root(image_root, spec)
    furnish(boot.root_of(spec), spec, entries.forced_commands() if spec == entries.TIGHT_HOST else {})
    return HostRecord(spec=spec, lock_name=lock)


def _start(record: HostRecord) -> HostRecord:
    leader = boot.boot(record.spec)
    boot.wait_ready(record.spec)
    return record.model_copy(update={"leader": leader})


def _mute_listener(made: LabState) -> None:
    record = next(host for host in made.hosts if host.spec == CLEAN)
    host = LabHost.of(record)
    port = next(entry.port for entry in made.entries if entry.expected_reason == "silent-listener")
    host.start_program(MUTE_UNIT, "mute-listener", "silent", {"port": port})
    host.report(MUTE_UNIT)
