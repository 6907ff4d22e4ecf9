"""The last resort of a host on which tasks hang for ever: its rbd clients are fenced, then it boots, and is awaited."""

from typing import Annotated

from pydantic import Field, StringConstraints

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action, Patience

_BootId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{0,63}$")]
_CLIENT = r"([0-9a-f-]{36}/[0-9a-f.:\[\]]+/[0-9]+|image:[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*)"
_Clients = Annotated[str, StringConstraints(pattern=rf"^{_CLIENT}(,{_CLIENT})*$", max_length=4096)]


class OfBoot(Frozen):
    """The boot that was seen: an order for it is void in any other."""

    boot: _BootId


class OfBootAndClients(OfBoot):
    """`clients`: those that will be fenced; `none` where no finding tells of any."""

    clients: _Clients | Annotated[str, StringConstraints(pattern=r"^none$")]


class FenceArguments(Frozen):
    """FSID/ADDRESS of a kernel's client, image:POOL/NAME of one in user space; `seconds` until the entry runs out."""

    clients: _Clients
    seconds: Annotated[int, Field(ge=3600, le=30 * 86400)] = 86400


def together(first: ActionResult, last: ActionResult) -> ActionResult:
    """What the order and the last look say: a service that does not come back with its host is not passed over."""
    facts = {**first.facts, **last.facts}
    if last.outcome != "changed" or "failed-before" not in facts:
        return last.model_copy(update={"facts": facts})
    worse = set(facts.get("failed-after", "").split()) - {*facts["failed-before"].split(), "none"}
    if not worse:
        return last.model_copy(update={"facts": facts})
    what = f"{last.detail}; failed now, and not before: {', '.join(sorted(worse))}"
    return ActionResult(outcome="failed", detail=what, facts=facts)


CHECK_REBOOT = Action(
    name="check-reboot",
    risk=Risk.SAFE,
    about="Looks on the host whether it may be booted; refuses the rung where a monitor, manager or OSD of Ceph, etcd "
    "or the control plane of Kubernetes runs, and where its kernel has an rbd client that would not be fenced.",
    arguments=OfBootAndClients,
    parts=("boot",),
    words=lambda told: (told.boot, told.clients),
    says=lambda _told: "look whether the host may be booted; go no further if not",
    at="target",
)
FENCE_CLIENTS = Action(
    name="fence-clients",
    risk=Risk.DESTRUCTIVE,
    about="Shuts the rbd clients of a host out of their cluster (`ceph osd blocklist add`), by address and nonce: a "
    "host that seems dead may still write to what is mounted elsewhere by then. Not taken back: after its boot the "
    "host is another client, and the entry runs out by itself.",
    arguments=FenceArguments,
    parts=("osd", "fence"),
    words=lambda told: (told.clients, str(told.seconds)),
    says=lambda told: f"shut out of the cluster for {told.seconds} s: {told.clients}",
    at="admin",
    asks_cluster=True,
    commits=True,
)
AWAIT_BOOT = Action(
    name="await-boot",
    risk=Risk.SAFE,
    about="One look whether the host is in another boot, and has started all that it starts.",
    arguments=OfBoot,
    parts=("boot",),
    words=lambda told: (told.boot,),
    says=lambda told: f"look whether the boot {told.boot} has ended",
)
REBOOT_HOST = Action(
    name="reboot-host",
    risk=Risk.DESTRUCTIVE,
    about="Boots the host without an orderly shutdown, which would wait for the same tasks: for ten seconds what can "
    "be written back is, then comes reboot(2). Waits until it is back in another boot; fails if a unit has failed then "
    "that had not before. Refused where members of a cluster run. An order for a boot that has ended does nothing.",
    arguments=OfBoot,
    parts=("boot",),
    words=lambda told: (told.boot,),
    says=lambda told: f"boot the host, if it still is in {told.boot}, and wait until it is back",
    at="target",
    patience=Patience(AWAIT_BOOT, together),
    commits=True,
)
