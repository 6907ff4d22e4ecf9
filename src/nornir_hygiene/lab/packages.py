"""The machine's own package sources, narrowed to those the image is made from."""

import re
from pathlib import Path

from nornir_hygiene.errors import LabUnavailable
from nornir_hygiene.lab.command import run

SUITE = "bookworm"
SUITES = frozenset({SUITE, f"{SUITE}-updates", f"{SUITE}-security"})
_ONE_LINE = re.compile(r"^deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(?P<suite>\S+)\s+(?P<components>.+)$")


def write_sources(folder: Path) -> list[Path]:
    """Write `lab.list` and `lab.sources` from the machine's own sources; return those that are not empty."""
    lines = [line for file in _files(".list") for line in _one_line_sources(file.read_text())]
    stanzas = [stanza for file in _files(".sources") for stanza in _stanzas(file.read_text())]
    if not lines and not stanzas:
        hint = f"the image is made from the machine's own sources in /etc/apt; none of them offers {SUITE} main"
        raise LabUnavailable(f"no Debian {SUITE} package source is configured", hint)
    written = []
    for name, parts, joint in (("lab.list", lines, "\n"), ("lab.sources", stanzas, "\n\n")):
        if parts:
            (folder / name).write_text(joint.join(parts) + "\n")
            written.append(folder / name)
    return written


def acquire_options() -> list[str]:
    """The machine's own proxy, retry and validity settings: the image's packages take the same way."""
    shown = run(["apt-config", "dump", "Acquire"]).stdout.splitlines()
    wanted = re.compile(r'^Acquire::(http|https|Retries|Check-|ForceIP).* "[^"]+";$')
    return [line for line in shown if wanted.match(line)]


def _files(suffix: str) -> list[Path]:
    parts = sorted(Path("/etc/apt/sources.list.d").glob(f"*{suffix}"))
    return [file for file in (Path("/etc/apt/sources.list"), *parts) if file.suffix == suffix and file.is_file()]


def _one_line_sources(text: str) -> list[str]:
    found = (_ONE_LINE.match(line.split("#")[0].strip()) for line in text.splitlines())
    return [m.group(0) for m in found if m and m["suite"] in SUITES and "main" in m["components"].split()]


def _stanzas(text: str) -> list[str]:
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [stanza.strip() for stanza in re.split(r"\n\s*\n", plain) if _wanted(stanza)]


def _wanted(stanza: str) -> bool:
    fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
    suites = set(fields.get("Suites", "").split())
    return (
        "deb" in fields.get("Types", "").split()
        and "main" in fields.get("Components", "").split()
        and bool(suites)
        and suites <= SUITES
        and fields.get("Enabled", "yes").strip() != "no"
    )
