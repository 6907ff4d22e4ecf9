"""Inventory entries nobody can audit, each broken in its own way, and logins with hardly a free pid."""

import random
from pathlib import Path

from nornir_hygiene.lab import keys
from nornir_hygiene.lab.model import Entry
from nornir_hygiene.lab.places import KEYS_DIR, SUBNET
from nornir_hygiene.lab.roster import ALL_HOSTS, CEPH_HOSTS, CLEAN, WORKERS

FREE_PIDS = (0, 1, 3)
# Not the clean host: a login at its limit is a full pids cgroup, which an audit at that moment rightly reports.
TIGHT_HOST = CEPH_HOSTS[1]
UNREACHABLE, TIGHT = "unreachable", "tight"
_STRANGER = KEYS_DIR / "stranger_ed25519"
_IMPOSTOR = KEYS_DIR / "impostor_ed25519"
_CHANGED = KEYS_DIR / "known_hosts_changed"
_EMPTY = KEYS_DIR / "known_hosts_empty"
_SILENT = KEYS_DIR / "known_hosts_silent"


def tight_key(free: int) -> Path:
    """The key whose login is left with `free` free pids."""
    return KEYS_DIR / f"tight-{free}_ed25519"


def make_keys() -> None:
    """The keys and known_hosts files the entries need."""
    for path in (_STRANGER, _IMPOSTOR, *map(tight_key, FREE_PIDS)):
        keys.make_key(path, path.name)
    keys.write_known_hosts(_CHANGED, {CLEAN.address: _IMPOSTOR})
    keys.write_known_hosts(_EMPTY, {})


def forced_commands() -> dict[str, str]:
    """Public key to the command its login is bound to, on `TIGHT_HOST`."""
    return {keys.public_line(tight_key(n)): f"/usr/local/sbin/login-that-is-tight {n}" for n in FREE_PIDS}


def silent_port(rng: random.Random) -> int:
    """Where the clean host's mute listener sits."""
    return rng.randint(2200, 2299)


def draw(seed: int) -> tuple[Entry, ...]:
    """All entries of a seed; addresses, ports and names differ between seeds."""
    rng = random.Random(f"{seed}:entries")
    mute = silent_port(random.Random(f"{seed}:mute"))
    keys.write_known_hosts(_SILENT, {f"[{CLEAN.address}]:{mute}": keys.host_key(CLEAN)})
    return (*_off_the_network(rng, mute), *_keys(rng), *_logins(rng), *_tight(rng))


def _off_the_network(rng: random.Random, mute: int) -> tuple[Entry, ...]:
    closed = rng.choice(WORKERS)
    nowhere = f"{SUBNET}.{rng.randint(200, 250)}"
    silent = {"known_hosts": str(_SILENT)}
    return (
        Entry(name=_name(rng, "gone"), group=UNREACHABLE, hostname=nowhere, expected_reason="no-route"),
        _at(closed.name, _name(rng, "shut"), "connection-refused", port=rng.randint(2300, 2399)),
        _at(CLEAN.name, _name(rng, "mute"), "silent-listener", port=mute, data=silent),
    )


def _keys(rng: random.Random) -> tuple[Entry, ...]:
    return (
        _at(CLEAN.name, _name(rng, "locked"), "auth-failed", data={"identity_file": str(_STRANGER)}),
        _at(CLEAN.name, _name(rng, "rekeyed"), "host-key-changed", data={"known_hosts": str(_CHANGED)}),
        _at(CLEAN.name, _name(rng, "stranger"), "host-key-unknown", data={"known_hosts": str(_EMPTY)}),
    )


def _logins(rng: random.Random) -> tuple[Entry, ...]:
    return (
        _at(CLEAN.name, _name(rng, "asleep"), "login-hung", username="sleeper"),
        _at(CLEAN.name, _name(rng, "cut"), "probe-cut-short", username="cutter"),
        _at(CLEAN.name, _name(rng, "flood"), "output-too-large", username="flooder"),
    )


def _tight(rng: random.Random) -> tuple[Entry, ...]:
    return tuple(
        _at(
            TIGHT_HOST.name, _name(rng, f"tight-{n}-free"), None, group=TIGHT, data={"identity_file": str(tight_key(n))}
        )
        for n in FREE_PIDS
    )


def _at(
    host: str,
    name: str,
    reason: str | None,
    *,
    group: str = UNREACHABLE,
    port: int = 22,
    username: str = "root",
    data: dict[str, str] | None = None,
) -> Entry:
    address = next(spec.address for spec in ALL_HOSTS if spec.name == host)
    return Entry(
        name=name,
        group=group,
        hostname=address,
        port=port,
        username=username,
        data=data or {},
        expected_reason=reason,
        real_host=host,
    )


def _name(rng: random.Random, stem: str) -> str:
    return f"{stem}-{rng.randint(10, 99)}"
