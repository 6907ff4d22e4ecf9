"""Hosts that must not go away while we work: the machine we work on, and those that others are reached through."""

import re
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from nornir.core.inventory import Host, Inventory

from nornir_hygiene.fleet.selection import settings_for
from nornir_hygiene.models.plan import Plan, Refusal
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.models.settings import HostSettings

_DEFAULT_CONFIGS = (Path("~/.ssh/config"), Path("/etc/ssh/ssh_config"))
_LINE = re.compile(r"^\s*(proxyjump|proxycommand|include)\s*[=\s]\s*(.*?)\s*$", re.IGNORECASE)
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.:_-]*$")
# Deeper than ssh itself follows them.
_INCLUDES = 16
_SSH_G_S = 10


class Lifelines:
    """Of one inventory. Reads the ssh_config files its hosts are reached with, once, and only if it is asked."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def against(self, name: str, risk: Risk) -> Refusal | None:
        """Why this host is left alone by a runbook of that risk; also one that is not in the inventory is not."""
        host = self._inventory.hosts.get(name)
        if host is None or risk is Risk.SAFE:
            return None
        own = addresses(host.hostname or name)
        # Behind a forwarded port lives somebody else; who shares our boot is told by another guard.
        if host.port in (None, 22) and any(map(_is_here, own)):
            return Refusal(guard="not-this-machine", why=f"{name} is the machine this is done from")
        through = self._jumps & {name, *own}
        if through:
            why = f"other hosts are reached through it: an ssh option or ssh_config names {min(through)} as the way"
            return Refusal(guard="not-the-way", why=why)
        return None

    def guarded(self, plan: Plan) -> Plan:
        """The plan, with what is said here against its targets."""
        against = [self.against(target.host, plan.risk) for target in plan.targets]
        targets = (
            target.model_copy(update={"refused": (no, *target.refused)}) if no else target
            for no, target in zip(against, plan.targets, strict=True)
        )
        return plan.model_copy(update={"targets": tuple(targets)})

    @cached_property
    def _jumps(self) -> frozenset[str]:
        """By all their names and addresses."""
        found: set[str] = set()
        for config, words in self._ways().items():
            for word in words:
                found |= {word, *addresses(_hostname(word, config))}
        return frozenset(found)

    def _ways(self) -> dict[Path | None, set[str]]:
        """The hosts in between that stand in options and in each ssh_config that is used."""
        ways: dict[Path | None, set[str]] = {}
        for host in self._inventory.hosts.values():
            settings = settings_for(host)
            if settings.transport != "openssh":  # the others refuse what asks for a host in between
                continue
            config = settings.ssh_config
            if config not in ways:
                files = (config,) if config else _DEFAULT_CONFIGS
                ways[config] = {word for file in files for word in named_in(file.expanduser())}
            ways[config] |= _options(host, settings)
        return ways


def _options(host: Host, settings: HostSettings) -> set[str]:
    lines = (f"{key} {value}" for key, value in settings.ssh_options.items())
    return set(_named(lines, 0)) - {host.name}


def named_in(file: Path, depth: int = 0) -> Iterator[str]:
    """Every host a file names as a way to others, whomever that is for; a file that cannot be read names none."""
    with suppress(OSError):
        yield from _named(file.read_text(encoding="utf-8", errors="replace").splitlines(), depth)


def _named(lines: Iterable[str], depth: int) -> Iterator[str]:
    for found in filter(None, map(_LINE.match, lines)):
        keyword, value = found[1].lower(), found[2].strip('"')
        if keyword == "include" and depth < _INCLUDES:
            for pattern in value.split():
                beside = Path(pattern).expanduser()
                folder = Path(beside.anchor) if beside.is_absolute() else Path("~/.ssh").expanduser()
                for file in sorted(folder.glob(str(beside.relative_to(beside.anchor)))):
                    yield from named_in(file, depth + 1)
        elif keyword != "include":
            yield from filter(None, map(_host_in, re.split(r"[\s,]+", value)))


def _host_in(word: str) -> str:
    """`user@jump:22` and `ssh://user@jump:22` as well; words of a command that are no host match no host either."""
    host = word.removeprefix("ssh://").rpartition("@")[2].strip("'\"/")
    bracketed = re.fullmatch(r"\[(.*)\](:\d+)?", host)
    host = bracketed[1] if bracketed else re.sub(r"^([^:]+):\d+$", r"\1", host)
    return host if _NAME.match(host) and host.lower() != "none" else ""


def _hostname(word: str, config: Path | None) -> str:
    """What ssh itself makes of it: it may be a name of that file only."""
    options = ["-F", str(config.expanduser())] if config else []
    with suppress(OSError, subprocess.TimeoutExpired):
        told = subprocess.run(
            ["ssh", "-G", *options, "--", word], capture_output=True, text=True, timeout=_SSH_G_S, check=False
        ).stdout
        return next((line.split()[1] for line in told.splitlines() if line.startswith("hostname ")), word)
    return word


def addresses(name: str) -> set[str]:
    """All of them, and the name; of a name that nobody knows only that."""
    with suppress(OSError, UnicodeError):
        return {name, *(str(found[4][0]) for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))}
    return {name}


def _is_here(address: str) -> bool:
    """Whoever would be reached from his own address is this machine. Nothing is sent."""
    with suppress(OSError, UnicodeError):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((address, 9))
            return bool(way.getsockname()[0] == address)
    return False
