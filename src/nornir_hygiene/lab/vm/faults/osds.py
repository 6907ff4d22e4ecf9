"""What the faults with a sick OSD share: which of the two it is, a volume that lives on one, the way back."""

import random

from nornir_hygiene.lab import ceph
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults.inside import PATIENCE_S, clear_away

ADMIN = "ceph-1"


def sick_osd(site: Site) -> int:
    """The same for a fault and for its twin."""
    return random.Random(f"{site.seed}:osd:{site.draft.fault}").choice(sorted(ceph.OSD_HOSTS))


def well_osd(site: Site) -> int:
    """The other one."""
    return next(number for number in ceph.OSD_HOSTS if number != sick_osd(site))


def volume(site: Site, osd: int, *, only_on: int | None, use: str) -> tuple[str, str]:
    """Draw and make a volume; `pool/image` and the unit that is to use it."""
    drawn = ceph.drawn_volume(site.seed, f"{site.rng.random()}:{site.draft.twin}")
    unit = f"{use}-{site.rng.getrandbits(16):04x}.service"
    told = {"pool": drawn.pool, "image": drawn.image, "osd": osd, "osd_host": ceph.OSD_HOSTS[osd], "unit": unit}
    site.promise(Undo(units=(unit,)), **told)
    ceph.create_volume(site.host_named(ADMIN), drawn, only_on=only_on)
    return f"{drawn.pool}/{drawn.image}", unit


def signal(site: Site, osd: int, name: str) -> None:
    """STOP it, or CONT it."""
    host = site.host_named(ceph.OSD_HOSTS[osd])
    host.run(["systemctl", "kill", f"--signal={name}", f"ceph-osd@{osd}"])


def heal(site: Site, planted: Planted) -> None:
    """Continue the OSD, let what hung end by itself, take the volume away."""
    told, admin = planted.facts, site.host_named(ADMIN)
    if not planted.twin and told.osd is not None:
        signal(site, told.osd, "CONT")
        wait_for("the hung task to end", lambda: _ended(site, told.unit), timeout_s=PATIENCE_S, every_s=0.5)
        ceph.serve_from_all(admin)
    clear_away(site, planted)
    if told.pool:
        ceph.delete_pool(admin, told.pool, only_on=told.osd if planted.twin else None)


def _ended(site: Site, unit: str | None) -> bool:
    """Never killed: it would only be killed after it came back, in the middle of a repair."""
    return unit is None or site.host.run(["systemctl", "is-active", "--quiet", unit], check=False).returncode != 0
