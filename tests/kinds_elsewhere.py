"""Kinds that no fault of the lab can show, and why; what was recorded instead, and where everybody can read it."""

from nornir_hygiene.models.frozen import Frozen


class Elsewhere(Frozen):
    """`recorded`: a file below tests/, `source`: its public source; both empty where there are made-up samples only."""

    why: str
    recorded: str = ""
    source: str = ""


ELSEWHERE = {
    "volume-attach-hang": Elsewhere(
        why="not planted yet: virtual hosts have the rbd module, but `rbd map` there waits outside of the kernel first"
    ),
    "opaque-guest": Elsewhere(why="not planted yet: a virtual machine on a host that is audited itself"),
}
