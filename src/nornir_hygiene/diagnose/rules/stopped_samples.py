"""What `stopped` and `traced` match and spare."""

from nornir_hygiene.diagnose.samples import Sample

STOPPED_MATCHES = (
    Sample("a storage daemon", "500 1 Tsl ceph-osd do_signal_stop age=45 cg=/system.slice/ceph-osd@0.service"),
    Sample("how long is not known", "500 1 T app do_signal_stop looked"),
    Sample(
        "a job of a terminal, for long: info",
        """
        400 1   Ss bash do_wait tty=34816
        500 400 T  vim do_signal_stop age=4000 sid=400 tty=34816
        """,
    ),
    Sample(
        "its terminal session is gone",
        "500 1 T vim do_signal_stop age=4000 sid=400 tty=34816",
    ),
)
STOPPED_SPARES = (
    Sample(
        "Ctrl-Z and a look around",
        """
        400 1   Ss bash do_wait tty=34816
        500 400 T  vim do_signal_stop age=50 sid=400 tty=34816
        """,
    ),
    Sample("stopped and continued by its supervisor", "500 1 T app do_signal_stop age=2"),
    Sample("held by a tracer", "500 1 t app ptrace_stop age=4000 tracer=600\n600 1 S gdb do_poll"),
    Sample("a stopped process in a frozen cgroup", "500 1 D app do_signal_stop age=300 fz=/app"),
    Sample(
        "a parent of zombies that is stopped is in their finding",
        """
        700 1   T app-test do_signal_stop age=100
        701 700 Z app-test - age=90
        """,
    ),
    Sample(
        "a stopped FUSE daemon is in the finding of those who wait for it",
        """
        400 1 Tsl s3fs do_signal_stop age=60 fd=/dev/fuse
        500 1 S cat request_wait_answer age=50 fd=/mnt/s3/a
        mount 0:45 /mnt/s3 fuse.s3fs s3fs
        """,
    ),
)
TRACED_MATCHES = (
    Sample("a forgotten debugger", "500 1 ts app ptrace_stop age=400 tracer=600\n600 1 S gdb do_poll"),
    Sample(
        "a debugger that is stopped itself",
        "500 1 t app ptrace_stop age=40 tracer=600\n600 1 T gdb do_signal_stop age=3",
    ),
    Sample("a tracer nobody sees", "500 1 t app ptrace_stop age=400 looked"),
)
TRACED_SPARES = (
    Sample(
        "strace, which holds it for moments", "500 1 t app ptrace_stop age=0.001 tracer=600\n600 1 S strace do_wait"
    ),
    Sample("a sandbox made of ptrace", "500 1 t app ptrace_stop age=4000 tracer=600\n600 1 S runsc-sandbox futex_wait"),
    Sample("traced and running", "500 1 S app do_poll tracer=600\n600 1 S strace do_wait"),
    Sample("a breakpoint looked at for some seconds", "500 1 t app ptrace_stop age=20 tracer=600\n600 1 S gdb do_poll"),
)
