"""One OSD: its daemon on its own host, and the cluster's word on it on a host that reaches the monitors.

From packages or by cephadm it is a service of its host; Rook runs it in a pod. The cluster is asked by `ceph`, by
`cephadm shell` where there is no `ceph`, or by kubectl in Rook's toolbox. Packages are rehearsed on a real cluster;
cephadm and Rook are tested on their exact calls against recorded answers, not on clusters of theirs.
"""

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
    about="Restarts the systemd service of an OSD on its own host, `ceph-osd@N` or cephadm's; after ten seconds of "
    "goodbye (a container's: thirty) it is killed. A start that fails is tried three times. Refused while its daemon "
    "is in D: it would not end, and keep its disk.",
    arguments=OsdArguments,
    parts=("unit", "osd"),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"restart the service of osd.{told.osd}",
)
RESTART_OSD_BY_CEPHADM = Action(
    name="restart-osd-by-cephadm",
    risk=Risk.DISRUPTIVE,
    about="Tells the cluster's manager to restart an OSD (`ceph orch daemon restart`), where no service of it can be "
    "found on its host. It does so later: await-osd sees whether it has. Not tried on a real cephadm.",
    arguments=OsdArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"tell cephadm to restart osd.{told.osd}",
    asks_cluster=True,
)
CHECK_OSD_DAEMON = Action(
    name="check-osd-daemon",
    risk=Risk.SAFE,
    about="Looks at the daemon of an OSD on its own host; refuses the rung while it is in D. It would outlive its pod, "
    "and keep its disk.",
    arguments=OsdArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"look whether the daemon of osd.{told.osd} is in D; go no further if so",
    at="target",
)
RESTART_OSD_POD = Action(
    name="restart-osd-pod",
    risk=Risk.DISRUPTIVE,
    about="Evicts the pod of an OSD that Rook runs, so that its Deployment makes another one: with its own grace "
    "period, and never against a PodDisruptionBudget. Not tried on a real Rook.",
    arguments=OsdArguments,
    parts=("kubernetes", "rook"),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"evict the pod of osd.{told.osd}, so that Rook's Deployment makes another one",
    at="kubernetes",
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
    asks_cluster=True,
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
    asks_cluster=True,
)
RELEASE_OSD = Action(
    name="release-osd",
    risk=Risk.SAFE,
    about="Takes back the noout that hold-osd has set, and its timer; never one that somebody else has set.",
    arguments=HoldArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd), str(told.seconds)),
    says=lambda told: f"take back noout of osd.{told.osd}",
    asks_cluster=True,
)
AWAIT_OSD = Action(
    name="await-osd",
    risk=Risk.SAFE,
    about="Waits until the OSD is up (since a newer epoch than the one check-osd saw in the same rung) and in, and all "
    "placement groups are active and clean.",
    arguments=OsdArguments,
    parts=("osd",),
    words=lambda told: (str(told.osd),),
    says=lambda told: f"wait until osd.{told.osd} is up and in and all placement groups are active and clean",
    asks_cluster=True,
)
