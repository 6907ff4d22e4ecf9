"""ceph.sh against commands that hang, lie or are missing: bounded, whole, and nothing left behind."""

import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nornir_hygiene.collect.cluster import ceph_script, read_cluster_answer
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.cluster import ClusterView
from tests.diagnose.clusters import NONCE

SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


class Site:
    """A folder in place of /var/run/ceph, and a `ceph` command of our own before the system's."""

    def __init__(self, folder: Path) -> None:
        self.nonce = secrets.token_hex(8)  # names the script's folder, and several run at a time
        self.folder = folder
        self.bin = folder / "bin"
        self.run = folder / "run"
        self.bin.mkdir()
        self.run.mkdir()

    def command(self, body: str) -> None:
        path = self.bin / "ceph"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def view(self, shell: str = "dash", total_ms: int = 8000, *more: str) -> tuple[ClusterView, float, bytes]:
        script = ceph_script().replace(b"/var/run/ceph", str(self.run).encode())
        script = script.replace(b"nr_settle /usr/sbin", f"nr_settle {self.bin}:/usr/sbin".encode())
        argv = [shell, "sh"] if shell == "busybox" else [shell]
        begun = time.monotonic()
        done = subprocess.run(
            [*argv, "-s", "--", self.nonce, "500", str(total_ms), *more],
            input=script,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == b""
        assert not list(Path("/run").glob(f"nornir-hygiene.{self.nonce}"))
        return (
            read_cluster_answer(Answer(stdout=done.stdout), self.nonce, "h", 30.0),
            time.monotonic() - begun,
            done.stdout,
        )

    def frozen_socket(self, osd: int, below: str = "") -> socket.socket:
        """Accepts in the kernel, and nobody ever reads: an OSD under SIGSTOP."""
        (self.run / below).mkdir(exist_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.run / below / f"ceph-osd.{osd}.asok"))
        listener.listen(8)
        return listener


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


ASK = """python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b"x"); print(s.recv(9).decode())' "$2" """


def in_each_shell(folder: Path, look: Callable[[Site, str], None]) -> None:
    """All at once: they mostly wait. Which one failed, the assertion says."""
    sites = []
    for shell in SHELLS:
        (folder / shell).mkdir()
        sites.append(Site(folder / shell))
    with ThreadPoolExecutor() as pool:
        list(pool.map(look, sites, SHELLS))


def test_monitors_that_hang_cost_their_own_deadline_and_become_a_reason(tmp_path: Path) -> None:
    def look(site: Site, shell: str) -> None:
        site.command("exec sleep 600")
        view, took_s, _ = site.view(shell)
        assert (view.answered, view.why_not) == (False, "`ceph status` did not end within its deadline"), shell
        assert view.complete, shell
        assert took_s < 6, shell

    in_each_shell(tmp_path, look)


def test_ten_frozen_sockets_do_not_cost_ten_deadlines(tmp_path: Path) -> None:
    def look(site: Site, shell: str) -> None:
        held = [site.frozen_socket(osd, "fsid" if osd > 4 else "") for osd in range(10)]
        site.command(f'case $1 in daemon) exec {ASK};; *) echo "no quorum" >&2; exit 1;; esac')
        view, took_s, _ = site.view(shell, total_ms=20000)
        assert sorted((each.osd, each.answer) for each in view.sockets) == [(osd, "silent") for osd in range(10)], shell
        assert view.why_not == "`ceph status` failed: no quorum", shell
        assert took_s < 17, shell  # three times three and a half seconds; ten times would be all that it has
        for listener in held:
            listener.close()

    in_each_shell(tmp_path, look)


def test_when_time_runs_out_what_was_not_asked_is_named(site: Site) -> None:
    held = [site.frozen_socket(osd) for osd in range(9)]
    site.command(f"case $1 in daemon) exec {ASK};; *) exit 1;; esac")
    view, took_s, _ = site.view(total_ms=3000)
    assert took_s < 6
    assert {each.osd for each in view.sockets} == set(range(9))
    assert any(each.detail == "no-time-left" for each in view.sockets)
    for listener in held:
        listener.close()


def test_a_socket_nobody_listens_on_is_refused(site: Site) -> None:
    site.frozen_socket(3).close()
    site.command('case $1 in daemon) echo "[Errno 111] Connection refused" >&2; exit 22;; *) exit 1;; esac')
    view, _, _ = site.view()
    assert [(each.osd, each.answer) for each in view.sockets] == [(3, "refused")]


def test_a_host_without_the_command_says_so(site: Site) -> None:
    if shutil.which("ceph"):
        pytest.skip("this machine has ceph")
    held = site.frozen_socket(3)
    view, took_s, _ = site.view()
    assert view.why_not == "the monitors were not asked: no-ceph-command"
    assert [(each.osd, each.answer, each.detail) for each in view.sockets] == [(3, "unknown", "no-ceph-command")]
    assert took_s < 4
    held.close()


def test_output_that_looks_like_a_marker_stays_a_body(site: Site) -> None:
    site.command(f"""printf '@{site.nonce} end complete=yes\\n@{site.nonce} status rc=0\\n{{"fsid": "evil"}}'""")
    view, _, raw = site.view()
    assert not view.answered
    assert raw.count(f"\n@{site.nonce} end".encode()) == 1


def test_a_flood_is_cut_and_the_rest_still_comes(site: Site) -> None:
    site.command("yes x | head -n 3000000")
    view, took_s, raw = site.view(total_ms=20000)
    assert len(raw) < 16 * 1024 * 1024
    assert view.complete
    assert took_s < 20


@pytest.mark.parametrize("shell", SHELLS)
def test_without_the_map_the_monitors_are_asked_one_question(site: Site, shell: str) -> None:
    asked = site.folder / "asked"
    site.command(f"""echo "$*" >>{asked}; echo '{{"fsid": "f", "quorum_names": ["a"], "health": {{}}}}'""")
    whole, _, _ = site.view(shell)
    assert len(asked.read_text().splitlines()) == 6
    asked.unlink()
    view, _, _ = site.view(shell, 8000, "0")
    assert [words.split()[2] for words in asked.read_text().splitlines()] == ["status"]
    assert (view.answered, view.fsid, view.complete) == (whole.answered, "f", True)
    assert [(gap.section, gap.why) for gap in view.gaps] == [("osd-dump", "not-asked-here")]


def test_any_other_fourth_word_is_refused(site: Site) -> None:
    for words in (["1"], ["x"], ["0;reboot"]):
        done = subprocess.run(
            ["dash", "-s", "--", NONCE, "500", "2000", *words],
            input=ceph_script(), capture_output=True, timeout=20, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (64, b"")


def test_the_script_changes_nothing_on_the_host(site: Site) -> None:
    """No redirection into anything but its own folder, and only words of `ceph` that read."""
    text = ceph_script().decode()
    asked = {line.split("nr_ceph ")[1] for line in text.splitlines() if " nr_ceph " in line}
    assert {words.split("; ")[0].strip() for words in asked} == {
        "status", "health detail", "osd dump", "osd tree", "osd blocked-by"
    }  # fmt: skip
    assert [line.split("daemon")[1].strip() for line in text.splitlines() if "exec ceph daemon" in line] == [
        '"$1" dump_ops_in_flight; }'
    ]
