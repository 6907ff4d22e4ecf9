"""Everything that can change a host, one file each. Nothing else in this program does."""

from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.evidence import COLLECT_EVIDENCE
from nornir_hygiene.remediate.actions.kubernetes import (
    CHECK_POD,
    CORDON_NODE,
    DELETE_POD,
    DRAIN_NODE,
    RESTART_ROLLOUT,
    UNCORDON_NODE,
)
from nornir_hygiene.remediate.actions.limit import RAISE_PIDS_LIMIT
from nornir_hygiene.remediate.actions.osd import (
    AWAIT_OSD,
    CHECK_OSD,
    CONTINUE_OSD,
    HOLD_OSD,
    RELEASE_OSD,
    RESTART_OSD,
)
from nornir_hygiene.remediate.actions.signal import SIGNAL
from nornir_hygiene.remediate.actions.thaw import THAW_CGROUP, THAW_FILESYSTEM
from nornir_hygiene.remediate.actions.unit import RESTART_OWNER

# What a runbook may say after `do:`.
ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        SIGNAL,
        THAW_FILESYSTEM,
        THAW_CGROUP,
        RESTART_OWNER,
        CONTINUE_OSD,
        CHECK_OSD,
        HOLD_OSD,
        RELEASE_OSD,
        RESTART_OSD,
        AWAIT_OSD,
        RAISE_PIDS_LIMIT,
        CHECK_POD,
        DELETE_POD,
        RESTART_ROLLOUT,
        CORDON_NODE,
        UNCORDON_NODE,
        DRAIN_NODE,
        COLLECT_EVIDENCE,
    )
}
