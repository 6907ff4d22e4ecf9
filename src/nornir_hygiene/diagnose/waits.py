"""What a task waits for, told from its wait channel and kernel stack: the schema of the catalogue and the look-up.

The data is in `catalogue/*.yaml` (rows of the facts sheet, section 2); `nornir_hygiene.content` loads it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from nornir_hygiene.diagnose.symbols import canonical, frame_symbol
from nornir_hygiene.models.frozen import Frozen

Kebab = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\*?$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Generation = Literal["all", "el7", "el8", "5.15", "6.1", "6.12", "6.18"]
WaitClass = Literal["root", "follower", "benign", "generic"]
WaitsFor = Literal[
    "device",
    "ceph",
    "nfs",
    "smb",
    "fuse",
    "automounter",
    "thaw",
    "freezer",
    "vfork-child",
    "child-exit",
    "address-space",
    "address-space-read",
    "exec-lock",
    "lock",
    "memory",
    "network",
    "exit",
    "stop",
    "work",
    "guest-host",
    "nothing",
    "unclear",
]

_LOOK = re.compile(r"^(?P<state>\S) (?P<wchan>\S+)(?: \[(?P<comm>.+)\])?(?P<stack>(?: < \S+)*)$")


@dataclass(frozen=True)
class WaitLook:
    """What is known about one sleeping task when its wait is to be recognised; `stack` innermost frame first."""

    state: str
    wchan: str | None
    comm: str = ""
    kernel_thread: bool = False
    stack: tuple[str, ...] = ()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """A sample of the catalogue: `STATE WCHAN [kernel thread] < caller < its caller`; WCHAN `-` is none.

        >>> WaitLook.from_text("D msleep [kworker/u4:1+netns] < netdev_wait_allrefs").stack
        ('msleep', 'netdev_wait_allrefs')
        """
        match = _LOOK.match(text)
        if not match:
            raise ValueError(f"not a sample of the form 'STATE WCHAN [kthread] < frame': {text!r}")
        wchan = None if match["wchan"] == "-" else match["wchan"]
        frames = tuple(match["stack"].split(" < ")[1:])
        return cls(
            state=match["state"],
            wchan=wchan,
            comm=match["comm"] or "sample",
            kernel_thread=match["comm"] is not None,
            stack=((wchan,) if wchan and frames else ()) + frames,
        )


class WaitFamily(Frozen):
    """One entry of the catalogue: names that mean the same wait, and what to do about it.

    `names` are kernel functions per kernel generation, in any spelling, a trailing `*` stands for the rest.
    `beneath`: one of these must also be on the stack. `comms`: patterns of kernel thread names, one must match.
    `generic`: says only how it sleeps; the next frame of the stack says for what.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: Kebab
    rows: tuple[int, ...] = Field((), description="rows of the facts sheet this entry stands for")
    names: dict[Generation, tuple[Symbol, ...]] = Field(min_length=1)
    beneath: tuple[Symbol, ...] = ()
    comms: tuple[Text, ...] = ()
    kernel_thread: bool | None = Field(None, description="only kernel threads, only others, or both")
    states: Annotated[str, StringConstraints(pattern=r"^[DSITtP]+$")] = "D"
    wait_class: WaitClass = Field(alias="class")
    overrides: tuple[Kebab, ...] = Field(
        (), description="a project's own entry: the built-in families it takes the id or a name from"
    )
    frozen_sleepers: bool = Field(False, description="stands for any harmless sleep that is shown in state D")
    killable: Literal["yes", "no", "depends"]
    waits_for: WaitsFor
    meaning: Text
    restores: Text
    source: Text
    matches: tuple[Text, ...] = Field(min_length=1)
    spares: tuple[Text, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _samples_are_readable(self) -> Self:
        for sample in (*self.matches, *self.spares):
            WaitLook.from_text(sample)
        return self

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every name of every generation, canonical, without repeats, in the order written."""
        return tuple(dict.fromkeys(canonical(name) for names in self.names.values() for name in names))

    @property
    def particular(self) -> int:
        """How many extra conditions it sets: the more particular entry is asked first."""
        return bool(self.beneath) * 4 + bool(self.comms) * 2 + (self.kernel_thread is not None)

    def fits(self, look: WaitLook) -> bool:
        """Whether everything but the name agrees."""
        return (
            look.state in tuple(self.states)
            and self.kernel_thread in (None, look.kernel_thread)
            and (not self.comms or (look.kernel_thread and any(fnmatchcase(look.comm, one) for one in self.comms)))
            and (not self.beneath or self._beneath(look.stack))
        )

    def _beneath(self, stack: tuple[str, ...]) -> bool:
        wanted = tuple(canonical(name) for name in self.beneath)
        return any(_named(canonical(frame_symbol(line)), one) for line in stack for one in wanted)


@dataclass(frozen=True)
class Wait:
    """What one task waits for. `family` None: not in the catalogue; `symbol` None: nothing could be seen."""

    family: WaitFamily | None
    symbol: str | None

    @property
    def waits_for(self) -> WaitsFor:
        """The resource, `unclear` where the wait is unknown."""
        return self.family.waits_for if self.family else "unclear"

    @property
    def wait_class(self) -> WaitClass | None:
        """None where the wait is unknown."""
        return self.family.wait_class if self.family else None

    @property
    def name(self) -> str:
        """The family, or `unknown (symbol)`, or `unknown`."""
        if self.family:
            return self.family.id
        return f"unknown ({self.symbol[:64]})" if self.symbol else "unknown"


class WaitCatalogue(Frozen):
    """All families; also the schema of one file of the catalogue."""

    families: tuple[WaitFamily, ...] = ()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [family.id for family in self.families]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"wait families given twice: {', '.join(twice)}")
        return self

    @classmethod
    def joined(cls, parts: Iterable["WaitCatalogue"]) -> "WaitCatalogue":
        """One catalogue from several files, each validated by itself so that an error names its file."""
        return cls(families=tuple(family for part in parts for family in part.families))

    @cached_property
    def _exact(self) -> dict[str, tuple[WaitFamily, ...]]:
        index: dict[str, list[WaitFamily]] = defaultdict(list)
        for family in sorted(self.families, key=lambda one: -one.particular):
            for symbol in family.symbols:
                index[symbol].append(family)
        return {symbol: tuple(families) for symbol, families in index.items()}

    @cached_property
    def _prefixes(self) -> tuple[tuple[str, tuple[WaitFamily, ...]], ...]:
        found = [(symbol[:-1], families) for symbol, families in self._exact.items() if symbol.endswith("*")]
        return tuple(sorted(found, key=lambda pair: -len(pair[0])))

    @cached_property
    def _freezer(self) -> WaitFamily | None:
        return next((family for family in self.families if family.frozen_sleepers), None)

    def recognise(self, look: WaitLook) -> Wait:
        """The family of the innermost frame that says what is waited for; never a guess from frames further out."""
        for symbol in _within(look):
            family = self._family(canonical(symbol), look)
            if family and family.wait_class != "generic":
                return Wait(family=family, symbol=symbol)
        generic: Wait | None = None
        for symbol in _frames(look):
            family = self._family(canonical(symbol), look)
            if family is None:
                return Wait(family=None, symbol=symbol)
            if family.wait_class != "generic":
                return Wait(family=family, symbol=symbol)
            generic = generic or Wait(family=family, symbol=symbol)
        return generic or Wait(family=None, symbol=None)

    def _family(self, symbol: str, look: WaitLook) -> WaitFamily | None:
        named = self._named(symbol)
        fitting = next((family for family in named if family.fits(look)), None)
        if fitting is None and look.state == "D" and any(_harmless_sleep(family) for family in named):
            return self._freezer
        return fitting

    def _named(self, symbol: str) -> tuple[WaitFamily, ...]:
        by_prefix = (one for prefix, families in self._prefixes if symbol.startswith(prefix) for one in families)
        return self._exact.get(symbol, ()) + tuple(by_prefix)


def _harmless_sleep(family: WaitFamily) -> bool:
    """TASK_FROZEN (6.1+) freezes a sleeper in place: STAT says D, wchan still says where it slept."""
    return family.wait_class == "benign" and "S" in family.states and "D" not in family.states


def _frames(look: WaitLook) -> Iterator[str]:
    if look.wchan:
        yield look.wchan
    yield from filter(None, map(frame_symbol, look.stack))


def _within(look: WaitLook) -> tuple[str, ...]:
    """The frames inside the wait channel: none, but where an ORC kernel (EL8) names a caller several frames up."""
    if not look.stack or not look.wchan:
        return ()
    symbols = tuple(filter(None, map(frame_symbol, look.stack)))
    waits_in = canonical(look.wchan)
    depth = next((depth for depth, symbol in enumerate(symbols) if canonical(symbol) == waits_in), 0)
    return symbols[:depth]


def _named(symbol: str, wanted: str) -> bool:
    return symbol.startswith(wanted[:-1]) if wanted.endswith("*") else symbol == wanted
