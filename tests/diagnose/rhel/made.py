"""Answers of RHEL 7 to 9, made of recorded ones by the tables in generations.yaml. Not recorded: see README.md.

`python -m tests.diagnose.rhel.made` writes the folders anew; the test compares what is committed with what is made.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.diagnose.rhel.choice import chosen_again
from tests.diagnose.rhel.parts import Part, parts_of, text_of
from tests.diagnose.rhel.tables import HERE, Generation, Name, tables

_TASK_ROW = re.compile(r" (\d+)/task/(\d+)/(wchan|stack):(.*)")
_FRAME = re.compile(r"\[<0>\] ([\w.]+)\+0x([0-9a-f]+)/0x([0-9a-f]+)")
_LS_MODE = re.compile(r"^( [lbcd][-rwxsStT]{9}) ")
_PS_ROW = re.compile(r" +(\d+) +(\d+) (\S+) +(\w{3} \w{3} .\d [\d:]{8} \d{4}) (\S+)")
_ZOMBIE = re.compile(r" \d+/stat:.*\) Z \d")
_CALLER = 2  # how far out the frame-pointer walk of an ORC kernel lands

Stacks = dict[str, list[str]]


class Seen(NamedTuple):
    """What one section needs of others: frames by `PID/TID`, how many zombies there are."""

    stacks: Stacks
    zombies: int


Maker = Callable[[Iterable[str], Generation, Seen], Iterator[str]]


def base_text(fault: str) -> str:
    """What was recorded, or put together from a recorded answer."""
    recipe = tables().put_together.get(fault)
    if recipe is None:
        return (HERE / "base" / f"{fault}.txt").read_text()
    text = base_text(recipe.of)
    for old, new in recipe.replace:
        assert old in text, f"{fault}: {old!r} is not in the answer it is made of"
        text = text.replace(old, new)
    lines = [line for line in text.split("\n") if not any(word in line for word in recipe.without)]
    return text_of(_with_added(part, recipe.add) for part in parts_of("\n".join(lines), list(recipe.add)))


def _with_added(part: Part, added: dict[str, tuple[str, ...]]) -> Part:
    return Part(part.head, (*part.lines, *(f" {line}" for line in added.get(part.name, ()))))


def faults() -> tuple[str, ...]:
    """All faults there is an answer for."""
    recorded = (path.stem for path in (HERE / "base").glob("*.txt"))
    return tuple(sorted({*recorded, *tables().put_together}))


def made(fault: str, generation: Generation) -> str:
    """The whole answer as that generation would give it."""
    parts = parts_of(base_text(fault))
    seen = Seen(_stacks(parts, generation), _zombies(parts))
    return text_of(chosen_again([_changed(part, generation, seen) for part in parts]))


def _zombies(parts: Iterable[Part]) -> int:
    return sum(bool(_ZOMBIE.match(line)) for part in parts if part.name == "stat" for line in part.lines)


def _changed(part: Part, generation: Generation, seen: Seen) -> Part:
    maker = _MAKERS.get(part.name)
    if maker is None:
        return part
    head = part.head
    if part.name == "own-cgroup":
        head = f"own-cgroup layout={'v1' if generation.hierarchies else 'v2'} root={generation.pids_root}"
    return Part(head, tuple(maker(part.lines, generation, seen)))


# ---- names -------------------------------------------------------------------------------------------------------


@cache
def _known() -> dict[str, Name]:
    """Names as the kernel has them, and as procps prints them: without the leading underscores."""
    printed = {name.recorded.lstrip("_"): name for name in reversed(tables().names)}
    return printed | {name.recorded: name for name in tables().names}


def names_on(generation: Generation, recorded: str) -> tuple[str, ...]:
    """What the function is called there: none, one or two frames. KeyError for a name that is not in the table."""
    return _known()[recorded].on(generation)


def _stacks(parts: Iterable[Part], generation: Generation) -> Stacks:
    """`PID/TID` -> its frames on that generation, innermost first."""
    found: Stacks = {}
    for part in reversed(list(parts)):  # who was read twice has one stack: the first
        found |= _stacks_in(part, generation)
    return found


def _stacks_in(part: Part, generation: Generation) -> Stacks:
    found: Stacks = {}
    for match in filter(None, map(_TASK_ROW.fullmatch, part.lines)):
        frame = _FRAME.fullmatch(match[4])
        if frame:
            found.setdefault(f"{match[1]}/{match[2]}", []).extend(names_on(generation, frame[1]))
    return found


def _wait_on(generation: Generation, recorded: str, stack: list[str]) -> str:
    """The kernel's wait channel; `0` where it says none."""
    if recorded in ("0", "-") or generation.wchan == "none":
        return "0"
    if generation.wchan == "caller":
        return stack[min(_CALLER, len(stack) - 1)] if stack else "0"
    return names_on(generation, recorded)[0]


def _as_printed(generation: Generation, wait: str) -> str:
    """procps: `-` for the kernel's 0, no leading underscores, on EL7 no `sys_` or `do_` either."""
    if wait == "0":
        return "-"
    name = wait.lstrip("._")
    cut = next((prefix for prefix in generation.ps_cuts if name.startswith(prefix)), "")
    return name.removeprefix(cut)


# ---- sections ----------------------------------------------------------------------------------------------------


def _host(lines: Iterable[str], generation: Generation, _seen: Seen) -> Iterator[str]:
    for line in lines:
        yield f" kernel {generation.kernel}" if line.startswith(" kernel ") else line


