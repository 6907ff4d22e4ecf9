"""A host with nothing but busybox: no lstart, no wchan in its ps, so the table comes from the files themselves."""

import os
from pathlib import Path

import pytest

from tests.collect.roots import busybox_root, seen_from

pytestmark = pytest.mark.lab


def test_busybox_alone_gives_the_same_table_with_start_ticks_and_wait_channels(tmp_path: Path) -> None:
    snapshot = seen_from(busybox_root(tmp_path))
    assert snapshot.complete
    assert {gap.section for gap in snapshot.gaps} == {"ps"}
    by_pid = {process.pid: process for process in snapshot.processes}
    assert by_pid[os.getpid()].start_ticks is not None
    assert by_pid[os.getpid()].started_at is not None
    assert by_pid[2].comm == "kthreadd"
    assert by_pid[2].wchan == "kthreadd"
