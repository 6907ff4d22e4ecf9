"""The part of ssh_config(5) that the paramiko transport honours; everything else is refused loudly.

A file is read once. For one host the first value of a keyword wins, identity files add up, as in OpenSSH.
"""

import functools
import getpass
import re
import shlex
import socket
from pathlib import Path
from typing import NamedTuple

from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.patterns import matches_any
from nornir_hygiene.fleet.transports.protocol import NotReached

USER_FILE = Path("~/.ssh/config")

_HONOURED = """
    hostname port user identityfile identitiesonly userknownhostsfile globalknownhostsfile hostkeyalias
    connecttimeout addressfamily
"""
# They change nothing about how a command is run on this host, or only make things faster or more permissive.
_HARMLESS = """
    addkeystoagent batchmode canonicaldomains canonicalizefallbacklocal checkhostip clearallforwardings compression
    connectionattempts controlmaster controlpath controlpersist dynamicforward enableescapecommandline escapechar
    exitonforwardfailure fingerprinthash forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports
    gssapiauthentication gssapidelegatecredentials hashknownhosts ignoreunknown ipqos kbdinteractiveauthentication
    challengeresponseauthentication localforward loglevel logverbose nohostauthenticationforlocalhost
    numberofpasswordprompts passwordauthentication permitlocalcommand permitremoteopen pubkeyauthentication
    rekeylimit remoteforward requesttty sendenv serveralivecountmax serveraliveinterval streamlocalbindmask
    streamlocalbindunlink stricthostkeychecking syslogfacility tcpkeepalive updatehostkeys usekeychain
    visualhostkey warnweakcrypto xauthlocation
"""
_KNOWN = frozenset(_HONOURED.split() + _HARMLESS.split())
# These values ask for nothing.
_NEUTRAL = {
    "proxyjump": ("none",),
    "proxycommand": ("none",),
    "certificatefile": ("none",),
    "identityagent": ("ssh_auth_sock", "$ssh_auth_sock"),
    "canonicalizehostname": ("no",),
    "verifyhostkeydns": ("no",),
    "hostbasedauthentication": ("no",),
}
_LISTS = ("identityfile", "userknownhostsfile", "globalknownhostsfile")
_FAMILIES = {"any": socket.AF_UNSPEC, "inet": socket.AF_INET, "inet6": socket.AF_INET6}
_LINE = re.compile(r"\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$")


class Directive(NamedTuple):
    """One line: `keyword` in lower case, `spelled` as written."""

    keyword: str
    spelled: str
    value: str
    where: str


class Way(NamedTuple):
    """How the file says one host is reached; None and empty where it says nothing."""

    hostname: str
    port: int | None = None
    user: str | None = None
    identity_files: tuple[Path, ...] = ()
    identities_only: bool = False
    user_known_hosts: tuple[Path, ...] | None = None
    global_known_hosts: tuple[Path, ...] | None = None
    host_key_alias: str | None = None
    connect_timeout_s: float | None = None
    family: socket.AddressFamily = socket.AF_UNSPEC


def way_to(host: str, user: str | None, path: Path | None) -> Way:
    """What `path` (else the user's own file) says about `host`. Raises NotReached(ssh-config-unsupported)."""
    directives = _read((path or USER_FILE).expanduser(), required=path is not None)
    try:
        return _honoured(host, user, directives)
    except (ValueError, KeyError) as error:  # a number that is none, a quote without its other half
        raise NotReached(reasons.named("wrong-settings", "lookup", f"ssh_config for {host}: {error}")) from None


def _honoured(host: str, user: str | None, directives: tuple[Directive, ...]) -> Way:
    first: dict[str, Directive] = {}
    identities: list[str] = []
    for directive in _matching(directives, host, user):
        if directive.keyword == "identityfile":
            identities.append(directive.value)
        first.setdefault(directive.keyword, directive)
    for directive in first.values():
        _check(directive)
    said = {keyword: found.value if keyword in _LISTS else _word(found.value) for keyword, found in first.items()}
    return _way(host, user, said, identities)


