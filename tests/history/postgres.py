"""A real PostgreSQL of one's own: no network, no waiting for disks, gone with the test session."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# PostgreSQL will not run as root; its Debian package brings this user along.
_USER = "postgres"
_SETTINGS = "-c listen_addresses='' -c fsync=off -c unix_socket_directories={folder} -c log_min_messages=fatal"


def programs() -> Path:
    """Where initdb and pg_ctl are. Skips where they are not; with CI=true that is a failure."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if found and os.geteuid() == 0:
        return found[-1].parent
    why = "needs root" if found else "needs PostgreSQL's server (Debian: postgresql)"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}, and CI has to have it", pytrace=False)
    pytest.skip(why)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of its database `postgres`. `folder` must be short: a socket's path has at most 107 characters."""
    where = programs()
    folder.mkdir(mode=0o755)
    shutil.chown(folder, _USER)
    data = folder / "data"
    _run([where / "initdb", "--auth=trust", "--encoding=UTF8", "--no-sync", "-D", data])
    options = _SETTINGS.format(folder=folder)
    _run([where / "pg_ctl", "start", "-w", "-D", data, "-l", folder / "log", "-o", options])
    try:
        yield f"postgresql+psycopg://{_USER}@/postgres?host={folder}"
    finally:
        _run([where / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data])


def _run(words: list[str | Path]) -> None:
    user = pwd.getpwnam(_USER)
    # A server inherits its starter's streams: a pipe would never end.
    subprocess.run(
        words,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )
