"""Everything that can change a host, one file each. Nothing else in this program does."""

from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.ansible import ANSIBLE
from nornir_hygiene.remediate.actions.command import COMMAND
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
from nornir_hygiene.remediate.actions.orphans import END_ORPHANS
from nornir_hygiene.remediate.actions.osd import (
    AWAIT_OSD,
    CHECK_OSD,
    CHECK_OSD_DAEMON,
    CONTINUE_OSD,
    HOLD_OSD,
    RELEASE_OSD,
    RESTART_OSD,
    RESTART_OSD_BY_CEPHADM,
    RESTART_OSD_POD,
)
from nornir_hygiene.remediate.actions.pause import PAUSE
from nornir_hygiene.remediate.actions.reboot import CHECK_REBOOT, FENCE_CLIENTS, REBOOT_HOST
from nornir_hygiene.remediate.actions.signal import SIGNAL
from nornir_hygiene.remediate.actions.thaw import THAW_CGROUP, THAW_FILESYSTEM
from nornir_hygiene.remediate.actions.unit import RESTART_OWNER
from nornir_hygiene.remediate.actions.wait import WAIT_UNTIL

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
        RESTART_OSD_BY_CEPHADM,
        CHECK_OSD_DAEMON,
        RESTART_OSD_POD,
        AWAIT_OSD,
        RAISE_PIDS_LIMIT,
        END_ORPHANS,
        CHECK_POD,
        DELETE_POD,
        RESTART_ROLLOUT,
        CORDON_NODE,
        UNCORDON_NODE,
        DRAIN_NODE,
        CHECK_REBOOT,
        FENCE_CLIENTS,
        REBOOT_HOST,
        COLLECT_EVIDENCE,
        WAIT_UNTIL,
        PAUSE,
        COMMAND,
        ANSIBLE,
    )
}
