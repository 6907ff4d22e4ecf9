"""One OSD: its daemon on its own host, and the cluster's word on it on a host that reaches the monitors."""

from typing import Annotated

from pydantic import Field

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action


class OsdArguments(Frozen):
    """Its number in the cluster."""

    osd: Annotated[int, Field(ge=0, lt=2**31)]


class HoldArguments(OsdArguments):
    """`seconds`: after these the host itself takes it back, whatever has become of us."""

    seconds: Annotated[int, Field(ge=30, le=3600)]


CONTINUE_OSD = Action(
    name="continue-osd",
    risk=Risk.SAFE,
    about="Sends SIGCONT to the daemon of an OSD that is stopped (STAT T), on its own host.",
    arguments=OsdArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"continue the stopped daemon of osd.{told.osd}",
)
RESTART_OSD = Action(
    name="restart-osd",
    risk=Risk.DISRUPTIVE,
    about="Restarts the systemd service of an OSD on its own host; after ten seconds of goodbye it is killed. Refused "
    "while its daemon is in D: it would not end, and keep its disk.",
    arguments=OsdArguments,
    parts=("unit", "osd"),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"restart the service of osd.{told.osd}",
)
CHECK_OSD = Action(
    name="check-osd",
    risk=Risk.SAFE,
    about="Asks the cluster whether the OSD may be stopped (`ceph osd ok-to-stop`); refuses the rung if it may not, or "
    "if another OSD is down.",
    arguments=OsdArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"ask whether osd.{told.osd} may be stopped; go no further if not",
)
HOLD_OSD = Action(
    name="hold-osd",
    risk=Risk.SAFE,
    about="Sets noout for this one OSD, so that nothing is moved while it is away. A timer on that host is armed first "
    "that takes it back even if nobody else does.",
    arguments=HoldArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd), str(told.seconds)),
    says=lambda told: f"set noout for osd.{told.osd} for at most {told.seconds} s",
    undo="release-osd",
)
RELEASE_OSD = Action(
    name="release-osd",
    risk=Risk.SAFE,
    about="Takes back the noout that hold-osd has set, and its timer; never one that somebody else has set.",
    arguments=HoldArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd), str(told.seconds)),
    says=lambda told: f"take back noout of osd.{told.osd}",
)
AWAIT_OSD = Action(
    name="await-osd",
    risk=Risk.SAFE,
    about="Waits until the OSD is up and in and all placement groups are active and clean.",
    arguments=OsdArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"wait until osd.{told.osd} is up and in and all placement groups are active and clean",
)
