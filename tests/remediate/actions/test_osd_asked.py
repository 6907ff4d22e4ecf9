"""The cluster asked through cephadm's shell, or in Rook's toolbox: exact calls, and answers as they were recorded.

No cephadm and no Rook can run here. Behind the fake `cephadm` and the fake `kubectl` stands the fake cluster of
test_osd_script.py; both put the words around its answers that the real ones do.
"""

from pathlib import Path

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.osd import (
    AWAIT_OSD,
    CHECK_OSD,
    HOLD_OSD,
    RELEASE_OSD,
    RESTART_OSD_BY_CEPHADM,
    RESTART_OSD_POD,
    OsdArguments,
)
from tests.remediate.actions.shells import SHELLS, fake, order, told
from tests.remediate.actions.test_osd_script import FakeCluster

SHELL = "cephadm shell -- ceph --connect-timeout 10 "
TOOLBOX = "kubectl --namespace=rook-ceph exec deploy/rook-ceph-tools -- ceph --connect-timeout 10 "
_CHATTER = """echo "Inferring fsid 3f1c8a52-9d1e-11ee-a506-0242ac120002
Inferring config /var/lib/ceph/3f1c8a52-9d1e-11ee-a506-0242ac120002/mon.a/config
Using ceph image with id '259b35566514' and tag 'v17' created on 2024-11-26 00:45:38 +0000 UTC
quay.io/ceph/ceph@sha256:a0f373aaaf5a5ca5c4379c09da24c771b8266a09dc9e2181f90eacf423d7326f" >&2"""


class Behind(FakeCluster):
    """The fake cluster, which this host reaches by `way` only."""

    def __init__(self, folder: Path, way: str) -> None:
        super().__init__(folder)
        self.path = f"{folder}/bin:{folder}/bare"
        (folder / "inner").mkdir()
        (folder / "bin" / "ceph").rename(folder / "inner" / "ceph")
        bare = folder / "bare"
        bare.mkdir()
        for program in Path("/usr/bin").iterdir():
            if not program.name.startswith(("ceph", "kubectl", "systemctl", "systemd-run")):
                (bare / program.name).symlink_to(program)
        if way == "cephadm":
            self._program(
                "cephadm", f'{_CHATTER}\n[ "$1 $2 $3" = "shell -- ceph" ] || exit 64\nshift 3\n{self._inner()}'
            )
        else:
            self._program("kubectl", f'[ "$5" = ceph ] || exit 64\nshift 5\n{self._inner("kubectl")}')

    def _inner(self, who: str = "") -> str:
        """Of the orchestrator's words the inner one knows none."""
        orch = """case "$3 $4" in
            'orch status')
                echo "Backend: $(cat backend 2>/dev/null || echo cephadm)" && echo 'Available: Yes' && echo 'Paused: No'
                exit ;;
            'orch daemon') [ ! -e busy ] || { echo 'Error ENOENT: no such daemon' >&2; exit 2; }
                echo "Scheduled to restart $6 on host 'ceph-1'"; exit ;;
            esac"""
        run = f'{self.folder}/inner/ceph "$@"; rc=$?'
        said = '[ $rc = 0 ] || echo "command terminated with exit code $rc" >&2' if who else ":"
        return f"{orch}\n{run}\n{said}\nexit $rc"


