"""Programs of the machine: argument lists, always a deadline, and an error a person can act on."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from nornir_hygiene.errors import LabError

T = TypeVar("T")


def run(
    argv: Sequence[str], *, timeout_s: float = 30, check: bool = True, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run to the end and return it; LabError with the program's own words when it fails or takes too long."""
    source = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            list(argv), capture_output=True, text=True, errors="replace", timeout=timeout_s, check=False, **source
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"`{_shown(argv)}` did not end within {timeout_s:g} s") from error
    if check and done.returncode != 0:
        raise LabError(f"`{_shown(argv)}` ended with {done.returncode}", _last_words(done))
    return done


def run_aloud(argv: Sequence[str], *, timeout_s: float, show: str) -> None:
    """Run long work and pass on those lines of its standard error that begin with `show`; LabError as in `run`."""
    heard: list[str] = []
    with subprocess.Popen(list(argv), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        alarm = threading.Timer(timeout_s, process.kill)
        alarm.start()
        try:
            for line in process.stderr or ():
                heard.append(line.rstrip())
                if line.startswith(show):
                    say(line.removeprefix(show).strip())
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            alarm.cancel()
    if code != 0:
        raise LabError(f"`{_shown(argv)}` ended with {code} (it had {timeout_s:g} s)", "\n".join(heard[-8:]))


def succeeds(argv: Sequence[str], *, timeout_s: float = 30) -> bool:
    """True if the program ended well in time."""
    try:
        return run(argv, timeout_s=timeout_s, check=False).returncode == 0
    except LabError:
        return False


def wait_for(what: str, look: Callable[[], T | None], *, timeout_s: float, every_s: float = 0.05) -> T:
    """Look again and again until there is a truthy answer; LabError naming `what` at the deadline."""
    end = time.monotonic() + timeout_s
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise LabError(f"waited {timeout_s:g} s for {what}, in vain")
        time.sleep(every_s)


def say(text: str) -> None:
    """Progress, for the person who waits; standard output stays free for answers."""
    print(f"lab: {text}", file=sys.stderr, flush=True)  # noqa: T201  # the one place that speaks


def _shown(argv: Sequence[str]) -> str:
    line = " ".join(argv)
    return line if len(line) <= 200 else line[:197] + "..."


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    text = (done.stderr or done.stdout or "").strip()
    return "\n".join(text.splitlines()[-8:])
