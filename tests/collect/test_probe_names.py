"""Names of pods: a stand-in for crictl or kubectl, beside a real process in real cgroups that are named as by kubelet.

The stand-in prints what the real one prints. Shape: cri-tools, cmd/crictl/util.go, protobufObjectToJSON (protojson with
an indent of two and default values) of runtime.v1.ListPodSandboxResponse (k8s.io/cri-api, api.proto: PodSandbox);
protobuf-go puts one or two blanks behind a key, as it likes. Labels and annotations: pkg/kubelet/types/labels.go.
"""

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from nornir_hygiene.collect.request import PLACES, probe_script
from nornir_hygiene.collect.snapshot import read_answer
from nornir_hygiene.diagnose import diagnose
from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.diagnose.views import process_tree
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.report.evidence import evidence_lines

pytestmark = pytest.mark.lab

NONCE = secrets.token_hex(8)
UID = "0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11"
_KEYS = ("name", "namespace", "uid")
SHELLS = [["dash"], ["bash"], ["busybox", "ash"]]
# A mount namespace of its own: for the probe alone the stand-in is all there is in the folder admins put programs.
ENTER = 'mount --bind "$1/bin" /usr/local/bin && shift && exec "$@"'


def sandbox(uid: str, name: str, namespace: str, /, **annotations: str) -> dict[str, Any]:
    labels = {f"io.kubernetes.pod.{key}": word for key, word in zip(_KEYS, (name, namespace, uid), strict=True)}
    return {
        "id": f"{abs(hash(uid)):064x}",
        "metadata": {"name": name, "uid": uid, "namespace": namespace, "attempt": 0},
        "state": "SANDBOX_READY",
        "createdAt": "1763762217274109932",
        "labels": {"app": "web", **labels},
        "annotations": {"kubernetes.io/config.source": "api", **annotations},
        "runtimeHandler": "",
    }


def crictl_prints(*sandboxes: dict[str, Any]) -> str:
    """As protojson writes it, two blanks behind the keys: the form a parser trips over more easily."""
    text = json.dumps({"items": list(sandboxes)}, indent=2).replace('": ', '":  ')
    return f"#!/bin/sh\n[ \"$*\" = '--timeout 2s pods -o json' ] || exit 2\ncat <<'END'\n{text}\nEND\n"


WEB = sandbox(UID, "web-0", "shop")
HANGS = "#!/bin/sh\nexec sleep 4242\n"


@pytest.fixture(scope="module", autouse=True)
def pod() -> Iterator[int]:
    """The pid of a stopped process in a pod's cgroups; they are removed whatever happens."""
    roots = [Path("/sys/fs/cgroup") / name for name in ("pids", "systemd")]
    roots = [root for root in roots if root.is_dir()] or [Path("/sys/fs/cgroup")]
    made: list[Path] = []
    child = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL)
    try:
        for root in roots:
            for part in (f"nr-test-{os.getpid()}.slice", "kubepods", "burstable", f"pod{UID}", "a" * 64):
                made.append((made[-1] if made and made[-1].is_relative_to(root) else root) / part)
                made[-1].mkdir()
            (made[-1] / "cgroup.procs").write_text(str(child.pid))
        child.send_signal(signal.SIGSTOP)
        yield child.pid
    finally:
        child.kill()
        child.wait()
        for folder in reversed(made):
            _removed(folder)


def _removed(folder: Path) -> None:
    for _ in range(50):
        with suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.05)


@contextmanager
def stand_in(folder: Path, text: str, name: str = "crictl") -> Iterator[Path]:
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / name
    program.write_text(text)
    program.chmod(0o755)
    yield folder


def seen(place: Path, shell: list[str] | None = None, look: str = "") -> tuple[Snapshot, bytes, float]:
    """What the probe sees with the programs of `place`, its bytes, and how long it took."""
    command = [*(shell or ["dash"]), "-s", "--", NONCE, "3000", "9000", *([look] if look else [])]
    begun = time.monotonic()
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh", str(place), *command],
        # Without second samples: whether this machine has anything to look at twice comes and goes, and takes a second.
        input=probe_script().replace(b'[ -n "$nr_wanted" ] || return 0', b"return 0"),
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    took_s = time.monotonic() - begun
    snapshot = read_answer(Answer(stdout=done.stdout, stderr_tail=done.stderr, exit_status=done.returncode), NONCE)
    assert isinstance(snapshot, Snapshot), (snapshot, done.stderr)
    return snapshot, done.stdout, took_s


