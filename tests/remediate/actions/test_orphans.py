"""What helpers of a service left behind is ended, and nothing that could be a daemon, a login or somebody else's."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from pydantic import ValidationError

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.remediate.actions.action import OfProcess
from nornir_hygiene.remediate.actions.orphans import END_ORPHANS, OrphansArguments
from nornir_hygiene.remediate.actions.unit import RESTART_OWNER
from tests.remediate.actions.conftest import Start
from tests.remediate.actions.services import Service, service, tree
from tests.remediate.actions.shells import SHELLS, fake, identity, order, stat, told, until
from tests.vfork import has_child


def lives(pid: int) -> bool:
    try:
        return stat(pid)[0] != "Z"
    except OSError:
        return False


def asked(of: Service, *seen: ProcessIdentity, name: str = "TERM", shell: list[str] = SHELLS[0]) -> ActionResult:
    processes = seen or tuple(map(identity, of.left))
    return told(shell, order(END_ORPHANS, OrphansArguments(processes=processes, service=of.name, signal=name)), of.path)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("python", [True, False], ids=["with python3", "without"])
def test_what_was_left_behind_is_ended_and_the_service_lives(
    shell: list[str], python: bool, start: Start, tmp_path: Path
) -> None:
    with service(start, tmp_path) as made:
        if not python:
            (tmp_path / "bin" / "python3").unlink()
        result = asked(made, shell=shell)
        assert (result.outcome, result.facts["sent"]) == ("changed", "3"), result.detail
        assert f"SIGTERM was sent to 3 of 3 orphans in {made.name}" in result.detail
        assert result.facts["sent-by"] == ("pidfd" if python else "kill")
        until(lambda: not any(map(lives, made.left)))
        assert lives(made.main)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_who_does_not_listen_is_killed_by_the_second_and_the_third_finds_nobody(
    shell: list[str], start: Start, tmp_path: Path
) -> None:
    with service(start, tmp_path, "deaf") as made:
        seen = tuple(map(identity, made.left))
        assert asked(made, *seen, shell=shell).outcome == "changed"
        assert all(map(lives, made.left))
        assert asked(made, *seen, name="KILL", shell=shell).outcome == "changed"
        until(lambda: not any(map(lives, made.left)))
        result = asked(made, *seen, name="KILL", shell=shell)
        assert (result.outcome, result.detail) == ("unchanged", f"none of the 3 orphans in {made.name} is left")


# How the workers behave, and why they are spared.
KEPT = [
    ("detached", "it detached itself as a daemon does"),
    ("has children", "it has children"),
    ("lives on", "it is no orphan"),
]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize(("how", "why"), KEPT)
def test_what_could_be_a_daemon_is_spared(shell: list[str], how: str, why: str, start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path, how) as made:
        result = asked(made, shell=shell)
        assert (result.outcome, result.facts["spared"]) == ("refused", "3")
        assert why in result.detail
        assert all(map(lives, made.left))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_daemon_that_forked_twice_lives_in_its_own_service(shell: list[str], start: Start, tmp_path: Path) -> None:
    """It is an orphan of a dead session itself; what is beside it may be its second half."""
    with service(start, tmp_path, "twice") as made:
        result = asked(made, identity(made.main), *map(identity, made.left), shell=shell)
        assert (result.outcome, "is a daemon that forked twice" in result.detail) == ("refused", True)
        assert all(map(lives, (made.main, *made.left)))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_where_no_main_process_lives_nobody_can_tell_what_was_left(
    shell: list[str], start: Start, tmp_path: Path
) -> None:
    with service(start, tmp_path) as made:
        (tmp_path / "bin" / "systemctl").unlink()
        for main in ("MainPID=0", "", "MainPID=4194305", "MainPID=-1"):
            fake(tmp_path / "bin", "systemctl", f"echo '{main}'")
            result = asked(made, shell=shell)
            assert (result.outcome, "has no main process" in result.detail) == ("refused", True)
        assert all(map(lives, made.left))


def test_the_services_own_processes_are_spared_whatever_systemd_calls_them(start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path) as made:
        control = made.left[0]
        fake(
            tmp_path / "bin",
            "systemctl",
            f'case $2 in *=MainPID) echo "MainPID={made.main}" ;; *) echo "ControlPID={control}" ;; esac',
        )
        result = asked(made)
        assert (result.outcome, result.facts["sent"]) == ("changed", "2")
        assert f"pid {control}, it is a process of {made.name} itself" in result.detail
        assert lives(control)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize(
    "place",
    ["user.slice/user-1000.slice/session-3.scope", "user.slice/user-1000.slice/user@1000.service/app.slice"],
)
def test_a_login_is_never_touched(shell: list[str], place: str, start: Start, tmp_path: Path) -> None:
    """As tmux or a nohup job is left there; also if somebody calls the service of it by name."""
    with service(start, tmp_path, slice_=place) as made:
        result = asked(made, shell=shell)
        assert (result.outcome, "it belongs to a login" in result.detail) == ("refused", True)
        assert all(map(lives, made.left))


@pytest.mark.parametrize("place", ["", "system.slice/docker-abc.scope", "kubepods.slice/pod1"])
def test_what_lives_elsewhere_is_not_of_this_service(place: str, start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path, slice_=place) as made:
        result = asked(made)
        assert (result.outcome, f"it is not in {made.name}" in result.detail) == ("refused", True)
        assert all(map(lives, made.left))


def test_another_service_is_not_this_one(start: Start, tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with service(start, tmp_path / "one") as one, service(start, tmp_path / "other") as other:
        result = asked(one, *map(identity, other.left))
        assert (result.outcome, f"it is not in {one.name}" in result.detail) == ("refused", True)
        assert all(map(lives, other.left))


@pytest.mark.parametrize("name", ["cron.service", "ssh.service", "sshd@7.service", "atd.service", "slurmd.service"])
def test_jobs_that_people_started_are_theirs_to_end(name: str, start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path, name=name) as made:
        result = asked(made)
        assert (result.outcome, f"jobs of people live in {name}" in result.detail) == ("refused", True)
        assert all(map(lives, made.left))


def test_services_that_others_live_on_are_left_to_a_person(start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path, name="containerd.service") as made:
        result = asked(made)
        assert (result.outcome, "carries others" in result.detail) == ("refused", True)
        assert all(map(lives, made.left))


def test_whom_a_pid_file_names_is_spared(start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path) as made:
        pidfile = Path(f"/run/{made.name}.pid")
        pidfile.write_text(f" {made.left[1]}\n")
        try:
            result = asked(made)
        finally:
            pidfile.unlink()
        assert (result.outcome, result.facts["sent"], result.facts["spared"]) == ("changed", "2", "1")
        assert f"pid {made.left[1]}, a pid file names it" in result.detail
        assert lives(made.left[1])


def test_who_is_in_d_gets_no_signal(start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path, "in D", count=2) as made:
        until(lambda: all(has_child(pid) and stat(pid)[0] == "D" for pid in made.left))
        for name in ("TERM", "KILL"):
            result = asked(made, name=name)
            assert (result.outcome, result.facts["spared"]) == ("refused", "2")
            assert "it is in D" in result.detail
        assert all(stat(pid)[0] == "D" for pid in made.left)


def test_who_is_stopped_is_only_killed(start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path) as made:
        os.kill(made.left[0], signal.SIGSTOP)
        until(lambda: stat(made.left[0])[0] == "T")
        result = asked(made)
        assert (result.facts["sent"], "it is stopped" in result.detail) == ("2", True)
        until(lambda: not any(map(lives, made.left[1:])))
        assert asked(made, identity(made.left[0]), name="KILL").outcome == "changed"
        until(lambda: not lives(made.left[0]))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_another_process_under_the_same_number_is_left_alone(shell: list[str], start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path) as made:
        seen = list(map(identity, made.left))
        seen[1] = seen[1].model_copy(update={"start_ticks": seen[1].start_ticks - 1})
        result = asked(made, *seen, shell=shell)
        assert (result.outcome, result.facts["sent"], result.facts["gone"]) == ("changed", "2", "1")
        until(lambda: not lives(made.left[0]))
        assert lives(made.left[1])
        boot = "0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11"
        result = asked(made, seen[1].model_copy(update={"boot_id": boot}), name="KILL", shell=shell)
        assert (result.outcome, "has booted since" in result.detail) == ("refused", True)
        assert lives(made.left[1])


def test_who_lives_in_a_pid_namespace_of_its_own_is_spared(start: Start, tmp_path: Path) -> None:
    """As in a container whose runtime keeps it in a service's cgroup."""
    with service(start, tmp_path) as made:
        inside = "sleep 602 & setsid sh -c 'sleep 601 & sleep 0.2' ; wait"
        start("unshare", "--pid", "--fork", "sh", "-c", inside)

        def found() -> list[int]:
            done = subprocess.run(["pgrep", "-fx", "sleep 601"], capture_output=True, text=True, check=False)
            return [int(pid) for pid in done.stdout.split()]

        until(lambda: bool(found()))
        (pid,) = found()
        (tree() / made.cgroup.relative_to(tree()) / "cgroup.procs").write_text(str(pid))
        until(lambda: not Path(f"/proc/{stat(pid)[3]}").exists())
        result = asked(made, identity(pid))
        assert (result.outcome, "it lives in a container" in result.detail) == ("refused", True)
        assert lives(pid)


