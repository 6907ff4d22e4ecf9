"""What `cgroup-frozen` and `filesystem-frozen` match and spare."""

from nornir_hygiene.diagnose.samples import Sample

_CONTAINER = "/docker/" + "4f" * 32
_STACK = "stack=percpu_rwsem_wait<__percpu_down_read<vfs_write"
CGROUP_MATCHES = (
    Sample(
        "cgroup v1: a spinner in the refrigerator and a sleeper held in place are one frozen cgroup",
        """
        500 1 D app refrigerator age=45 fz=/app
        501 1 D sleep hrtimer_nanosleep age=4000 fz=/app/worker
        freezer /app v1 frozen own
        freezer /app/worker v1 frozen
        """,
    ),
    Sample(
        "cgroup v2: S, and yet nothing moves",
        """
        500 1 S app do_freezer_trap age=45 cg=/app.slice
        freezer /app.slice v2 frozen own
        """,
    ),
    Sample(
        "the trap inlined into get_signal, as 6.18 shows it",
        """
        500 1 S app get_signal age=45 cg=/app.slice
        freezer /app.slice v2 frozen own
        """,
    ),
    Sample("the state of the freezer could not be read", "500 1 D sleep hrtimer_nanosleep age=300 fz=/app"),
    Sample(
        "a paused container is said, as info",
        f"""
        500 1 D app refrigerator age=4000 fz={_CONTAINER}
        freezer {_CONTAINER} v1 frozen own
        """,
    ),
)
CGROUP_SPARES = (
    Sample(
        "a runtime that freezes for an instant to change a limit: the sleeper last ran an hour ago",
        """
        500 1 D sleep hrtimer_nanosleep age=3600 fz=/app
        freezer /app v1 frozen own again=thawed
        """,
    ),
    Sample(
        "frozen for seconds",
        """
        500 1 D app refrigerator age=2 fz=/app
        501 1 D sleep hrtimer_nanosleep age=4000 fz=/app
        freezer /app v1 frozen own
        """,
    ),
    Sample("a sleeping process", "500 1 S sleep hrtimer_nanosleep age=4000"),
    Sample("a stopped process", "500 1 T app do_signal_stop age=400"),
    Sample("a vfork parent", "500 1 D make kernel_clone age=45\n501 500 S make do_sys_pause"),
)
FILESYSTEM_MATCHES = (
    Sample(
        "a writer on a frozen filesystem",
        f"""
        500 1 D cp percpu_rwsem_wait age=45 fdw=/mnt/x/file fd=/data/source {_STACK}
        mount 7:1 /mnt/x ext4 /dev/loop1
        mount 8:1 /data ext4 /dev/sda1
        mount 8:0 / ext4 /dev/sda
        """,
    ),
    Sample(
        "whoever makes a file has none open yet: the working folder tells, and the others agree",
        f"""
        500 1 D touch percpu_rwsem_wait age=45 cwd=/mnt/x {_STACK}
        501 1 D db percpu_rwsem_wait age=44 fdw=/mnt/x/db fdw=/var/log/db {_STACK}
        503 1 D dd percpu_rwsem_wait age=43 cwd=/root {_STACK}
        502 1 D sync super_lock age=43 cwd=/mnt/x
        mount 7:1 /mnt/x ext4 /dev/loop1
        mount 8:0 / ext4 /dev/sda
        """,
    ),
    Sample(
        "without a mount that fits it still is a frozen filesystem", f"500 1 D cp percpu_rwsem_wait age=45 {_STACK}"
    ),
    Sample(
        "EL7 says it by name", "500 1 D cp __sb_start_write age=45 fdw=/mnt/x/file\nmount 7:1 /mnt/x xfs /dev/loop1"
    ),
)
FILESYSTEM_SPARES = (
    Sample(
        "a snapshot that freezes for two seconds",
        f"500 1 D db percpu_rwsem_wait age=2 fdw=/mnt/x/db {_STACK}\nmount 7:1 /mnt/x ext4 /dev/loop1",
    ),
    Sample(
        "the same lock of the cgroup core",
        "500 1 D runc percpu_rwsem_wait age=45 stack=percpu_rwsem_wait<__percpu_down_read<cgroup_attach_task",
    ),
    Sample(
        "neither stack nor a file on a filesystem: unknown which lock it is",
        "500 1 D app percpu_rwsem_wait age=45 looked",
    ),
    Sample(
        "the loop device over a frozen filesystem has its own finding",
        "90 2 D [kworker/u4:1+loop5] percpu_rwsem_wait age=70\nblock loop5 7:5 flight=0,1 backing=/mnt/x/disk.img",
    ),
)
