"""The requests a kernel client of Ceph has in flight: /sys/kernel/debug/ceph/FSID.clientN/osdc.

```
REQUESTS 2 homeless 0
144	osd1	1.f406c0d8	1.0	[1,0]/1	[1,0]/1	e14	rbd_data.1012dd39889.000000000000000f	0x400014	1	read
LINGER REQUESTS
18446462598732840961	osd1	1.93f886f6	1.6	[1,0]/1	[1,0]/1	e14	rbd_header.1012dd39889	0x20	0	WC/0
BACKOFFS
```

Kernels before 4.11 or so print fewer columns, so nothing is counted from the left (net/ceph/debugfs.c, dump_target).
"""

import re
from typing import NamedTuple

from nornir_hygiene.parse.fields import unsigned

_HEAD = re.compile(r"REQUESTS (\d{1,9}) homeless (\d{1,9})")
_OSD = re.compile(r"osd(-1|\d{1,9})")
_PG = re.compile(r"(\d{1,10})\.[0-9a-f]{1,8}(?:s\d+)?")
# dump_target prints the flags in hexadecimal, then a tab and P when the request is paused (pause flags, full).
_PAUSED = re.compile(r"\t0x[0-9a-f]+\tP(?:\t|$)")
# The object stands before the flags. rbd_id.NAME holds the number of the image, rbd_header.NUMBER all else.
_NAME = re.compile(r"\t([^\t]+)\t0x[0-9a-f]+(?:\t|$)")
_IMAGE_ID = "rbd_id."
_HEADERS = (_IMAGE_ID, "rbd_header.")
# For these nobody waits; for `watch-watch` a map does, for `watch-unwatch` an unmap. Old kernels tell none apart.
_KEEPS_A_WATCH = ("watch", "watch-ping", "watch-reconnect")


class Request(NamedTuple):
    """One request; `osd` is None for a homeless one: no OSD serves its placement group. `name`: of the object."""

    tid: int
    osd: int | None
    pool: int | None
    paused: bool
    watch: bool
    name: str = ""

    @property
    def of_header(self) -> bool:
        """For what describes an image and not for its data: what `rbd map` asks for before there is a device."""
        return self.name.startswith(_HEADERS) and not self.watch

    @property
    def image(self) -> str:
        """The image's name; only of the first thing a map asks for, later it goes by the image's number."""
        return self.name.removeprefix(_IMAGE_ID) if self.name.startswith(_IMAGE_ID) else ""


class Requests(NamedTuple):
    """One client's list. `backoffs`: ranges an OSD asked it to hold back, because the group is not ready."""

    requests: tuple[Request, ...]
    homeless: int
    backoffs: int

    @property
    def targets(self) -> tuple[int, ...]:
        """The OSDs that owe an answer to what somebody waits for; a watch ping alone harms nobody."""
        return tuple(sorted({one.osd for one in self.requests if one.osd is not None and not one.watch}))


def parse_osdc(lines: list[str]) -> Requests:
    """Any lines; those of another shape are passed over."""
    part, requests, homeless, backoffs = "", list[Request](), 0, 0
    for line in lines:
        head = _HEAD.fullmatch(line.strip())
        if head:
            part, homeless = "REQUESTS", homeless + int(head[2])
        elif line.strip() in ("LINGER REQUESTS", "BACKOFFS"):
            part = line.strip()
        elif part == "BACKOFFS" and line.startswith("osd"):
            backoffs += 1
        elif part in ("", "REQUESTS") and (request := _request(line)):
            requests.append(request)
    gone = sum(1 for one in requests if one.osd is None)
    return Requests(tuple(requests), max(homeless, gone), backoffs)


def _request(line: str) -> Request | None:
    words = line.split("\t")
    tid = unsigned(words[0])
    target = _OSD.fullmatch(words[1]) if len(words) > 4 else None
    if tid is None or target is None:
        return None
    pg, name = _PG.fullmatch(words[2]), _NAME.search(line)
    return Request(
        tid=tid,
        osd=None if target[1] == "-1" else int(target[1]),
        pool=int(pg[1]) if pg else None,
        paused=bool(_PAUSED.search(line)),
        watch=words[-1] in _KEEPS_A_WATCH,
        name=name[1] if name else "",
    )
