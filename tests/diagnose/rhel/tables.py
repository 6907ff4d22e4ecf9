"""The schema of generations.yaml."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from ruamel.yaml import YAML

from nornir_hygiene.models.frozen import Frozen

HERE = Path(__file__).parent
_COLUMNS = {"el7": 0, "el8": 1, "el9": 2}


class Generation(Frozen):
    """How one generation prints what it has. `like`: which column of the names it uses."""

    name: str
    like: str
    kernel: str
    ps_cuts: tuple[str, ...]
    wchan: Literal["innermost", "none", "caller"]
    frame: str
    last_frame: str
    nspid: bool
    idle_letter: str
    hierarchies: tuple[str, ...]
    pids_files: tuple[str, ...]
    zombies_are_pids: bool
    pid_digits: int

    @property
    def pids_root(self) -> str:
        """Where the pids controller is mounted."""
        return "/sys/fs/cgroup/pids" if self.hierarchies else "/sys/fs/cgroup"

    def frame_line(self, number: int, name: str) -> str:
        """A line of /proc/PID/stack; the addresses are invented."""
        return self.frame.format(0x15A0 + 0x1330 * number, name, 0x11 + 7 * number, 0x90 + 0x10 * number)


class Name(Frozen):
    """A kernel function as 6.18 calls it, and its names on EL7, EL8 and EL9."""

    recorded: str
    columns: tuple[str, str, str]
    source: str

    def on(self, generation: Generation) -> tuple[str, ...]:
        """No, one or two frames, innermost first."""
        told = self.columns[_COLUMNS[generation.like]]
        return () if told == "-" else (self.recorded,) if told == "=" else tuple(told.split(" < "))


class Recipe(Frozen):
    """An answer put together from a recorded one."""

    of: str
    without: tuple[str, ...] = ()
    replace: tuple[tuple[str, str], ...] = ()
    add: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Difference(Frozen):
    """Where a generation cannot say what was recorded, and why."""

    fault: str
    where: tuple[str, ...]
    absent: str = ""
    why: str = ""
    instead: tuple[tuple[str, str], ...] = ()


class Tables(Frozen):
    """All of generations.yaml."""

    generations: tuple[Generation, ...]
    names: tuple[Name, ...]
    put_together: dict[str, Recipe]
    differs: tuple[Difference, ...]

    def generation(self, name: str) -> Generation:
        """By its name."""
        return next(one for one in self.generations if one.name == name)

    def difference(self, fault: str, generation: str) -> Difference | None:
        """What is written about that fault there."""
        return next((one for one in self.differs if one.fault == fault and generation in one.where), None)

    def absent(self, fault: str, generation: str) -> bool:
        """The fault cannot be made there."""
        found = self.difference(fault, generation)
        return bool(found and found.absent)


@cache
def tables() -> Tables:
    """Read once; a mistake in it is an error of the model."""
    raw = YAML(typ="safe").load((HERE / "generations.yaml").read_text())
    return Tables.model_validate({**raw, "generations": _generations(raw), "names": _names(raw)})


def _generations(raw: dict[str, dict[str, dict[str, object]]]) -> list[dict[str, object]]:
    every = raw["generations"]
    return [
        {**every.get(str(told.get("like", "")), {}), "like": name, **told, "name": name} for name, told in every.items()
    ]


def _names(raw: dict[str, dict[str, list[str]]]) -> list[dict[str, object]]:
    return [{"recorded": name, "columns": row[:3], "source": row[3]} for name, row in raw["names"].items()]
