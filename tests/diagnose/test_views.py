import pytest
from hypothesis import HealthCheck, given, settings

from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.diagnose.views import process_tree, thread_table
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.models.view import ProcessTree, TreeRow
from nornir_hygiene.report.views import thread_lines, tree_lines
from tests.diagnose.snapshots import shipped_catalogue, snapshots

HOST = """
1   0 Ss  systemd do_epoll_wait cg=/init.scope
2   0 S   [kthreadd] kthreadd
20  2 I   [kworker/0:1] worker_thread
21  2 D   [jbd2/rbd3-8] jbd2_journal_commit_transaction age=61
100 1 Ss  harbor do_wait cg=/system.slice/harbor.service
101 100 D postgres folio_wait_bit_common age=61 fd=/dev/sdb
102 101 Z sh -
103 100 T vim do_signal_stop
110 1 S   kuryr do_epoll_wait sid=90 fd=/x
111 1 S   dnsmasq do_epoll_wait sid=91 std=/dev/null
120 1 Sl  app futex_wait threads=2 looked
+121 D app some_new_driver_wait age=5
"""


def scene(text: str) -> Scene:
    return Scene("host-1", snapshot_from(text), Thresholds(), shipped_catalogue())


def marked(tree: ProcessTree) -> dict[int, tuple[str, ...]]:
    return {row.process.pid: row.marks for row in tree.rows if row.marks}


def by_pid(tree: ProcessTree) -> dict[int, TreeRow]:
    return {row.process.pid: row for row in tree.rows}


def test_zombies_orphans_and_blocked_tasks_are_marked_and_daemons_are_not() -> None:
    assert marked(process_tree(scene(HOST))) == {
        21: ("blocked for 1 min 1 s",),
        101: ("blocked for 1 min 1 s",),
        102: ("zombie",),
        103: ("stopped",),
        110: ("orphan",),
        120: ("thread 121 blocked for 5.0 s",),
    }


def test_parents_stand_before_their_children_with_wait_and_place() -> None:
    tree = process_tree(scene(HOST))
    assert [(row.depth, row.process.pid) for row in tree.rows if row.process.pid >= 100][:4] == [
        (1, 100),
        (2, 101),
        (3, 102),
        (2, 103),
    ]
    rows = by_pid(tree)
    assert (rows[101].wait, rows[102].wait) == ("page-io", "")
    assert (rows[100].place, rows[101].place) == ("harbor.service", "")


def test_idle_kernel_threads_are_counted_and_shown_when_asked_for() -> None:
    tree = process_tree(scene(HOST))
    assert (tree.kernel_threads_left_out, 21 in by_pid(tree), 20 in by_pid(tree)) == (2, True, False)
    assert 20 in by_pid(process_tree(scene(HOST), kernel=True))


def test_around_a_pid_are_those_above_and_those_below() -> None:
    assert list(by_pid(process_tree(scene(HOST), around=101))) == [1, 100, 101, 102]
    assert list(by_pid(process_tree(scene(HOST), around=20))) == [2, 20]
    with pytest.raises(KeyError):
        process_tree(scene(HOST), around=999)


def test_a_circle_of_parents_is_shown_once_each() -> None:
    circle = scene("5 7 S a -\n6 5 S b -\n7 6 S c -\n8 8 S own-parent -")
    assert sorted(by_pid(process_tree(circle))) == [5, 6, 7, 8]
    assert len(process_tree(circle).rows) == 4
    assert sorted(by_pid(process_tree(circle, around=6))) == [5, 6, 7]


def test_a_chain_of_ten_thousand_processes_is_no_recursion() -> None:
    deep = scene("\n".join(f"{pid} {pid - 1} S sh do_wait" for pid in range(1, 10_001)))
    assert process_tree(deep).rows[-1].depth == 9_999
    assert len(process_tree(deep, around=5_000).rows) == 10_000


def test_threads_are_shown_by_tid_with_their_waits() -> None:
    table = thread_table(scene(HOST), 120)
    assert [(row.thread.tid, row.thread.state, row.wait) for row in table.rows] == [
        (120, "S", "futex"),
        (121, "D", "unknown (some_new_driver_wait)"),
    ]
    assert table.looked_closer


def test_of_a_process_nobody_looked_at_the_table_row_is_shown_and_said_to_be_all() -> None:
    table = thread_table(scene(HOST), 103)
    assert [(row.thread.tid, row.thread.state) for row in table.rows] == [(103, "T")]
    assert not table.looked_closer


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(snapshots)
def test_any_snapshot_can_be_shown_each_process_once_and_nothing_raw(snapshot: Snapshot) -> None:
    seen = Scene("host-1", snapshot, Thresholds(), shipped_catalogue())
    tree = process_tree(seen, kernel=True)
    assert sorted(row.process.pid for row in tree.rows) == sorted(seen.processes)
    lines = list(tree_lines(tree))
    for pid in seen.processes:
        around = process_tree(seen, around=pid)
        assert pid in {row.process.pid for row in around.rows}
        lines += [*tree_lines(around), *thread_lines(thread_table(seen, pid))]
    assert all(line.isprintable() for line in lines)
