"""The rules, one file per family of kinds. Their order says who explains a task first."""

from nornir_hygiene.diagnose.rules.blocked_task import BLOCKED_TASK
from nornir_hygiene.diagnose.rules.device_hang import IO_HANG, RBD_IO_HANG
from nornir_hygiene.diagnose.rules.orphans import ORPHAN_LEAK
from nornir_hygiene.diagnose.rules.pids_limit import PIDS_CGROUP_SATURATED
from nornir_hygiene.diagnose.rules.proc_read import PROC_READ_HANG
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.rules.zombie_parent import ZOMBIE_PARENT_BLOCKED, ZOMBIE_PARENT_NOT_WAITING
from nornir_hygiene.diagnose.rules.zombie_thread import ZOMBIE_THREAD_BLOCKED

RULES: tuple[Rule, ...] = (
    PROC_READ_HANG,
    RBD_IO_HANG,
    IO_HANG,
    ZOMBIE_THREAD_BLOCKED,
    ZOMBIE_PARENT_BLOCKED,
    BLOCKED_TASK,
    ZOMBIE_PARENT_NOT_WAITING,
    ORPHAN_LEAK,
    PIDS_CGROUP_SATURATED,
)