@pytest.mark.parametrize("name", ["-H.service", "a b.service", "x", "x.service\n", "$(reboot).service", "../x.service"])
def test_what_is_no_service_is_refused_before_any_host_is_asked(name: str) -> None:
    process = ProcessIdentity(boot_id="b", pid=5, start_ticks=1)
    with pytest.raises(ValidationError):
        OrphansArguments(processes=(process,), service=name, signal="TERM")


def test_processes_of_two_boots_are_no_argument() -> None:
    process = ProcessIdentity(boot_id="b", pid=5, start_ticks=1)
    with pytest.raises(ValidationError, match="more than one boot"):
        OrphansArguments(
            processes=(process, process.model_copy(update={"boot_id": "c"})), service="x.service", signal="TERM"
        )


PROTECTED = [
    "ssh.service", "dbus.service", "kubelet.service", "k3s.service", "containerd.service", "NetworkManager.service",
    "ceph-osd@3.service", "ceph-c0ffee00-1111-2222-3333-444455556666@osd.3.service", "ceph-mon@a.service",
    "multipathd.service",
]  # fmt: skip


@pytest.mark.parametrize("name", PROTECTED)
def test_a_service_that_others_live_on_is_not_restarted(name: str, start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path, name=name, count=1) as made:
        fake(tmp_path / "bin", "systemctl", f"echo $* >>{tmp_path}/asked")
        result = told(["dash"], order(RESTART_OWNER, OfProcess(process=identity(made.left[0]))), made.path)
        assert (result.outcome, result.detail) == ("refused", f"{name} carries others: a person restarts it")
        assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    "name", ["kuryr.service", "ceph-fuse@-mnt.service", "ceph-crash.service", "postgresql@15.service"]
)
def test_any_other_service_is(name: str, start: Start, tmp_path: Path) -> None:
    with service(start, tmp_path, name=name, count=1) as made:
        fake(tmp_path / "bin", "timeout", 'shift 3; exec "$@"')
        fake(
            tmp_path / "bin",
            "systemctl",
            f'case $1 in restart) echo "$2" >{tmp_path}/restarted ;; show) cat {tmp_path}/restarted ;; esac; exit 0',
        )
        result = told(["dash"], order(RESTART_OWNER, OfProcess(process=identity(made.left[0]))), made.path)
        assert (result.outcome, result.detail) == ("changed", f"{name} was restarted")
        assert (tmp_path / "restarted").read_text() == f"{name}\n"


def test_a_service_of_a_containers_own_systemd_is_not_restarted_on_its_host(start: Start, tmp_path: Path) -> None:
    """The host may have one of the same name."""
    place = "system.slice/docker-abc.scope/system.slice"
    with service(start, tmp_path, slice_=place, name="kuryr.service", count=1) as made:
        fake(tmp_path / "bin", "systemctl", f"echo $* >>{tmp_path}/asked")
        result = told(["dash"], order(RESTART_OWNER, OfProcess(process=identity(made.left[0]))), made.path)
        assert (result.outcome, "belongs to no service" in result.detail) == ("unfit", True)
        assert not (tmp_path / "asked").exists()