def _stat(lines: Iterable[str], generation: Generation, _seen: Seen) -> Iterator[str]:
    for line in lines:
        yield re.sub(r"\) I (?=\d+ \d)", f") {generation.idle_letter} ", line)


def _ps(lines: Iterable[str], generation: Generation, seen: Seen) -> Iterator[str]:
    wide = generation.pid_digits
    for line in lines:
        row = _PS_ROW.fullmatch(line)
        if row is None:
            yield f" {'PID':>{wide}} {'PPID':>{wide}} STAT                  STARTED WCHAN"
            continue
        pid, ppid, stat, started, wchan = row.groups()
        wait = _as_printed(generation, _wait_on(generation, wchan, seen.stacks.get(f"{pid}/{pid}", [])))
        stat = stat.replace("I", generation.idle_letter)
        yield f" {pid:>{wide}} {ppid:>{wide}} {stat:<4} {started} {wait}"


def _status(lines: Iterable[str], generation: Generation, _seen: Seen) -> Iterator[str]:
    for line in lines:
        if generation.nspid or "/status:NSpid:" not in line:
            yield re.sub(r"(/status:State:\t)I \(idle\)", rf"\1{generation.idle_letter} (sleeping)", line)


def _kernel_side(lines: Iterable[str], generation: Generation, seen: Seen) -> Iterator[str]:
    """A stack keeps its place: all of its new frames stand where its first one stood."""
    told: set[str] = set()
    for line in lines:
        match = _TASK_ROW.fullmatch(line)
        task = f"{match[1]}/{match[2]}" if match else ""
        if match and match[3] == "wchan":
            yield f" {match[1]}/task/{match[2]}/wchan:{_wait_on(generation, match[4], seen.stacks.get(task, []))}"
        elif match and task not in told:
            told.add(task)
            frames = [generation.frame_line(number, name) for number, name in enumerate(seen.stacks.get(task, []))]
            last = [generation.last_frame] if generation.last_frame else []
            yield from (f" {match[1]}/task/{match[2]}/stack:{frame}" for frame in (*frames, *last))


def _cgroup(lines: Iterable[str], generation: Generation, _seen: Seen) -> Iterator[str]:
    """v2: the one unified line. v1: the hierarchies of that systemd, numbered downwards, with the recorded paths."""
    for owner, paths in _cgroups_by_owner(lines).items():
        if not generation.hierarchies:
            yield f" {owner}0::{paths['']}"
        for number, names in zip(range(len(generation.hierarchies), 0, -1), generation.hierarchies, strict=True):
            # The lab's containers have a `/..` in name=systemd, a real host has not: as in the unified hierarchy.
            path = paths[""] if names == "name=systemd" else paths.get(names.split(",")[0], paths.get("devices"))
            if path is not None:  # of the inits of containers only what is judged was read
                yield f" {owner}{number}:{names}:{path}"


def _cgroups_by_owner(lines: Iterable[str]) -> dict[str, dict[str, str]]:
    """`813/cgroup:` or `self:` -> controller -> path. Rows of limits in between are of no use here."""
    found: dict[str, dict[str, str]] = {}
    for match in filter(None, (re.fullmatch(r" (\d+/cgroup:|self:)\d+:([^:]*):(/.*)", line) for line in lines)):
        found.setdefault(match[1], {})[match[2]] = match[3]
    return found


def _pids(lines: Iterable[str], generation: Generation, seen: Seen) -> Iterator[str]:
    for line in lines:
        folder, _, rest = line.removeprefix(" /sys/fs/cgroup/pids").rpartition("/")
        file, _, value = rest.partition(":")
        if file == "pids.current" and not folder and not generation.zombies_are_pids:
            value = str(int(value) - seen.zombies)  # all of them were charged to the root of the recorded hierarchy
        # [C] the root of v2 has none of these files
        if file in generation.pids_files and (generation.hierarchies or folder):
            yield f" {generation.pids_root}{folder}/{file}:{value}"


def _freezer(lines: Iterable[str], generation: Generation, _seen: Seen) -> Iterator[str]:
    for line in lines:
        if generation.hierarchies and line.startswith(" /sys/fs/cgroup/freezer/"):
            yield line
        elif not generation.hierarchies and line.startswith(" /sys/fs/cgroup/unified/"):
            yield line.replace("/unified/", "/", 1)


def _listed(lines: Iterable[str], _generation: Generation, _seen: Seen) -> Iterator[str]:
    """SELinux: ls marks each mode with a dot."""
    for line in lines:
        yield _LS_MODE.sub(r"\1. ", line)


_MAKERS: dict[str, Maker] = {
    "host": _host,
    "own-cgroup": _cgroup,
    "stat": _stat,
    "ps": _ps,
    "status": _status,
    "target-status": _status,
    "inits": _status,
    "kernel-side": _kernel_side,
    "target-kernel-side": _kernel_side,
    "cgroup": _cgroup,
    "target-cgroup": _cgroup,
    "init-cgroup": _cgroup,
    "pids": _pids,
    "freezer": _freezer,
    "freezer-again": _freezer,
    "fd": _listed,
    "nodes": _listed,
}


def write_all(folder: Path = HERE) -> None:
    """One file per fault and generation."""
    for generation in tables().generations:
        for fault in faults():
            if not tables().absent(fault, generation.name):
                path = folder / generation.name / f"{fault}.txt"
                path.parent.mkdir(exist_ok=True)
                path.write_text(made(fault, generation))


if __name__ == "__main__":
    write_all()
