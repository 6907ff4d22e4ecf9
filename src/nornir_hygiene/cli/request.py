"""What one `nr run` was asked for, after parsing."""

from dataclasses import dataclass

from nornir_hygiene.cli.formats import Format
from nornir_hygiene.models.finding import Severity


@dataclass(frozen=True)
class RunRequest:
    """The whole command line of `nr run`."""

    task: str
    groups: tuple[str, ...]
    hosts: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]
    inventory: str | None
    output: Format
    fail_on: Severity
    require_all: bool
    timeout_s: float
    workers: int
    second_round: bool = True
    notify: bool = False

    @property
    def selection(self) -> str:
        """The chosen hosts in words, as it stands in the report: `group k8s-workers, filter role=db`."""
        words = [f"group {name}" for name in self.groups] + [f"host {name}" for name in self.hosts]
        words += [f"filter {key}={value}" for key, value in self.filters]
        return ", ".join(words) or "all hosts"
