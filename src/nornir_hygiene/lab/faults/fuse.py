"""Waiting for a FUSE server that is silent: readers in S and D, and a process stuck in execve whose /proc hangs.

Healthy: the same file system with a server that answers.
"""

from pathlib import Path

from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.fault import clear_away
from nornir_hygiene.lab.faults.site import Site, Started
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.processes import status

SERVER_LASTS_S = 28  # the innermost guard: the server's own alarm


def plant_reader(site: Site) -> Planted:
    """Readers that wait for their reads in S. One of them gets a signal: from then on it is in D."""
    server, folder = serve(site, mute=["read"], lasts_s=0)
    made, go = _client(site, "reader", folder, count=site.rng.randint(2, 4))
    site.host.write(go, "")
    waiting = [site.host.outer_pid(pid) for pid in (made.report["pid"], *made.report["pids"])]
    wait_for("the readers to wait", lambda: all(map(waits_for_server, waiting)), timeout_s=10)
    site.host.run(["kill", "-USR1", str(made.report["pid"])])
    wait_for("the signalled one to be in D", lambda: _state(waiting[0]) == "D", timeout_s=10)
    told, guilty = made.report, server.report["pid"]
    return site.planted(
        comm=made.comm, pid=told["pid"], pids=tuple(told["pids"]), server_pid=guilty, cause=(f"pid {guilty}", folder)
    )


def plant_exec(site: Site) -> Planted:
    """A process inside execve: reading its /proc/PID/stat hangs."""
    server, folder = serve(site, mute=["flush"], lasts_s=SERVER_LASTS_S)
    made, go = _client(site, "exec_hang", folder)
    outer = site.host.outer_pid(made.report["pid"])
    guard = site.host.outer_pid(server.report["pid"])
    site.guard(kill=(guard,))
    site.host.write(go, "")
    wait_for("the exec to hang", lambda: _in_exec(outer), timeout_s=8)
    told = made.report
    return site.planted(comm=made.comm, pid=told["pid"], parent_pid=told["parent_pid"], server_pid=server.report["pid"])


def heal(site: Site, planted: Planted) -> None:
    """End the server first: every waiter gets its answer from the kernel. Only then may /proc be read again."""
    servers = [unit for unit in planted.undo.units if unit.startswith("objectfs-")]
    for unit in servers:
        site.host.stop_unit(unit)
    clear_away(site, planted)


def twin_reader(site: Site) -> Planted:
    """A reader whose server answers."""
    _, folder = serve(site, mute=[], lasts_s=0)
    made, go = _client(site, "reader", folder)
    site.host.write(go, "")
    return site.planted(comm=made.comm, pid=made.report["pid"])


def twin_exec(site: Site) -> Planted:
    """A program that executes itself again and again."""
    unit = f"restart-loop-{site.rng.getrandbits(16):04x}.service"
    site.promise(Undo(units=(unit,)), unit=unit)
    site.host.start_unit(
        unit, ["/bin/sh", "-c", 'sleep 0.2; exec /bin/sh -c "$0" "$0"', 'sleep 0.2; exec /bin/sh -c "$0" "$0"']
    )
    return site.planted()


def serve(site: Site, *, mute: list[str], lasts_s: int) -> tuple[Started, str]:
    """Mount a file system whose server never answers the requests in `mute`; the server and the mount point."""
    folder = f"/srv/{site.comm()}"
    site.promise(Undo(mounts=(folder,), paths=(folder,)), mountpoint=folder)
    site.host.run(["mkdir", "-p", folder])
    wanted = {"mountpoint": folder, "mute": mute, "lasts_s": lasts_s}
    return site.start("fuse_server", wanted, name="objectfs"), folder


def waits_for_server(outer: int) -> bool:
    """True once the machine's process `outer` waits for an answer, whatever its state."""
    return Path(f"/proc/{outer}/wchan").read_text() == "request_wait_answer"


def _client(site: Site, program: str, folder: str, **more: int) -> tuple[Started, str]:
    go = f"/run/{site.comm()}.go"
    site.promise(Undo(paths=(go,)))
    return site.start(program, {"file": f"{folder}/data", "go": go, **more}), go


def _state(outer: int) -> str:
    return status(outer).get("State", "?")[0]


def _in_exec(outer: int) -> bool:
    # wchan and stat would hang now; that the command line is empty is the sign that cannot.
    return Path(f"/proc/{outer}/cmdline").read_bytes() == b"" and bool(status(outer))
