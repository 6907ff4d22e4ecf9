"""One workload: a shell script with `prepare` and `work`, and what its head says about it."""

import lzma
import re
from pathlib import Path

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.run import Recording

WORKLOADS = Path(__file__).with_name("workloads")
RECORDINGS = Path(__file__).with_name("recordings")
_FIELD = re.compile(r"^# (packages|programs): *(.*)$", re.MULTILINE)


class Workload(Frozen):
    """`packages` are installed before `prepare`; each of `programs` is a name seen in the process table at work."""

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]

    @property
    def script(self) -> Path:
        """What runs on the host."""
        return WORKLOADS / f"{self.name}.sh"

    @property
    def preparation(self) -> str:
        """What of the script decides how the host's disk looks before the work begins."""
        before = self.script.read_text().partition("\nwork() {")[0]
        return "\n".join(line for line in before.splitlines() if not line.startswith("# programs:"))

    @property
    def recordings(self) -> Path:
        """The snapshots taken of it: one `Recording` per line, compressed."""
        return RECORDINGS / f"{self.name}.jsonl.xz"


def keep(workload: Workload, taken: tuple[Recording, ...]) -> None:
    """Write them, in the place of those of an earlier day."""
    lines = "".join(recording.model_dump_json() + "\n" for recording in taken)
    workload.recordings.parent.mkdir(exist_ok=True)
    workload.recordings.write_bytes(lzma.compress(lines.encode(), preset=9))


def recorded(workload: Workload) -> tuple[Recording, ...]:
    """What was kept of it, in the order it was taken."""
    lines = lzma.decompress(workload.recordings.read_bytes()).splitlines()
    return tuple(Recording.model_validate_json(line) for line in lines)


def workloads() -> tuple[Workload, ...]:
    """All of them, sorted by name."""
    return tuple(_workload(path) for path in sorted(WORKLOADS.glob("*.sh")))


def _workload(path: Path) -> Workload:
    words: dict[str, tuple[str, ...]] = {"packages": (), "programs": ()}
    for field, text in _FIELD.findall(path.read_text()):
        words[field] += tuple(text.split())
    return Workload(name=path.stem, packages=words["packages"], programs=words["programs"])
