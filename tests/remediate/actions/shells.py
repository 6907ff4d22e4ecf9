"""Orders carried out on this machine by real shells, as a host's own would after a login."""

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.parse.action_reply import evidence_in, parse_action_reply
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.perform import Order, request_for

SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]]
NONCE = secrets.token_hex(8)
# All receipts and locks of this run of the tests begin with it.
RUN = f"test-{secrets.token_hex(4)}"
RECEIPTS = Path("/run/nornir-hygiene.receipts")
_SYSTEM = "/usr/bin:/bin"
LOCKS = Path("/run/nornir-hygiene.locks")


def order(action: Action, arguments: Frozen, token: str = "", seconds: int = 10) -> Order:
    return Order(action, arguments, token or f"{RUN}.{secrets.token_hex(4)}", "tester", seconds)


def script(what: Order) -> bytes:
    return request_for(what, NONCE, sudo=False).script


def run(shell: list[str], text: bytes, path: str = "") -> bytes:
    """What it wrote, whatever it was."""
    return subprocess.run(
        [found(shell[0]), *shell[1:], "-s"],
        input=text,
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": path or _SYSTEM},
    ).stdout


def said(stdout: bytes) -> ActionResult:
    return parse_action_reply(Answer(stdout=stdout), NONCE)


def collected(stdout: bytes) -> dict[str, str]:
    return evidence_in(Answer(stdout=stdout), NONCE)


def found(name: str) -> str:
    """A program of the system."""
    path = shutil.which(name, path=_SYSTEM)
    assert path, f"{name} is not installed: `make setup` installs it"
    return path


def told(shell: list[str], what: Order, path: str = "") -> ActionResult:
    return said(run(shell, script(what), path))


def identity(pid: int) -> ProcessIdentity:
    """As the probe tells it."""
    return ProcessIdentity(boot_id=boot_id(), pid=pid, start_ticks=int(stat(pid)[19]))


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name: the state is the first."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def until(seen: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for it. Raises AssertionError if it does not come."""
    end = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def tools(folder: Path, *names: str) -> str:
    """A PATH on which only these programs of the system are; the script itself adds /usr/sbin."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).symlink_to(found(name))
    return str(folder)


def fake(folder: Path, name: str, body: str) -> None:
    """A program of our own: before the system's on PATH it is run instead."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def nothing_left() -> Iterator[None]:
    """Receipts and locks of this run of the tests are gone afterwards, also if a test failed."""
    had = {folder: folder.is_dir() for folder in (RECEIPTS, LOCKS)}
    yield
    for receipt in RECEIPTS.glob(f"{RUN}.*"):
        shutil.rmtree(receipt, ignore_errors=True)
    for lock in LOCKS.glob(f"{RUN}*"):
        lock.unlink(missing_ok=True)
    for folder, was_there in had.items():
        if not was_there and folder.is_dir() and not any(each.name != "guard" for each in folder.iterdir()):
            shutil.rmtree(folder)
