from datetime import UTC, datetime

from nornir_hygiene.models.host import Gap
from nornir_hygiene.models.process import Process, ThreadLook
from nornir_hygiene.models.view import ProcessTree, ThreadRow, ThreadTable, TreeRow
from nornir_hygiene.report.views import thread_lines, tree_lines

NOW = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
YESTERDAY = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
INIT = Process(pid=1, ppid=0, comm="systemd", state="S", flags="s", start_ticks=5, started_at=YESTERDAY)
FSCK = Process(pid=25, ppid=1, comm="fsck.ext4", state="D", start_ticks=9, started_at=NOW, wchan="bit_wait")
HOSTILE = Process(pid=30, ppid=25, comm="\x1b[2J\nroot", state="S")
GAP = Gap(section="rights", why="uid 7\x1b")


def test_a_tree_reads_like_ps_forest_with_marks_at_the_end() -> None:
    rows = (
        TreeRow(depth=0, process=INIT, place="init.scope"),
        TreeRow(depth=1, process=FSCK, wait="page-io", marks=("blocked for 9.0 s",)),
        TreeRow(depth=2, process=HOSTILE),
    )
    tree = ProcessTree(host="w1", taken_at=NOW, rows=rows, kernel_threads_left_out=3, gaps=(GAP,))
    assert list(tree_lines(tree)) == [
        "w1 at 2026-11-21 17:00:00 UTC",
        "PID  STAT  STARTED     WAIT                PLACE       COMMAND",
        "1    Ss    2026-11-20  -                   init.scope  systemd",
        r"25   D     17:00:00    bit_wait (page-io)              \_ fsck.ext4  <- blocked for 9.0 s",
        r"30   S     ?           -                                 \_ \x1b[2J\x0aroot",
        "3 kernel threads that are not blocked are left out; --kernel shows them",
        r"not seen: rights: uid 7\x1b",
    ]


def test_threads_show_when_they_last_ran_and_where_they_sleep() -> None:
    look = ThreadLook(
        tid=26, comm="a\x9bb", state="D", wchan="x", switches=7, last_ran_age_s=61.2, stack=("x", "y", "z", "w")
    )
    table = ThreadTable(
        host="w1", taken_at=NOW, process=FSCK, place="x.service", rows=(ThreadRow(thread=look),), looked_closer=False
    )
    assert list(thread_lines(table)) == [
        "w1 at 2026-11-21 17:00:00 UTC",
        "25@9 fsck.ext4, 17:00:00, parent 1",
        "in: x.service",
        "TID  STATE  LAST RAN  SWITCHES  WAIT  COMMAND  STACK",
        r"26   D      1m1s ago  7         x     a\x9bb   x < y < z",
        "nobody looked closer at this process: only its row of the process table is known",
    ]
