"""The scripts hosts are sent, put together from their parts in a folder `scripts` of their room."""

from functools import cache
from importlib.resources import files

# In this order; the last one holds the only line that does anything.
PROBE = ("session", "forkless", "passes", "table", "choice", "suspects", "samples", "names", "probe")
CEPH = ("session", "ceph")


@cache
def script_of(parts: tuple[str, ...], room: str = "nornir_hygiene.collect") -> bytes:
    """One constant text, without the comments: they are a third of it, and no host reads them."""
    folder = files(room) / "scripts"
    lines = (line for part in parts for line in (folder / f"{part}.sh").read_bytes().splitlines(keepends=True))
    return b"".join(line for line in lines if line.strip() and not line.lstrip().startswith(b"#"))
