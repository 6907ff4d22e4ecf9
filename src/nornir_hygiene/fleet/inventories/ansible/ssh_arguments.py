"""`-o ProxyCommand="ssh -W %h:%p jump" -J jump -i key` -> options, as ssh(1) reads its command line."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

_WITH_VALUE = frozenset("BbcDEeFIiJLlmOoPpQRSWw")
_AS_OPTION = {"J": ("ProxyJump", ""), "4": ("AddressFamily", "inet"), "6": ("AddressFamily", "inet6")}
# nr's own are always set: host keys are checked, nothing is asked, nothing is forwarded.
_NOT_TAKEN = frozenset(
    {
        "stricthostkeychecking",
        "batchmode",
        "updatehostkeys",
        "loglevel",
        "remotecommand",
        "requesttty",
        "forwardagent",
        "controlmaster",
        "controlpath",
        "controlpersist",
    }
)


@dataclass
class SshArguments:
    """What of it means something to nr."""

    options: dict[str, str] = field(default_factory=dict)
    identity_file: str | None = None
    config: str | None = None
    port: int | None = None
    user: str | None = None


def parsed(text: str) -> SshArguments:
    """Total: what cannot be split at its quotes is split at its spaces."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    found = SshArguments()
    for flag, value in _flags(words):
        _take(found, flag, value)
    return found


def _flags(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each flag and its value: `-oA=b`, `-o A=b`, `-CJ jump`."""
    rest = iter(words)
    for word in rest:
        letters = word[1:] if word.startswith("-") else ""
        for number, letter in enumerate(letters):
            if letter in _WITH_VALUE:
                yield letter, letters[number + 1 :] or next(rest, "")
                break
            yield letter, ""


def _take(found: SshArguments, flag: str, value: str) -> None:
    if flag == "o":
        key, _, option = value.replace(" ", "=", 1).partition("=") if "=" not in value else value.partition("=")
        _option(found, key.strip(), option.strip())
    elif flag in _AS_OPTION:
        key, fixed = _AS_OPTION[flag]
        _option(found, key, fixed or value)
    elif flag == "i":
        found.identity_file = value
    elif flag == "F":
        found.config = value
    elif flag == "p" and value.isdigit():
        found.port = int(value)
    elif flag == "l":
        found.user = value


def _option(found: SshArguments, key: str, value: str) -> None:
    no_keys = key.lower() == "userknownhostsfile" and value == "/dev/null"
    if not key.isalnum() or key.lower() in _NOT_TAKEN or no_keys:
        return
    lower = {each.lower() for each in found.options}
    if key.lower() not in lower:  # ssh takes the first
        found.options[key] = value
