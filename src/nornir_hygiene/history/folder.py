"""Where `nr` keeps what it saw, and how a file gets there whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_data_path, user_state_path

_APP = "nornir-hygiene"


def data_folder() -> Path:
    """All that is kept for good."""
    return user_data_path(_APP)


def runs_folder() -> Path:
    """One JSON file per audit, `<run_id>.json`."""
    return data_folder() / "runs"


def plans_folder() -> Path:
    """One JSON file per plan, `<plan_id>.json`."""
    return data_folder() / "plans"


def evidence_folder() -> Path:
    """One folder per run of a plan, one file per host and text that was collected."""
    return data_folder() / "evidence"


def recordings_folder() -> Path:
    """One folder per `nr run record`, one file per host."""
    return data_folder() / "recordings"


def state_folder() -> Path:
    """Tracebacks of bugs in `nr`."""
    return user_state_path(_APP)


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Readers see the old file or the whole new one, never a part. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            os.fchmod(descriptor, mode)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).rename(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
