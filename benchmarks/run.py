"""`make bench`: what we cost beside what everybody runs, as ratios measured in turn in the same minute."""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nornir_hygiene.collect.request import probe_script
from nornir_hygiene.parse.ps import parse_ps

ROUNDS = 15
NONCE = "beefbeefbeefbeef"
DECLARED = ["ps", "-eo", "pid,ppid,stat,lstart,wchan"]


@contextmanager
def processes(wanted: int) -> Iterator[int]:
    """At least `wanted` processes on this machine; the number there are."""
    running = len(list(Path("/proc").glob("[0-9]*")))
    sleepers = [subprocess.Popen(["sleep", "600"]) for _ in range(max(0, wanted - running))]
    try:
        yield len(list(Path("/proc").glob("[0-9]*")))
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()


def cpu_ms(command: list[str], stdin: bytes = b"") -> tuple[float, int]:
    """CPU of a command and all its children in ms, and the bytes it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used * 1000, len(done.stdout)


def probe_cost() -> None:
    probe = ["sh", "-s", "--", NONCE, "3000", "9000"]
    with processes(500) as count:
        pairs = [(cpu_ms(probe, probe_script()), cpu_ms(DECLARED)) for _ in range(ROUNDS)]
    ours = statistics.median(one[0] for one, _ in pairs)
    theirs = statistics.median(other[0] for _, other in pairs)
    ratio = statistics.median(one[0] / other[0] for one, other in pairs)
    size = statistics.median(one[1] for one, _ in pairs)
    print(f"probe on a host with {count} processes: {ours:.0f} ms CPU")
    print(f"  the declared ps alone {theirs:.0f} ms, ratio {ratio:.2f}")
    print(f"  answer {size / 1000:.0f} kB, script {len(probe_script()) / 1000:.0f} kB")


def parser_speed() -> None:
    row = "  4242       1 Ss   Sat Nov 21 17:49:25 2026 do_epoll_wait"
    lines = [row.replace("4242", str(number)) for number in range(1, 2001)]
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        parse_ps(lines)
        times.append(time.perf_counter() - begun)
    print(f"ps parser: {2000 / statistics.median(times) / 1000:.0f} k rows/s (2 000-row table)")


def main() -> int:
    probe_cost()
    parser_speed()
    return 0


if __name__ == "__main__":
    sys.exit(main())
