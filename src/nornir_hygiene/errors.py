"""Every error a person can cause, and the exit codes of `nr`.

NrError                 what was wrong, and what to do next
├── UsageError          exit 2: a wrong command line or an unknown name
├── ConfigError         exit 2: a file is wrong; carries file and line
├── LabUnavailable      exit 2: this machine cannot run the lab
└── LabError            exit 5: the lab could not do what it was told

An unreachable or sick host is not an error: it is a `NotObserved` value.
"""

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What `nr` tells its caller."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOT_OBSERVED = 3
    STEP_FAILED = 4
    BUG = 5
    INTERRUPTED = 130


class NrError(Exception):
    """What was wrong and what to do next."""

    exit_code = ExitCode.USAGE

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n  {self.hint}" if self.hint else self.what


class UsageError(NrError):
    """The command line asks for something that does not exist or cannot be."""


class ConfigError(NrError):
    """What people wrote is wrong; `where` is the file and, if known, the line, or the name of a setting."""

    def __init__(self, what: str, path: Path | str, line: int | None = None, hint: str = "") -> None:
        self.where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{self.where}: {what}", hint)


class LabUnavailable(NrError):  # noqa: N818  # named for what the person sees
    """This machine cannot run the lab; says what is missing."""


class LabError(NrError):
    """The lab could not do what it was told."""

    exit_code = ExitCode.BUG
