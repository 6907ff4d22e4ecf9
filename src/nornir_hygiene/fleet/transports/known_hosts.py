"""known_hosts files, read once per process: which keys speak for a host, and which against it.

A line is `[@marker] names type base64 [comment]`; names are `host,[host]:port,*.pattern,!pattern` or one `|1|salt|hash`
(HMAC-SHA1 of the name, sshd(8) SSH_KNOWN_HOSTS FILE FORMAT). Keys are compared as bytes; none is ever parsed.
"""

import base64
import binascii
import contextlib
import functools
import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.patterns import matches_any
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.host import NotObserved

USER_FILE = Path("~/.ssh/known_hosts")
SYSTEM_FILE = Path("/etc/ssh/ssh_known_hosts")
_COMPARE = "compare the fingerprint, then add the key to known_hosts (ssh-keyscan)"
_AUTHORITY = "only a certificate authority is known for it; set transport: openssh"
_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")


class Entry(NamedTuple):
    """One line that names keys."""

    marker: Literal["", "@revoked", "@cert-authority"]
    names: str
    key_type: str
    blob: bytes
    where: str


class _File(NamedTuple):
    by_name: dict[str, list[Entry]]
    by_pattern: list[Entry]
    hashed: list[tuple[bytes, bytes, Entry]]


class HostKeys:
    """What the files say about one host."""

    def __init__(self, name: str, files: Iterable[Path]) -> None:
        self.name = name
        self.files = tuple(path.expanduser() for path in files)
        found = [entry for path in self.files for entry in _entries(_load(path), name)]
        self._known = [entry for entry in found if not entry.marker]
        self._revoked = {entry.blob for entry in found if entry.marker == "@revoked"}
        self._authorities = any(entry.marker == "@cert-authority" for entry in found)

    def preferred_algorithms(self, offered: Iterable[str]) -> list[str]:
        """`offered`, those of the known keys first: a host with several keys then shows one that can be checked."""
        wanted = self._known_algorithms()
        return sorted(offered, key=lambda algorithm: algorithm not in wanted)  # stable: keeps the order otherwise

    def useless_algorithms(self, offered: Iterable[str]) -> list[str]:
        """For a client that takes no order: those of `offered` that no known key has; none if no key is known."""
        wanted = self._known_algorithms()
        return [algorithm for algorithm in offered if algorithm not in wanted] if wanted else []

    def none_of(self, said: str) -> NotObserved:
        """The host shows no key of a known type; `said` are the client's words."""
        return reasons.host_key_unknown(f"{self.name}: {said}", _COMPARE)

    def check(self, key_type: str, blob: bytes) -> None:
        """Strict: only a known key passes. Raises NotReached."""
        if blob in self._revoked:
            detail = f"{self.name} shows a revoked key: {key_type} {fingerprint(blob)}"
            raise NotReached(reasons.host_key_changed(detail, "do not connect; ask who revoked it"))
        same_type = [entry for entry in self._known if entry.key_type == key_type]
        if any(hmac.compare_digest(entry.blob, blob) for entry in same_type):
            return
        if same_type:
            raise NotReached(self._changed(same_type[0], blob))
        raise NotReached(self._unknown(key_type, blob))

    def _known_algorithms(self) -> set[str]:
        types = {entry.key_type for entry in self._known}
        return types | set(_RSA_SIGNATURES if "ssh-rsa" in types else ())

    def _changed(self, known: Entry, blob: bytes) -> NotObserved:
        file = known.where.rpartition(":")[0]
        shown, expected = fingerprint(blob), fingerprint(known.blob)
        return reasons.host_key_changed(
            f"{self.name} shows {known.key_type} {shown}, known is {expected} ({known.where})",
            f"if the host was reinstalled: ssh-keygen -R '{self.name}' -f {file}; otherwise somebody is in between",
        )

    def _unknown(self, key_type: str, blob: bytes) -> NotObserved:
        hint = _AUTHORITY if self._authorities else _COMPARE
        looked = ", ".join(f"{path}{'' if path.exists() else ' (missing)'}" for path in self.files)
        detail = f"no {key_type} key known for {self.name} in {looked}; it shows {fingerprint(blob)}"
        return reasons.host_key_unknown(detail, hint)


def name_of(hostname: str, port: int) -> str:
    """How known_hosts files call a host."""
    return hostname.lower() if port == 22 else f"[{hostname.lower()}]:{port}"


def fingerprint(blob: bytes) -> str:
    """As ssh-keygen -l prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _entries(file: _File, name: str) -> list[Entry]:
    found = list(file.by_name.get(name, ()))
    found += [entry for entry in file.by_pattern if matches_any(name, entry.names.split(","))]
    encoded = name.encode()
    found += [entry for salt, digest, entry in file.hashed if hmac.digest(salt, encoded, "sha1") == digest]
    return found


def _load(path: Path) -> _File:
    try:
        status = path.stat()
    except OSError:
        return _File({}, [], [])
    return _parse(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=64)
def _parse(path: Path, _mtime_ns: int, _size: int) -> _File:
    file = _File({}, [], [])
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        entry = _entry(line.split(), f"{path}:{number}")
        if entry is not None:
            _index(file, entry)
    return file


def _entry(words: list[str], where: str) -> Entry | None:
    if not words or words[0].startswith("#"):
        return None
    marker: Literal["", "@revoked", "@cert-authority"] = ""
    if words[0] in ("@revoked", "@cert-authority"):
        marker = "@revoked" if words[0] == "@revoked" else "@cert-authority"
        words = words[1:]
    if len(words) < 3 or words[0].startswith("@"):
        return None
    try:
        return Entry(marker, words[0].lower() if words[0][0] != "|" else words[0], words[1], _decode(words[2]), where)
    except binascii.Error:
        return None


def _index(file: _File, entry: Entry) -> None:
    if entry.names.startswith("|"):
        _index_hashed(file, entry)
    elif any(sign in entry.names for sign in "*?!"):
        file.by_pattern.append(entry)
    else:
        for name in entry.names.split(","):
            file.by_name.setdefault(name, []).append(entry)


def _index_hashed(file: _File, entry: Entry) -> None:
    _, version, salt, digest = [*entry.names.split("|"), "", "", ""][:4]
    with contextlib.suppress(binascii.Error):
        if version == "1":
            file.hashed.append((_decode(salt), _decode(digest), entry))


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
