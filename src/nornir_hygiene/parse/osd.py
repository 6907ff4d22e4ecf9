"""What the OSDs of one host do: operations in hand from the admin socket, and which process is which OSD.

```
{"ops": [{"description": "osd_op(client.4254.0:1 2.7 2:ced2b259:::rbd_data.1:head [writefull 0~2] … e37)",
  "age": 19.8, "type_data": {"flag_point": "waiting for sub ops", "events": [{"event": "waiting for subops from 1"}]}}]}
```
"""

import re
from typing import Any

from nornir_hygiene.models.cluster import OsdOp
from nornir_hygiene.models.process import CgroupPath
from nornir_hygiene.parse.fields import unsigned
from nornir_hygiene.parse.untrusted import at, members, members_of, number, text

# Written `from 1,2` since Luminous, `from [1,2]` before.
_SUBOPS = re.compile(r"waiting for subops from \[?([0-9(),\s]+)\]?")
_RETURNED = re.compile(r"sub_op_(?:commit|applied)_rec from (?:osd\.)?(\d{1,9})")
# `osd_op(client.4254.0:1 2.7 …`, `osd_repop(client.4492.0:1 2.7 e37/36)`: the group follows the request's name.
_GROUP = re.compile(r"^[a-zA-Z_]+\(\S+ (\d{1,9})\.[0-9a-f]{1,8}(?:s\d+)?[ )]")
_UNIT = re.compile(r"/(ceph-(?:osd@|[0-9a-f-]{36}@osd\.)(\d{1,9})\.service)(?:/|$)")


def parse_ops(lines: list[str]) -> tuple[tuple[OsdOp, ...], bool]:
    """Operations in hand, the oldest first, and whether the list was whole."""
    rows, whole_list = members_of(lines, "ops")
    ops = (op for row in rows if (op := _op(row)))
    return tuple(sorted(ops, key=lambda one: (-one.age_s, one.description))), whole_list


def _op(row: Any) -> OsdOp | None:
    description, age = text(at(row, "description")), number(at(row, "age"))
    if not description or age is None:
        return None
    events = [text(at(event, "event")) for event in members(row, "type_data", "events")]
    group = _GROUP.match(description)
    return OsdOp(
        description=description,
        age_s=round(max(0.0, age), 1),
        flag_point=text(at(row, "type_data", "flag_point")),
        event=events[-1] if events else "",
        waits_for=_waits_for(events),
        pool=int(group[1]) if group else None,
    )


def _waits_for(events: list[str]) -> tuple[int, ...]:
    """Those that were asked, without those that have answered."""
    asked, returned = set[int](), set[int]()
    for event in events:
        waiting, back = _SUBOPS.fullmatch(event), _RETURNED.match(event)
        if waiting:
            # An erasure-coded pool names shards: `0(2)` is shard 2 on osd.0.
            words = re.sub(r"\(\d*\)", "", waiting[1]).split(",")
            asked |= {osd for word in words if (osd := unsigned(word)) is not None and osd < 10**9}
        elif back:
            returned.add(int(back[1]))
    return tuple(sorted(asked - returned))


def osd_of_command(words: tuple[str, ...]) -> int | None:
    """The number after -i or --id: `ceph-osd -f --cluster ceph --id 3 …`, `ceph-osd -n osd.3`."""
    for flag, value in zip(words, (*words[1:], ""), strict=True):
        if flag in ("-i", "--id"):
            return _id(value)
        if flag in ("-n", "--name"):
            return _id(value.removeprefix("osd."))
        if flag.startswith("--id="):
            return _id(flag.removeprefix("--id="))
    return None


def _id(word: str) -> int | None:
    found = unsigned(word)
    return found if found is not None and found < 10**9 else None


def osd_unit(cgroups: tuple[CgroupPath, ...]) -> tuple[int | None, str]:
    """The number and name of the systemd unit an OSD runs in (package or cephadm), or (None, "")."""
    for path in cgroups:
        match = _UNIT.search(path.path)
        if match:
            return int(match[2]), match[1]
    return None, ""
