"""What a person needs afterwards, before it is gone."""

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action


class NoArguments(Frozen):
    """Nothing to choose."""


COLLECT_EVIDENCE = Action(
    name="collect-evidence",
    risk=Risk.SAFE,
    about="Reads process table, kernel log, mounts, pressure and failed units; the texts are kept with the run.",
    arguments=NoArguments,
    parts=("evidence",),
    words=lambda _told: (),
    says=lambda _told: "collect process table, kernel log, mounts, pressure and failed units",
)
