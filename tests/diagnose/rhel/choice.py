"""Whom the probe would have chosen for its closer look, if it had seen the made table: asked of the probe's own awk."""

import re
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from nornir_hygiene.collect.request import probe_script
from tests.diagnose.rhel.parts import NONCE, Part

_CUT_ROW = re.compile(r" (\d+)/stat:(.*\)) (\S) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)")
_OF_A_PID = re.compile(r" (\d+)/")
_FD_FOLDER = re.compile(r" /proc/(\d+)/fd:")
_CWD = re.compile(r" .* /proc/(\d+)/cwd -> .*")
# The letters of the choice that each section of the closer look is read for (nr_closer_look in suspects.sh).
_READ_FOR = {
    "status": "potvkdzwxceh",
    "sched": "potvkdzwxceh",
    "kernel-side": "ptvkdzwceh",
    "cgroup": "dpowmxtvkceh",
    "fd": "dowkceh",
    "freezer": "v",
    "freezer-again": "v",
    "inits": "i",
    "init-cgroup": "i",
    "devices": "dwxceh",
    "mounts": "dwxceh",
    "nodes": "dwxceh",
    "osdc": "dwxceh",
}


def chosen_again(parts: list[Part]) -> list[Part]:
    """The same answer with today's choice, without what was read of processes that are not in it any more."""
    table = {part.name: part.lines for part in parts if part.name in ("host", "stat", "ps", "wchan")}
    chosen = _asked(table["stat"], table["ps"], _shell_pid(table["host"]))
    told = tuple(f" {pid} {letters}" for pid, letters in sorted(chosen.items(), key=lambda pair: int(pair[0])))
    first = next(part for part in parts if part.name == "choice")
    # A second choice names processes with blocked threads below a sleeping leader: seen by their state alone.
    hidden = {
        line.split()[0]: "h" for part in parts if part.name == "choice" and part is not first for line in part.lines
    }
    known = {pid: chosen.get(pid, "") + hidden.get(pid, "") for pid in chosen.keys() | hidden.keys()}
    kept = (Part("choice", told) if part is first else _kept(part, known) for part in parts)
    return [part for part in kept if part is not None]


def _kept(part: Part, chosen: dict[str, str]) -> Part | None:
    letters = set(_READ_FOR.get(part.name, ""))
    if not letters:
        return part
    wanted = {pid for pid, why in chosen.items() if letters & set(why)}
    lines = tuple(_lines_of(part, wanted))
    return Part(part.head, lines) if wanted else None


def _lines_of(part: Part, wanted: set[str]) -> Iterable[str]:
    """Rows carry their pid; of the listing of open files, each folder has a heading."""
    folder = ""
    for line in part.lines:
        heading, cwd, row = _FD_FOLDER.fullmatch(line), _CWD.fullmatch(line), _OF_A_PID.match(line)
        folder = heading[1] if heading else folder
        pid = cwd[1] if cwd else row[1] if row else folder if part.name == "fd" else ""
        if pid in wanted or not pid:
            yield line


def _shell_pid(host: Iterable[str]) -> str:
    return next(line.split()[1] for line in host if line.startswith(" shell_pid "))


def _asked(stat: tuple[str, ...], ps: tuple[str, ...], shell_pid: str) -> dict[str, str]:
    """pid -> letters."""
    with TemporaryDirectory() as folder:
        Path(folder, "stat").write_text("".join(f"{_whole_row(line)}\n" for line in stat))
        Path(folder, "ps").write_text("".join(f"{line[1:]}\n" for line in ps))
        Path(folder, "wchan").write_text("")
        subprocess.run(["sh", "-c", _script(), "sh", folder, shell_pid], check=True, capture_output=True, timeout=30)
        rows = Path(folder, "choice").read_text().splitlines()
    # awk's own order is nobody's; equal letters side by side are one.
    return {pid: "".join(dict.fromkeys(letters)) for pid, letters in (row.split() for row in rows)}


def _whole_row(line: str) -> str:
    """The eight fields that were sent, back in their places among the fields of /proc/PID/stat."""
    row = _CUT_ROW.fullmatch(line)
    assert row is not None, line
    pid, head, state, ppid, pgrp, session, tty, flags, threads, start = row.groups()
    return f"{pid}/stat:{head} {state} {ppid} {pgrp} {session} {tty} 0 {flags} {'0 ' * 10}{threads} 0 {start}"


@cache
def _script() -> str:
    """The probe's functions without its last line; `$$` is the recorded shell."""
    text = probe_script().decode().rstrip().removesuffix('nr_probe "$@" </dev/null')
    told = text.replace('self="$$"', 'self="$2"')
    return f"{told}\nnr_nonce={NONCE} nr_dir=$1 nr_from=grep nr_skip='' nr_look=''\nnr_tell_table \"$@\"\n"