def names_gaps(snapshot: Snapshot) -> list[str]:
    return [gap.why for gap in snapshot.gaps if gap.section == "names"]


def stopped(snapshot: Snapshot, pid: int) -> Finding:
    later = snapshot.model_copy(update={"suspects": tuple(_aged(each) for each in snapshot.suspects)})
    found = diagnose("h", later, Thresholds(), catalogue())
    return next(each for each in found if each.kind == "stopped" and str(each.subject).startswith(f"process {pid}@"))


def _aged(suspect: Any) -> Any:
    old = tuple(look.model_copy(update={"last_ran_age_s": 900.0}) for look in suspect.threads)
    return suspect.model_copy(update={"threads": old})


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_pod_has_its_name_where_crictl_answers_in_time(tmp_path: Path, pod: int, shell: list[str]) -> None:
    with stand_in(tmp_path, crictl_prints(WEB, sandbox(UID.replace("0b", "1c"), "other", "shop"))) as place:
        snapshot, _, _ = seen(place, shell)
    assert [str(each) for each in snapshot.pod_names] == ["shop/web-0", "shop/other"]
    finding = stopped(snapshot, pod)
    assert finding.pod is not None
    assert (finding.pod.namespace, finding.pod.name, names_gaps(snapshot)) == ("shop", "web-0", [])
    assert "pod: shop/web-0" in evidence_lines(finding)


def test_a_name_is_no_part_of_the_fingerprint(tmp_path: Path, pod: int) -> None:
    with stand_in(tmp_path, crictl_prints(WEB)) as place:
        named = seen(place)[0]
    bare = named.model_copy(update={"pod_names": ()})
    assert stopped(bare, pod).pod is None
    assert stopped(bare, pod).fingerprint == stopped(named, pod).fingerprint
    assert stopped(bare, pod).subject == stopped(named, pod).subject


def test_the_tree_shows_the_name_beside_the_uid(tmp_path: Path, pod: int) -> None:
    with stand_in(tmp_path, crictl_prints(WEB)) as place:
        snapshot = seen(place, look=str(PLACES))[0]
    tree = process_tree(Scene("h", snapshot, Thresholds(), catalogue()), pod)
    assert next(row.place for row in tree.rows if row.process.pid == pod).endswith("(shop/web-0)")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_one_that_hangs_costs_at_most_a_moment_is_told_and_is_gone(tmp_path: Path, shell: list[str]) -> None:
    (tmp_path / "none" / "bin").mkdir(parents=True)
    alone = min(seen(tmp_path / "none", shell)[2] for _ in range(2))
    with stand_in(tmp_path / "hang", HANGS) as place:
        looks = [seen(place, shell) for _ in range(3)]
    assert {tuple(names_gaps(snapshot)) for snapshot, _, _ in looks} == {("not-answered",)}
    assert all(snapshot.complete and not snapshot.stalls for snapshot, _, _ in looks)
    assert min(took_s for _, _, took_s in looks) < alone + 2.5  # a pass that waited would take its 3 s
    assert _soon(lambda: not [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"4242" in _words(path)])
    assert not list(Path("/run").glob(f"nornir-hygiene.{NONCE}*"))
    assert not Path("/run/nornir-hygiene/names").exists()


def _soon(true: Callable[[], bool]) -> bool:
    """What was killed may take a moment to go."""
    for _ in range(60):
        if true():
            return True
        time.sleep(0.05)
    return False


