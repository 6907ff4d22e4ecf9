"""Which hosts are still awaited: on stderr, only on a terminal, gone when the run ends."""

import sys
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nornir_hygiene.report.safe import safe

if TYPE_CHECKING:
    from rich.progress import Progress

_NAMES_SHOWN = 4


class HostProgress:
    """A bar that counts answered hosts and names the ones still awaited. Silent where stderr is no terminal."""

    def __init__(self, title: str, hosts: list[str]) -> None:
        self._title = title
        self._total = len(hosts)
        self._awaited = dict.fromkeys(hosts)
        self._bar = _bar() if sys.stderr.isatty() and hosts else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
            self._bar.add_task(self._title, total=self._total, awaited=self._awaited_text())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def done(self, host: str) -> None:
        """One host has answered, or its time is over. A host reported twice counts once."""
        self._awaited.pop(host, None)
        if self._bar:
            self._bar.update(
                self._bar.task_ids[0], completed=self._total - len(self._awaited), awaited=self._awaited_text()
            )

    def _awaited_text(self) -> str:
        left_out = len(self._awaited) - _NAMES_SHOWN
        more = f" and {left_out} more" if left_out > 0 else ""
        names = ", ".join(islice(self._awaited, _NAMES_SHOWN))
        return f"waiting for {safe(names)}{more}" if names else ""


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[awaited]}", markup=False),
        console=Console(file=sys.stderr),
        transient=True,
        # Otherwise rich takes over sys.stdout, and what a task prints ends up in the bar.
        redirect_stdout=False,
        redirect_stderr=False,
    )
