"""A runner that a person watches: with a deadline per host, and on a terminal a bar."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.report.progress import HostProgress

if TYPE_CHECKING:
    from nornir_hygiene.fleet.runner import DeadlineRunner


@contextmanager
def watched(request: RunRequest, title: str, hosts: Sequence[str]) -> "Iterator[DeadlineRunner]":
    """For these hosts, as many at once and for as long as the request says."""
    from nornir_hygiene.fleet.runner import DeadlineRunner

    with HostProgress(title, sorted(hosts)) as progress:
        yield DeadlineRunner(request.workers, request.timeout_s, on_host=lambda host, _: progress.done(host))


@contextmanager
def watched_behind(request: RunRequest, hosts: Sequence[str]) -> "Iterator[DeadlineRunner]":
    """The same for the second round."""
    with watched(request, "cause", hosts) as runner:
        yield runner
