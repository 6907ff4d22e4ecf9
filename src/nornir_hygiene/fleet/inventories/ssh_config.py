"""The hosts of an OpenSSH client config: every `Host` name without a wildcard, `Include` followed.

Only the names are taken from here. How each is reached (HostName, User, ProxyJump, …) stays with ssh itself, so the
transport is openssh unless somebody says otherwise.
"""

import glob
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.fleet.inventory_file import SETTINGS_KEY
from nornir_hygiene.fleet.transports.patterns import matches_any

USER_FILE = "~/.ssh/config"
# As in OpenSSH (readconf.c, READCONF_MAX_DEPTH): who includes itself is told so.
_MAX_DEPTH = 16
_LINE = re.compile(r"\s*(?P<keyword>[A-Za-z0-9]+)(?:\s*=\s*|\s+|$)(?P<value>.*)$")
_PATTERN = re.compile(r"[*?!]")

Conditions = tuple[tuple[str, ...], ...]


def load(place: str, defaults: Defaults) -> Inventory:
    """The inventory of `place`, else of the user's own file. Raises ConfigError with file and line."""
    path = Path(place or USER_FILE).expanduser()
    names = dict.fromkeys(_names(path, (), 0))
    if not names:
        raise ConfigError("names no host", path, hint="a host is a line such as `Host worker-1`, without a wildcard")
    settings: dict[str, Any] = {"transport": "openssh"}
    if place:
        settings["ssh_config"] = path
    data = {SETTINGS_KEY: settings}
    # No hostname: ssh must be asked for the name as it stands in the file, or its block would not apply.
    hosts = Hosts({name: Host(name=name, data=dict(data), defaults=defaults) for name in names})
    return Inventory(hosts=hosts, groups=Groups(), defaults=defaults)


def _names(path: Path, conditions: Conditions, depth: int) -> Iterator[str]:
    """In the order of the file. `conditions`: the `Host` patterns around an `Include`, all of which must match."""
    block: tuple[str, ...] = ("*",)
    for number, line in enumerate(_lines(path), 1):
        keyword, words = _directive(line, path, number)
        if keyword == "host":
            block = words
            yield from (name for name in words if _is_name(name) and _applies(name, conditions))
        elif keyword == "match":
            block = ("*",)  # what it asks is ssh's to decide
        elif keyword == "include":
            if depth >= _MAX_DEPTH:
                raise ConfigError("too many levels of Include", path, number, "does a file include itself?")
            for included in _included(words):
                yield from _names(included, (*conditions, block), depth + 1)


def _directive(line: str, path: Path, number: int) -> tuple[str, tuple[str, ...]]:
    found = None if line.lstrip().startswith("#") else _LINE.match(line)
    if found is None or found["keyword"].lower() not in ("host", "match", "include"):
        return "", ()
    try:
        words = tuple(shlex.split(found["value"], comments=True))
    except ValueError as error:
        raise ConfigError(f"{found['keyword']}: {error}", path, number) from None
    if not words:
        raise ConfigError(f"{found['keyword']} without a value", path, number)
    return found["keyword"].lower(), words


def _is_name(word: str) -> bool:
    return not _PATTERN.search(word)


def _applies(name: str, conditions: Conditions) -> bool:
    return all(matches_any(name, patterns) for patterns in conditions)


def _included(words: tuple[str, ...]) -> Iterator[Path]:
    """ssh_config(5): a relative path starts at ~/.ssh, wherever the file lies that names it; sorted like glob(3)."""
    for word in words:
        pattern = str(Path("~/.ssh").expanduser() / Path(word).expanduser())
        found = sorted(glob.glob(pattern))  # noqa: PTH207  # Path.glob finds hidden files, glob(3) does not
        yield from (path for path in map(Path, found) if path.is_file())


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path, hint="give --inventory ssh-config:PATH") from None
