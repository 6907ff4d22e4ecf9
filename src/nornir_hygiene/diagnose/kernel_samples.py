"""Lines of samples for what the kernel has said: of blocked tasks, of locks, of requests to Ceph."""

from nornir_hygiene.models.host import CephClient
from nornir_hygiene.models.process import HungReport, LockOwner


def lock_line(words: list[str]) -> LockOwner:
    """`lock 501 mkdir 500 mkdir rw-semaphore 86390`: who waits for whom, and when the kernel said so."""
    waiter, waiter_comm, owner, owner_comm, lock, at_s = words
    return LockOwner(
        waiter=int(waiter),
        waiter_comm=waiter_comm,
        owner=int(owner),
        owner_comm=owner_comm,
        lock=lock,
        at_s=float(at_s),
    )


def hung_line(words: list[str]) -> HungReport:
    """`hung 501 dd 120 86390`: which task, blocked for how many seconds, and when the kernel said so."""
    return HungReport(tid=int(words[0]), comm=words[1], blocked_s=int(words[2]), at_s=float(words[3]))


def asks_line(words: list[str]) -> CephClient:
    """`asks FSID.client7 osd3 5 rbd_id.vol1 call-rbd/get_id`: one request of a client, to an OSD, in a pool."""
    client, osd, pool, name, what = words
    row = f"12\t{osd}\t{pool}.e2554223\t{pool}.3\t[3,1]/3\t[3,1]/3\te9\t{name}\t0x400014\t1\t{what}"
    return CephClient(name=client, osdc=("REQUESTS 1 homeless 0", row, "LINGER REQUESTS", "BACKOFFS"))
