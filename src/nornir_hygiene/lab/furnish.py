"""What each host gets before it boots: its address, keys, users' doors, and the programs faults are made of."""

import shutil
import uuid
from pathlib import Path

from nornir_hygiene.lab import keys
from nornir_hygiene.lab.model import HostSpec
from nornir_hygiene.lab.places import IDENTITY
from nornir_hygiene.lab.roster import ALL_HOSTS

GUEST_LIBRARY = "/usr/local/lib/nr-lab"  # holds the package `guest` inside every host
_GUEST_PROGRAMS = Path(__file__).with_name("guest")

_SSHD = """\
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/keys/%u
PasswordAuthentication no
KbdInteractiveAuthentication no
# Twenty audits may knock at once, also through the other names of one host.
MaxStartups 100:30:200
MaxSessions 50
PrintMotd no
PrintLastLog no
"""
_NETWORK = """\
[Match]
Name=host0
[Network]
Address={address}/24
LinkLocalAddressing=no
LLDP=no
EmitLLDP=no
IPv6AcceptRA=no
"""
# Ends with its connection, lest the audits leave sleepers behind on the host.
_HANGING_LOGIN = "#!/bin/sh\nwhile kill -0 $PPID 2>/dev/null; do sleep 1; done\n"
# The audit gets the begin of a good answer, then the shell is gone.
_DYING_LOGIN = '#!/bin/sh\n[ "$1" = -c ] || exit 1\n/bin/sh -c "$2" 2>/dev/null | head -c 700\nkill -9 $$\n'
_FLOODING_LOGIN = (
    '#!/bin/sh\n[ "$1" = -c ] || exit 1\n/bin/sh -c "$2" 2>/dev/null\nexec head -c 52428800 /dev/zero | tr \'\\0\' x\n'
)
# Runs the login inside a pids cgroup with exactly $1 free pids. The shell itself is the one task in it.
_TIGHT_LOGIN = """\
#!/bin/sh
base=/sys/fs/cgroup/pids
[ -e "$base/cgroup.procs" ] || base=/sys/fs/cgroup
[ -w "$base/cgroup.procs" ] && mkdir -p "$base/tight-logins" || mount -o remount,bind,rw "$base"
for left in "$base"/tight-logins/*; do
    [ -e "/proc/${left##*/}" ] || rmdir "$left" 2>/dev/null # of who has ended: others may be on their way in
done
mkdir -p "$base/tight-logins/$$"
echo $$ > "$base/tight-logins/$$/cgroup.procs"
echo $((1 + $1)) > "$base/tight-logins/$$/pids.max"
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
"""
_PROGRAMS = {
    "usr/local/sbin/login-that-hangs": _HANGING_LOGIN,
    "usr/local/sbin/login-that-dies": _DYING_LOGIN,
    "usr/local/sbin/login-that-floods": _FLOODING_LOGIN,
    "usr/local/sbin/login-that-is-tight": _TIGHT_LOGIN,
}
LOGINS = ("root", "probe", "sudoer", "sleeper", "cutter", "flooder")


def furnish(root: Path, spec: HostSpec, forced: dict[str, str]) -> None:
    """Write all of it below `root`. `forced`: public key line to the command it is bound to, for root."""
    _write(root, "etc/hostname", spec.name + "\n")
    _write(root, "etc/hosts", _hosts_file())
    _write(root, "etc/machine-id", uuid.uuid4().hex + "\n")  # an empty one would mean a slow first boot
    _write(root, "etc/systemd/network/10-host0.network", _NETWORK.format(address=spec.address))
    _write(root, "etc/sudoers.d/sudoer", "sudoer ALL=(ALL) NOPASSWD: ALL\n", 0o440)
    _write(root, "etc/ssh/sshd_config.d/lab.conf", _SSHD)
    _write(root, "etc/ssh/ssh_host_ed25519_key", keys.host_key(spec).read_text(), 0o600)
    for name, text in _PROGRAMS.items():
        _write(root, name, text, 0o755)
    _authorize(root, forced)
    _install_guest_programs(root)


def _authorize(root: Path, forced: dict[str, str]) -> None:
    line = keys.public_line(IDENTITY)
    for name in LOGINS:
        _write(root, f"etc/ssh/keys/{name}", line + "\n")
    bound = "".join(f'command="{command}" {key}\n' for key, command in forced.items())
    _write(root, "etc/ssh/keys/root", line + "\n" + bound)


def _install_guest_programs(root: Path) -> None:
    target = root / GUEST_LIBRARY.lstrip("/") / "guest"
    shutil.copytree(_GUEST_PROGRAMS, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)


def _hosts_file() -> str:
    lines = ["127.0.0.1 localhost", *(f"{spec.address} {spec.name}" for spec in ALL_HOSTS)]
    return "\n".join(lines) + "\n"


def _write(root: Path, name: str, text: str, mode: int = 0o644) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # never through a symlink the image may have there
    path.write_text(text)
    path.chmod(mode)
