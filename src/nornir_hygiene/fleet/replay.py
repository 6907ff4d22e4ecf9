"""Recorded probe bytes diagnosed once more, offline, with today's code. The same files give the same report."""

import hashlib
import stat
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Tag, TypeAdapter, ValidationError

from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.errors import UsageError
from nornir_hygiene.fleet.audit import judged
from nornir_hygiene.fleet.causes import causes_of, explained, view_of
from nornir_hygiene.fleet.observe import Observation
from nornir_hygiene.history.runs import CLUSTER_FOLDER
from nornir_hygiene.models.cluster import ClusterView, FleetCause
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import AuditReport, ClusterRecording, HostReport, Recording
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


def read_recording(path: Path) -> Recording | ClusterRecording | NotObserved:
    """One file, or why it is no recording. Never raises."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return _broken("is no regular file")
        if status.st_size > _LARGEST_BYTES:
            return _broken(f"has {status.st_size} bytes, more than any recording")
        recording = _EITHER.validate_json(path.read_bytes())
    except OSError as error:
        return _broken(f"cannot be read: {error.strerror}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"][1:]))  # the first step only says which of both it was read as
        return _broken(f"{where}: {first['msg']}" if where else first["msg"])
    return recording if _has_a_time(recording.taken_at) else _broken("taken_at: is no time with a time zone")


def _asked(content: Any) -> str:
    """Only the files of the second round say whom was asked."""
    return str(content.get("asked", "host")) if isinstance(content, dict) else "host"


_EITHER: TypeAdapter[Recording | ClusterRecording] = TypeAdapter(
    Annotated[Annotated[Recording, Tag("host")] | Annotated[ClusterRecording, Tag("cluster")], Discriminator(_asked)]
)


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
    runs: dict[Path, _Round] = defaultdict(_Round)
    for path in paths:
        _report(path, content.update, taken, runs[_run_of(path)])
    begun = min(taken, default=_NEVER).astimezone(UTC)
    run_id = f"{begun:%Y%m%dT%H%M%SZ}-{content.hexdigest()[:6]}"
    frame = RunFrame(run_id=run_id, started_at=begun, selection="recordings")
    end = max(taken, default=_NEVER).astimezone(UTC)
    hosts, causes = _correlated(runs.values())
    return assemble(frame, hosts, end, interrupted=False, causes=causes)


@dataclass
class _Round:
    """What the files of one run hold: its hosts, and what their cluster said at that time."""

    hosts: list[HostReport] = field(default_factory=list)
    views: list[ClusterView] = field(default_factory=list)


def _run_of(path: Path) -> Path:
    return path.parent.parent if path.parent.name == CLUSTER_FOLDER else path.parent


def _correlated(runs: Iterable[_Round]) -> tuple[tuple[HostReport, ...], tuple[FleetCause, ...]]:
    """A cluster's word holds for the run it was recorded in; what nobody was asked about is put together as it is."""
    rounds = [one for one in runs if one.views]
    unasked = [host for one in runs if not one.views for host in one.hosts]
    told = [(one.hosts, causes_of(one.hosts, one.views)) for one in rounds] + [(unasked, causes_of(unasked, ()))]
    hosts = tuple(host for reports, causes in told for host in explained(reports, causes))
    return hosts, tuple(cause for _, causes in told for cause in causes)


def _report(path: Path, digest: Callable[[bytes], None], taken: list[datetime], run: _Round) -> None:
    # A function of its own: when the next file is read, nothing of this one is left.
    recording = read_recording(path)
    if isinstance(recording, NotObserved):
        digest(str(path).encode("utf-8", "surrogateescape"))
        run.hosts.append(HostReport(host=str(path), not_observed=recording))
        return
    taken.append(recording.taken_at)
    if isinstance(recording, ClusterRecording):
        digest(recording.answer.stdout if recording.answer else recording.host.encode("utf-8", "surrogatepass"))
        run.views.append(view_of(recording))
        return
    digest(recording.answer.stdout)
    run.hosts.append(judged(recording.host, seen_in(recording)))


def _broken(why: str) -> NotObserved:
    return NotObserved(reason="not-a-recording", phase="parse", detail=why, hint=_HINT)
