"""A host that answers on its SSH port but cannot log anybody in: sshd's pids cgroup is full.

Healthy: an sshd whose cgroup has as many sleepers and room enough.
"""

from pathlib import Path

from nornir_hygiene.errors import LabUnavailable
from nornir_hygiene.lab import cgroups
from nornir_hygiene.lab.faults.fault import clear_away
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Planted, Undo

_ROOM = 400


def plant(site: Site) -> Planted:
    """No free pid, or one: with one the connection lasts until sshd separates its privileges."""
    return _crowd(site, room=site.rng.choice((0, 1)))


def twin(site: Site) -> Planted:
    """Many processes, and room."""
    return _crowd(site, room=_ROOM)


def heal(site: Site, planted: Planted) -> None:
    """Bring sshd back to where it was, then take away."""
    home = site.host.cgroup("pids")
    for cgroup in planted.undo.cgroups:
        for pid in cgroups.pids_of(Path(cgroup)):
            cgroups.enter(home, pid)
    clear_away(site, planted)


def _crowd(site: Site, room: int) -> Planted:
    folder = site.host.cgroup("pids") / "system.slice" / "ssh.service"
    if folder.exists():  # v2: systemd's own, with everything else of the host beside it
        raise LabUnavailable("this fault needs a v1 pids hierarchy, which this machine does not have")
    site.promise(Undo(cgroups=(str(folder.parent),)))
    made = site.start("sleepers", {"count": site.rng.randint(20, 60)})
    cgroups.make_below(folder)
    for pid in (_sshd(site.host), made.report["pid"], *made.report["pids"]):
        cgroups.enter(folder, site.host.outer_pid(pid))
    limit = int((folder / "pids.current").read_text()) + room
    (folder / "pids.max").write_text(str(limit))
    return site.planted(
        comm=made.comm, count=len(made.report["pids"]), cgroup_path="/system.slice/ssh.service", cgroup_limit=limit
    )


def _sshd(host: LabHost) -> int:
    shown = host.run(["systemctl", "show", "--property=MainPID", "--value", "ssh.service"])
    return int(shown.stdout)