def _way(host: str, user: str | None, said: dict[str, str], identities: list[str]) -> Way:
    hostname = said.get("hostname", host).replace("%h", host).replace("%%", "%")
    remote_user = user or said.get("user") or getpass.getuser()

    def paths(value: str | None) -> tuple[Path, ...] | None:
        if value is None:
            return None
        words = [word for word in shlex.split(value) if word.lower() != "none"]
        return tuple(_path(word, hostname, host, remote_user) for word in words)

    return Way(
        hostname=hostname,
        port=int(said["port"]) if "port" in said else None,
        user=said.get("user"),
        identity_files=tuple(path for value in identities for path in paths(value) or ()),
        identities_only=said.get("identitiesonly", "no").lower() == "yes",
        user_known_hosts=paths(said.get("userknownhostsfile")),
        global_known_hosts=paths(said.get("globalknownhostsfile")),
        host_key_alias=said.get("hostkeyalias"),
        connect_timeout_s=float(said["connecttimeout"]) if said.get("connecttimeout", "none") != "none" else None,
        family=_FAMILIES[said.get("addressfamily", "any").lower()],
    )


def _path(word: str, hostname: str, host: str, remote_user: str) -> Path:
    tokens = {"%%": "%", "%h": hostname, "%n": host, "%r": remote_user, "%d": str(Path.home()), "%u": getpass.getuser()}
    unknown = set(re.findall(r"%.", word)) - set(tokens)
    if unknown:
        raise ValueError(f"token {min(unknown)} in {word} is not known here; set transport: openssh")
    return Path(re.sub(r"%.", lambda found: tokens[found.group()], word)).expanduser()


def _check(directive: Directive) -> None:
    neutral = directive.value.lower() in _NEUTRAL.get(directive.keyword, ())
    if neutral or directive.keyword in _KNOWN:
        return
    detail = f"{directive.where}: {directive.spelled} {directive.value} cannot be honoured by transport paramiko"
    raise NotReached(reasons.named("ssh-config-unsupported", "lookup", detail, "set transport: openssh"))


def _matching(directives: tuple[Directive, ...], host: str, user: str | None) -> list[Directive]:
    """The lines that count for this host, in the order of the file."""
    active, found, hostname = True, list[Directive](), host
    for directive in directives:
        if directive.keyword == "host":
            active = matches_any(host, shlex.split(directive.value))
        elif directive.keyword == "match":
            active = _match(directive, host, hostname, user)
        elif active:
            found.append(directive)
            if directive.keyword == "hostname" and hostname == host:
                hostname = _word(directive.value)
    return found


def _match(directive: Directive, host: str, hostname: str, user: str | None) -> bool:
    subjects = {
        "host": hostname,
        "originalhost": host,
        "user": user or getpass.getuser(),
        "localuser": getpass.getuser(),
    }
    words = shlex.split(directive.value)
    if [word.lower() for word in words] == ["all"]:
        return True
    verdicts = []
    for criterion, patterns in zip(words[::2], words[1::2], strict=False):
        if criterion.lower() not in subjects:
            _check(directive)
        verdicts.append(matches_any(subjects[criterion.lower()], patterns.split(",")))
    if len(words) % 2:  # `Match final`, `Match canonical`, or a negation: what they mean is not decided here
        _check(directive)
    return all(verdicts)


def _read(path: Path, *, required: bool) -> tuple[Directive, ...]:
    try:
        return _parse(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        if not required:
            return ()
        raise NotReached(reasons.named("wrong-settings", "lookup", f"ssh_config: {path} does not exist")) from None


@functools.lru_cache(maxsize=64)
def _parse(path: Path, _mtime_ns: int) -> tuple[Directive, ...]:
    directives = []
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        found = None if line.lstrip().startswith("#") else _LINE.match(line)
        if found:
            directives.append(_directive(found.group(1), found.group(2), f"{path}:{number}"))
    return tuple(directives)


def _directive(spelled: str, value: str, where: str) -> Directive:
    return Directive(spelled.lower(), spelled, value, where)


def _word(value: str) -> str:
    return (shlex.split(value) or [""])[0]
