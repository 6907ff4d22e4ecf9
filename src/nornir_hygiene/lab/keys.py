"""SSH keys made for one lab and thrown away with it. No host key is ever learnt from the network."""

from pathlib import Path

from nornir_hygiene.lab.command import run
from nornir_hygiene.lab.model import HostSpec
from nornir_hygiene.lab.places import IDENTITY, KEYS_DIR, KNOWN_HOSTS

HOST_KEYS_DIR = KEYS_DIR / "hosts"


def make_identities() -> None:
    """The login key and the folders for the others."""
    HOST_KEYS_DIR.mkdir(parents=True, exist_ok=True)
    KEYS_DIR.chmod(0o700)
    make_key(IDENTITY, "nornir-hygiene lab")


def make_key(path: Path, comment: str) -> str:
    """A new ed25519 key pair at `path`; its public line."""
    for old in (path, path.with_name(path.name + ".pub")):
        old.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)])
    return public_line(path)


def public_line(path: Path) -> str:
    """`ssh-ed25519 AAAA... comment`, without a line end."""
    return path.with_name(path.name + ".pub").read_text().strip()


def host_key(spec: HostSpec) -> Path:
    """Where a host's own key is kept."""
    return HOST_KEYS_DIR / f"{spec.name}_ed25519"


def write_known_hosts(path: Path, keys: dict[str, Path]) -> None:
    """A known_hosts file of exactly these addresses (`host` or `[host]:port`) and key files."""
    lines = [f"{address} {' '.join(public_line(key).split()[:2])}\n" for address, key in keys.items()]
    path.write_text("".join(lines))


def make_host_keys(specs: tuple[HostSpec, ...]) -> None:
    """One key per host and the known_hosts that names them."""
    for spec in specs:
        make_key(host_key(spec), spec.name)
    write_known_hosts(KNOWN_HOSTS, {spec.address: host_key(spec) for spec in specs})
