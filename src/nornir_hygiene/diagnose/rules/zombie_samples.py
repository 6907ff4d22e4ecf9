"""What the two rules about parents of zombies match and spare."""

from nornir_hygiene.diagnose.samples import Sample

NOT_WAITING_MATCHES = (
    Sample(
        "a parent that forks and never waits",
        """
        700 1   S app-test hrtimer_nanosleep looked sigcgt=0
        701 700 Z app-test - age=90
        702 700 Z app-test - age=91
        """,
    ),
    Sample(
        "how long they are dead is not known",
        """
        700 1   S app-test hrtimer_nanosleep
        701 700 Z app-test -
        702 700 Z app-test -
        703 700 Z app-test -
        """,
    ),
    Sample(
        "a stopped parent",
        """
        700 1   T app-test do_signal_stop looked
        701 700 Z app-test - age=90
        """,
    ),
    Sample(
        "init of the host does not reap",
        """
        1   0 Ss systemd do_epoll_wait looked
        701 1 Z  app-test - age=90
        """,
    ),
    Sample("the parent is outside of what can be seen", "701 0 Z app-test - age=90"),
    Sample(
        "a parent that is in a short D just now, its zombies are old",
        """
        700 1   D app-test folio_wait_bit_common age=0.2
        701 700 Z app-test - age=900
        """,
    ),
)
NOT_WAITING_SPARES = (
    Sample(
        "one, and nobody knows since when",
        """
        700 1   S app-test hrtimer_nanosleep
        701 700 Z app-test -
        """,
    ),
    Sample(
        "a parent that waits, a little late",
        """
        700 1   S cron do_wait looked
        701 700 Z sh - age=0.4
        """,
    ),
    Sample(
        "a dead leader with a living thread is not a reapable zombie",
        """
        700 1   S app do_wait looked
        701 700 Zl app - threads=2 age=90
        +702 S app do_sys_pause age=90
        """,
    ),
    Sample(
        "a parent in D has its own kind",
        """
        700 1   Ds postgres kernel_clone age=90
        701 700 Z  postgres - age=80
        """,
    ),
)
BLOCKED_MATCHES = (
    Sample(
        "parent in a vfork wait",
        """
        700 1   Ds postgres kernel_clone age=90
        701 700 Z  postgres - age=95
        702 700 S  sh do_sys_pause
        """,
    ),
    Sample(
        "parent behind a hung device",
        """
        700 1   D postgres folio_wait_bit_common age=190 fd=/dev/sdb
        701 700 Z sh - age=90
        """,
    ),
    Sample(
        "parent frozen by cgroup v2",
        """
        700 1   S app do_freezer_trap age=90
        701 700 Z app - age=90
        """,
    ),
    Sample(
        "nothing is known of times",
        """
        700 1   D app kernel_clone
        701 700 Z app -
        """,
    ),
)
BLOCKED_SPARES = (
    Sample(
        "parent at normal input and output",
        """
        700 1   D app folio_wait_bit_common age=0.1
        701 700 Z app - age=0.05
        """,
    ),
    Sample(
        "parent sleeps: it has its own kind",
        """
        700 1   S app hrtimer_nanosleep looked
        701 700 Z app - age=90
        """,
    ),
)
