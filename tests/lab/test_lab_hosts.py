"""The hosts are real, reachable by key, and so are the sick entries beside them."""

import random
import socket
import subprocess

import pytest
from ruamel.yaml import YAML

from nornir_hygiene.errors import LabError
from nornir_hygiene.lab import Entry, Lab
from nornir_hygiene.lab.places import IDENTITY, INVENTORY_DIR, KNOWN_HOSTS
from nornir_hygiene.lab.roster import ALL_HOSTS

pytestmark = pytest.mark.lab


def ssh(entry: Entry, command: str, *, timeout_s: float = 20) -> subprocess.CompletedProcess[str]:
    """The system's ssh with strict host keys, as the entry tells."""
    settings = {"known_hosts": str(KNOWN_HOSTS), "identity_file": str(IDENTITY)} | entry.data
    options = [
        *("BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "ConnectTimeout=5"),
        f"UserKnownHostsFile={settings['known_hosts']}",
        f"IdentityFile={settings['identity_file']}",
    ]
    words = ["ssh", "-F", "none", "-p", str(entry.port), *(word for option in options for word in ("-o", option))]
    return subprocess.run(
        [*words, f"{entry.username}@{entry.hostname}", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def entry_for(lab: Lab, reason: str) -> Entry:
    return next(entry for entry in lab.state.entries if entry.expected_reason == reason)


@pytest.mark.parametrize("spec", ALL_HOSTS, ids=lambda spec: spec.name)
def test_every_host_is_a_running_systemd_host(lab: Lab, spec: object) -> None:
    name = getattr(spec, "name", "")
    state = lab.host(name).run(["systemctl", "is-system-running", "--wait"], check=False).stdout.strip()
    assert state == "running"
    entry = Entry(name=name, group="", hostname=getattr(spec, "address", ""))
    assert ssh(entry, "uname -n").stdout.strip() == name


def test_ordinary_users_log_in_and_one_may_use_sudo(lab: Lab) -> None:
    address = ALL_HOSTS[0].address
    for user, may in (("probe", False), ("sudoer", True)):
        done = ssh(Entry(name=user, group="", hostname=address, username=user), "id -un; sudo -n id -u")
        assert done.stdout.split() == ([user, "0"] if may else [user])


def test_the_inventory_is_what_the_record_says(lab: Lab) -> None:
    hosts = YAML(typ="safe").load(INVENTORY_DIR / "hosts.yaml")
    groups = YAML(typ="safe").load(INVENTORY_DIR / "groups.yaml")
    assert set(hosts) == {spec.name for spec in ALL_HOSTS} | {entry.name for entry in lab.state.entries}
    assert {group for host in hosts.values() for group in host["groups"]} <= set(groups)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("no-route", "No route to host"),
        ("connection-refused", "Connection refused"),
        ("auth-failed", "Permission denied"),
        ("host-key-changed", "has changed"),
        ("host-key-unknown", "No ED25519 host key is known"),
    ],
)
def test_an_unreachable_entry_fails_as_announced(lab: Lab, reason: str, words: str) -> None:
    done = ssh(entry_for(lab, reason), "true")
    assert done.returncode == 255
    assert words in done.stderr


def test_the_mute_listener_accepts_and_says_nothing(lab: Lab) -> None:
    entry = entry_for(lab, "silent-listener")
    with socket.create_connection((entry.hostname, entry.port), timeout=2) as connection:
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_hanging_login_answers_nothing(lab: Lab) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        ssh(entry_for(lab, "login-hung"), "echo never", timeout_s=3)


def test_a_dying_login_stops_in_the_middle(lab: Lab) -> None:
    done = ssh(entry_for(lab, "probe-cut-short"), "seq 1 1000")
    assert 0 < len(done.stdout) < 1000
    assert done.returncode == 255


def test_a_flooding_login_sends_fifty_megabytes(lab: Lab) -> None:
    assert len(ssh(entry_for(lab, "output-too-large"), "echo start").stdout) > 50_000_000


@pytest.mark.parametrize("free", [0, 1, 3])
def test_a_tight_login_has_exactly_that_many_free_pids(lab: Lab, free: int) -> None:
    entry = next(entry for entry in lab.state.entries if entry.name.startswith(f"tight-{free}-"))
    # Every sleeper holds its pid until the next one is tried; the last try is refused.
    tries = " ".join(f"sleep 2 & echo {n};" for n in range(1, free + 2))
    done = ssh(entry, f"echo 0; {tries}")
    assert done.stdout.split() == [str(n) for n in range(free + 1)]
    assert "fork" in done.stderr.lower()


def test_one_seed_draws_one_lab(lab: Lab) -> None:
    numbers = [random.Random(f"{lab.state.seed}:entries").randint(0, 10**9) for _ in range(2)]
    assert numbers[0] == numbers[1]
    with pytest.raises(LabError, match="already up"):
        Lab.up(lab.state.seed)
