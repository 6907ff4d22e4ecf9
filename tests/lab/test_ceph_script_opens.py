"""The files the second script opens and executes on a real host of a cluster: the asserted ones, nothing else."""

import re
import secrets
from pathlib import Path

import pytest

from nornir_hygiene.collect.cluster import ceph_script
from nornir_hygiene.lab import Lab
from tests.collect.test_ceph_script_opens import PROGRAMS, READ, START_UP
from tests.collect.traces import Traced, traced

pytestmark = pytest.mark.lab

NONCE = secrets.token_hex(8)
FOLDER = rf"/run/nornir-hygiene\.{NONCE}(/.*)?"
# `ceph` is a Python program with a configuration of its own; its threads give themselves names.
OF_CEPH = (
    r"/etc/ceph/[^/]+", r"/usr/bin(/ceph)?", r"/usr/(bin/)?py(thon[\d.]+\._pth|venv\.cfg|builddir\.txt)",
    r"/usr/(local|share)/.*", r"/etc/libnl/classid",
)  # fmt: skip
NAMES = r"/proc/self/task/\d+/comm"
# What brings the test into the host.
ENTERED = (r"/proc/\d+/ns/\w+", r"/proc/\d+/(root|cwd)")
KNOWN = re.compile("|".join(f"(?:{pattern})" for pattern in (*START_UP, *READ, *OF_CEPH, NAMES, *ENTERED, FOLDER)))


def asked(lab: Lab, host: str, log: Path, *more: str) -> Traced:
    command = lab.host(host).inside(["/bin/sh", "-s", "--", NONCE, "3000", "20000", *more])
    return traced(command, ceph_script(), log)


def test_only_the_asserted_files_are_opened_and_nothing_is_left(lab: Lab, tmp_path: Path) -> None:
    seen = asked(lab, "ceph-1", tmp_path / "strace.log")
    assert b" osd-dump rc=0" in seen.stdout
    assert b" socket rc=0 osd=" in seen.stdout
    assert seen.stdout.endswith(b"end complete=yes\n")
    assert {path for path in seen.opened if not KNOWN.fullmatch(path)} == set()
    assert {path for path in seen.changed if not re.fullmatch(f"{FOLDER}|/dev/null|{NAMES}", path)} == set()
    assert {Path(path).name for path in seen.executed} - PROGRAMS <= {"ceph", "nsenter", "env", "python3"}
    assert not list(lab.host("ceph-1").path("/run").glob(f"nornir-hygiene.{NONCE}*"))


def test_without_the_map_the_monitors_are_asked_only_whether_they_answer(lab: Lab, tmp_path: Path) -> None:
    seen = asked(lab, "ceph-1", tmp_path / "strace.log", "0")
    marks = [line.split()[1] for line in seen.stdout.splitlines() if line.startswith(b"@")]
    assert {b"status", b"socket", b"osd-stat"} <= set(marks)
    assert not {b"osd-dump", b"osd-tree", b"pgs", b"health", b"blocked-by"} & set(marks)
    assert b" gap section=osd-dump why=not-asked-here" in seen.stdout