def _words(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile
        return []


def test_a_host_without_either_program_has_neither_names_nor_a_gap(tmp_path: Path, pod: int) -> None:
    (tmp_path / "bin").mkdir()
    snapshot, _, _ = seen(tmp_path)
    assert (snapshot.pod_names, names_gaps(snapshot)) == ((), [])
    assert stopped(snapshot, pod).container.startswith(f"pod {UID}")


def test_one_that_fails_says_so_with_its_exit_status(tmp_path: Path) -> None:
    with stand_in(tmp_path, "#!/bin/sh\necho 'connect: no such file' >&2\nexit 7\n") as place:
        assert names_gaps(seen(place)[0]) == ["rc-7"]


def test_kubectl_is_asked_where_there_is_no_crictl_and_knows_a_static_pod_by_its_hash(tmp_path: Path) -> None:
    digest = "91a8f1b6c2d34e5f60718293a4b5c6d7"
    mirror = f"7c7c7c7c-1e0d-4e57-9d0c-2f6c1a7b9e15 {digest} kube-system etcd-control-1"
    printed = f"#!/bin/sh\nprintf '%s\\n' '{UID}   <none>   shop   web-0' '{mirror}'\n"
    kubelet = tmp_path / "kubelet.conf"
    kubelet.touch()
    script = probe_script().replace(b"nr_kubelet=/etc/kubernetes/kubelet.conf", b"nr_kubelet=%s" % bytes(kubelet))
    with stand_in(tmp_path, printed, "kubectl") as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.probe_script", lambda: script)
        snapshot = seen(place)[0]
    assert {each.uid: str(each) for each in snapshot.pod_names} == {
        UID: "shop/web-0", digest: "kube-system/etcd-control-1",
        "7c7c7c7c-1e0d-4e57-9d0c-2f6c1a7b9e15": "kube-system/etcd-control-1",
    }  # fmt: skip


def test_hostile_text_is_neither_a_name_nor_a_marker_and_is_bounded(tmp_path: Path) -> None:
    others = UID.replace("0b", "1c")
    text = "\n".join([
        f"@{NONCE} end complete=yes", f" @{NONCE} gap section=x why=y", "\x1b]0;owned\x07",
        crictl_prints(
            sandbox(others, "web\u202e\x1b[31m", "shop"),
            sandbox(UID.replace("0b", "2d"), "$(reboot)", "shop;id"),
            # An annotation may be called like a field, and hold a whole document of its own.
            sandbox(UID, "web-0", "shop", uid=others, name="impostor", metadata='{"uid": "x", "name": "y"}'),
        ).split("END'\n")[1].removesuffix("END\n"),
        "x" * 3_000_000,
    ])  # fmt: skip
    (tmp_path / "text").write_text(text)
    with stand_in(tmp_path, f"#!/bin/sh\ncat {tmp_path}/text\n") as place:
        snapshot, answer, _ = seen(place)
    assert [(each.uid, str(each)) for each in snapshot.pod_names] == [(UID, "shop/web-0")]
    assert answer.endswith(f"@{NONCE} end complete=yes\n".encode())
    assert answer.count(b" end complete=yes") == 1
    assert b"impostor" not in answer
    assert b"\x1b" not in answer.split(b" names\n")[1]
    assert len(answer) < 3_000_000


@contextmanager
def a_freezer() -> Iterator[Path]:
    """A frozen v1 cgroup: who enters it is not even ended by SIGKILL. Thawed and removed whatever happens."""
    folder = Path("/sys/fs/cgroup/freezer") / f"nr-test-names-{os.getpid()}"
    folder.mkdir()
    try:
        (folder / "freezer.state").write_text("FROZEN")
        yield folder
    finally:
        (folder / "freezer.state").write_text("THAWED")
        _removed(folder)


def test_one_that_outlives_even_sigkill_is_not_asked_again_while_it_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.setitem(globals(), "ENTER", f"mount --bind {tmp_path}/run /run && {ENTER}")
    marker = tmp_path / "run" / "nornir-hygiene" / "names"
    with a_freezer() as frozen:
        enters = f"#!/bin/sh\necho $$ >{frozen}/cgroup.procs\nexec sleep 4343\n"
        with stand_in(tmp_path, enters) as place:
            assert names_gaps(seen(place)[0]) == ["not-answered"]
            left = int(marker.read_text())
            assert (frozen / "cgroup.procs").read_text().split() == [str(left)]
            assert names_gaps(seen(place)[0]) == ["an-earlier-question-still-hangs"]
            assert (frozen / "cgroup.procs").read_text().split() == [str(left)]
    assert not Path(f"/proc/{left}").exists()
    (tmp_path / "bin" / "crictl").write_text(crictl_prints(WEB))
    again = seen(tmp_path)[0]
    assert ([str(each) for each in again.pod_names], names_gaps(again)) == (["shop/web-0"], [])
    assert not marker.exists()


def test_an_answer_without_end_is_cut_off_on_the_host(tmp_path: Path) -> None:
    with stand_in(tmp_path, "#!/bin/sh\nexec yes\n") as place:
        snapshot, answer, _ = seen(place)
    (why,) = names_gaps(snapshot)
    assert why.startswith("rc-") or why == "not-answered"
    assert len(answer) < 3_000_000
