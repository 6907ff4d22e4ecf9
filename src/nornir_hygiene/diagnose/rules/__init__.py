"""The rules, one file per family of kinds. Their order says who explains a task first."""

from nornir_hygiene.diagnose.rules.blocked_task import BLOCKED_TASK
from nornir_hygiene.diagnose.rules.container_exit import CONTAINER_STUCK_TERMINATING
from nornir_hygiene.diagnose.rules.device_hang import IO_HANG, RBD_IO_HANG
from nornir_hygiene.diagnose.rules.frozen_cgroup import CGROUP_FROZEN
from nornir_hygiene.diagnose.rules.frozen_filesystem import FILESYSTEM_FROZEN
from nornir_hygiene.diagnose.rules.fuse import FUSE_HANG
from nornir_hygiene.diagnose.rules.init_signals import INIT_IGNORES_SIGTERM
from nornir_hygiene.diagnose.rules.load import LOAD_FROM_BLOCKED_TASKS
from nornir_hygiene.diagnose.rules.nfs import NFS_HANG
from nornir_hygiene.diagnose.rules.orphans import ORPHAN_LEAK
from nornir_hygiene.diagnose.rules.outside import OPAQUE_GUEST, OUTSIDE_PARENT
from nornir_hygiene.diagnose.rules.pid_space import PID_SPACE_LOW, PIDS_UNLIMITED
from nornir_hygiene.diagnose.rules.pids_limit import PIDS_CGROUP_SATURATED
from nornir_hygiene.diagnose.rules.proc_read import PROC_READ_HANG
from nornir_hygiene.diagnose.rules.readers import IOWAIT_READERS
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.rules.runtime import RUNTIME_RESTARTED
from nornir_hygiene.diagnose.rules.stopped import STOPPED, TRACED
from nornir_hygiene.diagnose.rules.throttled import CPU_THROTTLED
from nornir_hygiene.diagnose.rules.umount import UMOUNT_HANG
from nornir_hygiene.diagnose.rules.volume_attach import VOLUME_ATTACH_HANG
from nornir_hygiene.diagnose.rules.zombie_init import ZOMBIE_INIT_NOT_REAPING
from nornir_hygiene.diagnose.rules.zombie_parent import ZOMBIE_PARENT_BLOCKED, ZOMBIE_PARENT_NOT_WAITING
from nornir_hygiene.diagnose.rules.zombie_thread import ZOMBIE_THREAD_BLOCKED

RULES: tuple[Rule, ...] = (
    CGROUP_FROZEN,  # first: in a frozen cgroup a wait channel says nothing
    PROC_READ_HANG,
    UMOUNT_HANG,
    RBD_IO_HANG,
    IO_HANG,
    VOLUME_ATTACH_HANG,
    FUSE_HANG,
    NFS_HANG,
    ZOMBIE_THREAD_BLOCKED,
    ZOMBIE_PARENT_BLOCKED,
    FILESYSTEM_FROZEN,
    BLOCKED_TASK,
    CONTAINER_STUCK_TERMINATING,
    ZOMBIE_INIT_NOT_REAPING,
    ZOMBIE_PARENT_NOT_WAITING,
    TRACED,
    STOPPED,
    ORPHAN_LEAK,
    PIDS_CGROUP_SATURATED,
    PID_SPACE_LOW,
    PIDS_UNLIMITED,
    CPU_THROTTLED,
    IOWAIT_READERS,
    RUNTIME_RESTARTED,
    INIT_IGNORES_SIGTERM,
    OUTSIDE_PARENT,
    OPAQUE_GUEST,
    LOAD_FROM_BLOCKED_TASKS,  # last: it says whether the others have told it all
)
