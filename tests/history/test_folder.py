import os
import stat
import threading
from pathlib import Path

import pytest

from nornir_hygiene.history.folder import write_atomically


def test_a_written_file_is_whole_private_and_alone_in_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "run.json"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_reader_never_sees_a_part_of_a_file(tmp_path: Path) -> None:
    path, sizes, over = tmp_path / "run.json", set[int](), threading.Event()
    write_atomically(path, b"x" * 1_000_000)

    def read() -> None:
        while not over.is_set():
            sizes.add(len(path.read_bytes()))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        write_atomically(path, b"y" * 1_000_000)
    over.set()
    reader.join()
    assert sizes == {1_000_000}


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_atomically(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
