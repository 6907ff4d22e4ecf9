"""What the monitors of a Ceph cluster say: `ceph … -f json-pretty`, and the sums of `pg dump pgs_brief`.

```
{"fsid": "ac82…", "health": {"status": "HEALTH_WARN", "checks": {…}}, "quorum_names": ["a"], "pgmap": {…}}
state 2 active+clean 8
osd 2 1 5
```
"""

from typing import Any, NamedTuple

from nornir_hygiene.models.cluster import HealthCheck, OsdEntry, PoolEntry
from nornir_hygiene.parse.fields import unsigned
from nornir_hygiene.parse.untrusted import at, json_of, members, text, whole

# More lines of detail than this say nothing new: a check may name each of ten thousand placement groups.
_DETAILS = 20


class Status(NamedTuple):
    """`ceph status`."""

    fsid: str
    quorum: tuple[str, ...]
    pg_states: tuple[tuple[str, int], ...]
    checks: tuple[HealthCheck, ...]


class OsdMap(NamedTuple):
    """`ceph osd dump`: flags of the whole cluster, OSDs, pools, and the clients that are shut out."""

    flags: tuple[str, ...]
    osds: tuple[OsdEntry, ...]
    pools: tuple[PoolEntry, ...]
    blocklist: tuple[str, ...]


def parse_ceph_status(lines: list[str]) -> Status | None:
    """None unless it is the status of a cluster: an error message is none."""
    told = json_of(lines)
    fsid = text(at(told, "fsid"))
    if not fsid:
        return None
    states = ((text(at(row, "state_name")), whole(at(row, "count"))) for row in members(told, "pgmap", "pgs_by_state"))
    return Status(
        fsid=fsid,
        quorum=tuple(name for each in members(told, "quorum_names") if (name := text(each))),
        pg_states=tuple(sorted((name, count) for name, count in states if name and count)),
        checks=_checks(at(told, "health", "checks")),
    )


def parse_ceph_health(lines: list[str]) -> tuple[HealthCheck, ...]:
    """`ceph health detail`: the checks of `status` with their details."""
    return _checks(at(json_of(lines), "checks"))


def _checks(found: Any) -> tuple[HealthCheck, ...]:
    if not isinstance(found, dict):
        return ()
    return tuple(_check(text(code), check) for code, check in sorted(found.items()))


def _check(code: str, check: Any) -> HealthCheck:
    lines = (text(at(line, "message")) for line in members(check, "detail"))
    details = tuple(line for line in lines if line)[:_DETAILS]
    return HealthCheck(code=code, message=text(at(check, "summary", "message")), details=details)


def parse_osd_dump(lines: list[str]) -> OsdMap:
    """Empty for anything that is not the output of `ceph osd dump`."""
    told = json_of(lines)
    # Called blacklist before Pacific.
    blocked = at(told, "blocklist") or at(told, "blacklist")
    return OsdMap(
        flags=_words(at(told, "flags")),
        osds=tuple(entry for row in members(told, "osds") if (entry := _osd(row))),
        pools=tuple(pool for row in members(told, "pools") if (pool := _pool(row))),
        blocklist=tuple(sorted(map(text, blocked)))[:1000] if isinstance(blocked, dict) else (),
    )


def _osd(row: Any) -> OsdEntry | None:
    osd = whole(at(row, "osd"))
    if osd is None:
        return None
    return OsdEntry(
        osd=osd,
        up=_flag(at(row, "up")),
        inside=_flag(at(row, "in")),
        address=text(at(row, "public_addr")) or None,
        states=tuple(name for each in members(row, "state") if (name := text(each))),
    )


def _pool(row: Any) -> PoolEntry | None:
    pool = whole(at(row, "pool"))
    if pool is None:
        return None
    return PoolEntry(pool=pool, name=text(at(row, "pool_name")) or None, flags=_words(at(row, "flags_names")))


def _words(value: Any) -> tuple[str, ...]:
    return tuple(word for word in text(value).split(",") if word)


def _flag(value: Any) -> bool | None:
    found = whole(value)
    return None if found is None else bool(found)


def parse_osd_tree(lines: list[str]) -> dict[int, str]:
    """OSD -> the name of the host bucket it lies in; below a host there may be more buckets."""
    told = json_of(lines)
    nodes = {node: row for row in members(told, "nodes") if isinstance(node := at(row, "id"), int)}
    found: dict[int, str] = {}
    for row in nodes.values():
        if at(row, "type") == "host":
            found.update(dict.fromkeys(_osds_below(row, nodes), text(at(row, "name"))))
    return found


def _osds_below(row: Any, nodes: dict[int, Any]) -> list[int]:
    """Walks down without recursion; a tree that bites its tail ends, because each node is visited once."""
    below, seen = list(members(row, "children")), set[int]()
    osds: list[int] = []
    while below:
        node = below.pop()
        if not isinstance(node, int) or node in seen:
            continue
        seen.add(node)
        if node >= 0:
            osds.append(node)
        below += members(nodes.get(node), "children")
    return osds


def parse_blocked_by(lines: list[str]) -> tuple[int, ...]:
    """`ceph osd blocked-by`: the OSDs that keep placement groups from peering."""
    told = json_of(lines)
    # Pacific wraps the list once more, under "osd_blocked_by".
    rows = [*members(told, "osd_blocked_by", "osd_blocked_by_infos"), *members(told, "osd_blocked_by_infos")]
    return tuple(sorted({osd for row in rows if (osd := whole(at(row, "id"))) is not None}))


def parse_pg_sums(lines: list[str]) -> dict[int, PoolEntry]:
    """pool -> the OSDs that serve it and the states of its placement groups."""
    osds: dict[int, set[int]] = {}
    states: dict[int, dict[str, int]] = {}
    for line in lines:
        sort, *rest = line.split(" ")
        if len(rest) != 3:
            continue
        pool, count = unsigned(rest[0]), unsigned(rest[2])
        osd = whole(unsigned(rest[1]))
        if pool is None or count is None:
            continue
        if sort == "osd" and osd is not None:  # 2147483647 is CRUSH's word for nobody
            osds.setdefault(pool, set()).add(osd)
        elif sort == "state":
            states.setdefault(pool, {})[text(rest[1])] = count
    return {
        pool: PoolEntry(
            pool=pool,
            osds=tuple(sorted(osds.get(pool, ()))),
            pg_states=tuple(sorted(states.get(pool, {}).items())),
        )
        for pool in sorted(osds.keys() | states.keys())
    }