@pytest.fixture(params=["cephadm", "rook"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Behind, str]:
    return Behind(tmp_path, request.param), SHELL if request.param == "cephadm" else TOOLBOX


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_each_question_is_asked_there_and_answered_as_ever(way: tuple[Behind, str], shell: list[str]) -> None:
    cluster, words = way
    assert cluster.told(CHECK_OSD, shell=shell).outcome == "unchanged"
    assert cluster.told(HOLD_OSD, shell=shell).outcome == "changed"
    assert (cluster.noout(1), cluster.armed) == (True, True)
    assert cluster.told(RELEASE_OSD, shell=shell).outcome == "changed"
    cluster.osds({0: "up", 1: "up", 2: "up"}, up_from=62)
    assert cluster.told(AWAIT_OSD, shell=shell).outcome == "unchanged"
    asked = [line.removeprefix(words) for line in cluster.asked("cephadm", "kubectl")]
    assert asked == [
        "osd dump", "osd ok-to-stop 1", "osd dump", "osd add-noout osd.1", "osd rm-noout osd.1", "pg stat", "osd dump",
    ]  # fmt: skip


def test_the_timer_takes_noout_back_the_same_way(way: tuple[Behind, str]) -> None:
    cluster, words = way
    cluster.told(HOLD_OSD)
    (timer,) = cluster.asked("systemd-run")
    assert f"do timeout -s KILL 40 {words}osd rm-noout osd.1 && break; sleep 30; done" in timer
    assert "--setenv=KUBECONFIG=" in timer


def test_of_a_refusal_only_what_the_cluster_said_is_told(way: tuple[Behind, str]) -> None:
    cluster, _ = way
    (cluster.folder / "busy").write_text(
        "Error EBUSY: unsafe to stop osd(s) at this time (7 PGs are or would become offline)\n"
    )
    result = cluster.told(CHECK_OSD)
    said = (
        "osd.1 is not ok to stop: Error EBUSY: unsafe to stop osd(s) at this time (7 PGs are or would become offline)"
    )
    assert (result.outcome, result.detail.strip()) == ("refused", said)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_cephadm_is_told_to_restart_it(tmp_path: Path, shell: list[str]) -> None:
    cluster = Behind(tmp_path, "cephadm")
    result = cluster.told(RESTART_OSD_BY_CEPHADM, shell=shell)
    assert (result.outcome, result.detail.strip()) == ("changed", "Scheduled to restart osd.1 on host 'ceph-1'")
    assert cluster.asked() == [f"{SHELL}orch status", f"{SHELL}orch daemon restart osd.1"]
    (tmp_path / "busy").touch()
    result = cluster.told(RESTART_OSD_BY_CEPHADM, shell=shell)
    assert (result.outcome, "Error ENOENT: no such daemon" in result.detail) == ("failed", True)


def test_a_cluster_that_cephadm_does_not_run_is_not_told(tmp_path: Path) -> None:
    cluster = Behind(tmp_path, "rook")
    (tmp_path / "backend").write_text("rook")
    assert cluster.told(RESTART_OSD_BY_CEPHADM).outcome == "refused"
    assert cluster.asked() == [f"{TOOLBOX}orch status"]


UID = "0b0c7b1e-4f6e-4a59-8f0e-6f1d1a2b3c4d"
POD = "rook-ceph-osd-1-6d9f7c5b8-x2x9k"
_ASKED = "get pods --all-namespaces --selector=app=rook-ceph-osd,ceph-osd-id=1 -o {}"
_GET = f"get pod/{POD} --namespace=rook-ceph --ignore-not-found -o {{}}"
_EVICT = f"create --raw /api/v1/namespaces/rook-ceph/pods/{POD}/eviction -f {{}}"


class FakeRook:
    """A fake `kubectl` that plays recorded answers; `log` is what it was asked, without forms and files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pods(f"{UID} rook-ceph {POD}")
        self.pod()
        fake(
            folder / "bin",
            "kubectl",
            f"""cd {folder} && shift 2 # --cache-dir, --request-timeout
            asked='' && hide=''
            for word; do
                [ -z "$hide" ] || word='{{}}'
                hide='' && asked="$asked $word"
                case $word in -o | -f) hide=yes ;; esac
            done
            echo "${{asked# }}" >>log
            case $1:$2 in
            get:pods) cat pods ;;
            get:pod/*) [ -e gone ] || cat pod ;;
            create:--raw) cat "$5" >eviction; [ ! -e budget ] || {{ cat budget >&2; exit 1; }}; touch gone ;;
            *) exit 64 ;;
            esac""",
        )

    def pods(self, *rows: str) -> None:
        (self.folder / "pods").write_text("".join(f"{row}\n" for row in rows))

    def pod(self, uid: str = UID, kind: str = "ReplicaSet", since: str = "") -> None:
        """In the lines of nr_pod_form."""
        labels = '{"app":"rook-ceph-osd","ceph-osd-id":"1","ceph_daemon_type":"osd"}'
        told_ = f"uid {uid}\nkind {kind}\nowner rook-ceph-osd-1-6d9f7c5b8\nclass system-node-critical\nsince {since}\n"
        (self.folder / "pod").write_text(f"{told_}labels {labels}\nmirror \n")

    def told(self, shell: list[str]) -> ActionResult:
        what = order(RESTART_OSD_POD, OsdArguments(osd=1), seconds=3)
        return told(shell, what, f"{self.folder}/bin:/usr/bin:/bin")

    def asked(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()


@pytest.fixture
def rook(tmp_path: Path) -> FakeRook:
    return FakeRook(tmp_path)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_pod_of_an_osd_is_evicted_with_its_uid(rook: FakeRook, shell: list[str]) -> None:
    result = rook.told(shell)
    assert (result.outcome, result.facts["pod"]) == ("changed", f"rook-ceph/{POD}"), result.detail
    assert rook.asked() == [_ASKED, _GET, _EVICT, _GET]
    assert f'"deleteOptions":{{"preconditions":{{"uid":"{UID}"}}}}' in (rook.folder / "eviction").read_text()


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_budget_of_rook_has_its_say(rook: FakeRook, shell: list[str]) -> None:
    said = "Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget."
    (rook.folder / "budget").write_text(said)
    result = rook.told(shell)
    assert (result.outcome, "a PodDisruptionBudget keeps" in result.detail) == ("refused", True)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_only_the_one_pod_of_that_osd_is_evicted(rook: FakeRook, shell: list[str]) -> None:
    for rows, why in (
        ((), "no pod of Rook's for osd.1"),
        ((f"{UID} rook-ceph {POD}", f"{UID[::-1]} rook-two {POD}"), "maybe of two clusters: rook-ceph/"),
        ((f"{UID} rook-ceph $(reboot)",), "a name Kubernetes does not know"),
    ):
        rook.pods(*rows)
        result = rook.told(shell)
        assert (result.outcome, why in result.detail) == ("refused", True), result.detail
    rook.pods(f"{UID} rook-ceph {POD}")
    for played, why in (
        ({"uid": UID[::-1]}, "another pod has the name"),
        ({"kind": ""}, "belongs to no Deployment"),
        ({"kind": "Job"}, "belongs to no Deployment"),
    ):
        rook.pod(**played)
        result = rook.told(shell)
        assert (result.outcome, why in result.detail) == ("refused", True), result.detail
    rook.pod(since="2026-11-22T03:00:00Z")
    assert rook.told(shell).outcome == "unchanged"
    assert not any(line.startswith("create") for line in rook.asked())
