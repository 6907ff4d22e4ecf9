"""Saves a run (the report of an audit, the raw answers of a recording) and finds it again."""

import hashlib
from pathlib import Path
from urllib.parse import quote

from pydantic import ValidationError

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.history.folder import recordings_folder, runs_folder, write_atomically
from nornir_hygiene.models.run import AuditReport

# Linux: 255 bytes per file name; a quoted name of up to 253 characters may need three times as many.
_LONGEST_NAME = 200
CLUSTER_FOLDER = "cluster"


def save_run(run_id: str, report_json: bytes) -> Path:
    """Returns the file. Raises OSError (disk full, read-only, no permission)."""
    path = runs_folder() / f"{run_id}.json"
    write_atomically(path, report_json)
    return path


def save_recording(run_id: str, host: str, recording_json: bytes) -> Path:
    """Returns the file, named after the host. Raises OSError."""
    path = recordings_folder() / run_id / f"{file_name(host)}.json"
    write_atomically(path, recording_json)
    return path


def save_cluster_recording(run_id: str, host: str, recording_json: bytes) -> Path:
    """The same for the second round, in a folder `cluster` beside the hosts' files. Raises OSError."""
    path = recordings_folder() / run_id / CLUSTER_FOLDER / f"{file_name(host)}.json"
    write_atomically(path, recording_json)
    return path


def file_name(host: str) -> str:
    """A name of one file for any host name: `/` is quoted, `..` cannot climb, two hosts never share one.

    >>> file_name("../etc/passwd")
    '%2E%2E%2Fetc%2Fpasswd'
    """
    name = quote(host, safe="", errors="surrogatepass")
    if host.startswith("."):
        name = name.replace(".", "%2E")
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{hashlib.sha256(host.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def load_run(beginning: str) -> AuditReport:
    """The newest saved run whose id begins like this.

    Raises UsageError if there is none, ConfigError if its file is broken.
    """
    found = sorted(path for path in runs_folder().glob("*.json") if path.stem.startswith(beginning))
    if not found:
        which = f"that begins with {beginning!r} " if beginning else ""
        raise UsageError(f"there is no saved run {which}in {runs_folder()}", "nr run audit makes one")
    try:
        return AuditReport.model_validate_json(found[-1].read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigError(f"is not a saved run: {error}", found[-1]) from error
