"""A higher limit of process ids."""

from typing import Annotated

from pydantic import Field

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action, Text


class LimitArguments(Frozen):
    """The cgroup, the limit that was seen there, and how many times as much it becomes."""

    path: Text
    limit: Annotated[int, Field(ge=1)]
    times: Annotated[int, Field(ge=2, le=8)] = 2


RAISE_PIDS_LIMIT = Action(
    name="raise-pids-limit",
    risk=Risk.SAFE,
    about="Raises pids.max of the cgroup whose limit binds, through systemd where it owns it. Refused for cgroups of "
    "the kubelet and of container runtimes, and if the limit is not the one that was seen.",
    arguments=LimitArguments,
    parts=("limit",),
    words=lambda told: (told.path, str(told.limit), str(told.limit * told.times)),
    says=lambda told: f"raise the limit of {told.path} from {told.limit} to {told.limit * told.times}",
)
