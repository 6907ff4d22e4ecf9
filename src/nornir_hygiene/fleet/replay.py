"""Recorded probe bytes diagnosed once more, offline, with today's code. The same files give the same report."""

import hashlib
import stat
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.errors import UsageError
from nornir_hygiene.fleet.audit import judged
from nornir_hygiene.fleet.causes import causes_of, explained
from nornir_hygiene.fleet.observe import Observation
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import AuditReport, HostReport, Recording
from nornir_hygiene.models.settings import HostSettings
from nornir_hygiene.report.assemble import RunFrame, assemble

# max_output_bytes may be raised, and base64 adds a third; more than this is no recording of one host.
_LARGEST_BYTES = 512 * 1024 * 1024
_HINT = "nr run record writes such files"
_NEVER = datetime.fromtimestamp(0, UTC)


def recording_files(places: Iterable[Path]) -> tuple[Path, ...]:
    """The files themselves, and of a folder every *.json below, sorted. Raises UsageError for what is not there."""
    found: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            below = sorted(path for path in place.rglob("*.json") if not path.name.startswith("."))
            if not below:
                raise UsageError(f"there is no recording in {place}", _HINT)
            found.update(dict.fromkeys(below))
        elif place.exists():
            found[place] = None
        else:
            raise UsageError(f"there is no file or folder {str(place)!r}", _HINT)
    return tuple(found)


def read_recording(path: Path) -> Recording | NotObserved:
    """One file, or why it is no recording. Never raises."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _broken("is no regular file")
        if status.st_size > _LARGEST_BYTES:
            return _broken(f"has {status.st_size} bytes, more than any recording")
        recording = Recording.model_validate_json(path.read_bytes())
    except OSError as error:
        return _broken(f"cannot be read: {error.strerror}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        return _broken(f"{where}: {first['msg']}" if where else first["msg"])
    return recording if _has_a_time(recording.taken_at) else _broken("taken_at: is no time with a time zone")


def _has_a_time(moment: datetime) -> bool:
    try:
        return moment.tzinfo is not None and moment.astimezone(UTC).year > 1
    except OverflowError:  # year 9999, west of Greenwich
        return False


def seen_in(recording: Recording) -> Observation:
    """What the bytes say today; thresholds are those of the day they were recorded."""
    return Observation(
        seen=read_answer(recording.answer, recording.nonce, recording.taken_at),
        settings=HostSettings(thresholds=recording.thresholds),
        took_s=0.0,
        bytes_received=len(recording.answer.stdout),
    )


def replay(paths: Iterable[Path]) -> AuditReport:
    """The report of these files: one recording in memory at a time. A broken one stands there by its file's name.

    Nothing of today is in it: times and run id come from the recordings.
    """
    content = hashlib.sha256()
    taken: list[datetime] = []
    hosts = [_report(path, content.update, taken) for path in paths]
    begun = min(taken, default=_NEVER).astimezone(UTC)
    run_id = f"{begun:%Y%m%dT%H%M%SZ}-{content.hexdigest()[:6]}"
    frame = RunFrame(run_id=run_id, started_at=begun, selection="recordings")
    # No cluster can be asked about that day; what the findings have in common is still said.
    causes = causes_of(hosts, ())
    end = max(taken, default=_NEVER).astimezone(UTC)
    return assemble(frame, explained(hosts, causes), end, interrupted=False, causes=causes)


def _report(path: Path, digest: Callable[[bytes], None], taken: list[datetime]) -> HostReport:
    # A function of its own: when the next file is read, nothing of this one is left.
    recording = read_recording(path)
    if isinstance(recording, NotObserved):
        digest(str(path).encode("utf-8", "surrogateescape"))
        return HostReport(host=str(path), not_observed=recording)
    taken.append(recording.taken_at)
    digest(recording.answer.stdout)
    return judged(recording.host, seen_in(recording))


def _broken(why: str) -> NotObserved:
    return NotObserved(reason="not-a-recording", phase="parse", detail=why, hint=_HINT)
