"""Where a cgroup path leads: the layouts of domain facts, section 5."""

import pytest

from nornir_hygiene.diagnose.containers import cgroup_of, container_of, is_below, origin_of
from nornir_hygiene.models.cgroup import Container
from nornir_hygiene.models.process import CgroupPath, Suspect

_UID = "01234567-89ab-cdef-0123-456789abcdef"
_UID_ = _UID.replace("-", "_")
_STATIC = "0123456789abcdef0123456789abcdef"
_ID = "4f" * 32
_INNER = "5e" * 32

_BURSTABLE = f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{_UID_}.slice"

_LAYOUTS = {
    f"{_BURSTABLE}/cri-containerd-{_ID}.scope": Container(
        pod_uid=_UID, container_id=_ID, runtime="containerd", qos="burstable"
    ),
    f"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{_UID_}.slice/crio-{_ID}.scope": Container(
        pod_uid=_UID, container_id=_ID, runtime="cri-o", qos="besteffort"
    ),
    f"/kubepods.slice/kubepods-pod{_UID_}.slice/docker-{_ID}.scope": Container(
        pod_uid=_UID, container_id=_ID, runtime="docker", qos="guaranteed"
    ),
    f"/kubepods.slice/kubepods-pod{_UID_}.slice": Container(pod_uid=_UID, qos="guaranteed"),
    f"/kubepods.slice/kubepods-pod{_STATIC}.slice/crio-conmon-{_ID}.scope": Container(
        pod_uid=_STATIC, qos="guaranteed"
    ),
    f"/kubepods/burstable/pod{_UID}/{_ID}": Container(pod_uid=_UID, container_id=_ID, qos="burstable"),
    f"/kubepods/pod{_UID}/{_ID}": Container(pod_uid=_UID, container_id=_ID, qos="guaranteed"),
    f"/kubepods/besteffort/pod{_STATIC}": Container(pod_uid=_STATIC, qos="besteffort"),
    f"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{_UID_}.slice/cri-containerd-{_ID}.scope": Container(
        pod_uid=_UID, container_id=_ID, runtime="containerd", qos="guaranteed"
    ),
    f"/kubepods.slice/kubepods-pod{_UID_}.slice/crio-{_ID}.scope/container": Container(
        pod_uid=_UID, container_id=_ID, runtime="cri-o", qos="guaranteed"
    ),
    f"/system.slice/containerd.service/kubepods-burstable-pod{_UID_}.slice:cri-containerd:{_ID}": Container(
        pod_uid=_UID, container_id=_ID, runtime="containerd", qos="burstable"
    ),
    f"/system.slice/docker-{_ID}.scope": Container(container_id=_ID, runtime="docker"),
    f"/docker/{_ID}": Container(container_id=_ID, runtime="docker"),
    f"/machine.slice/libpod-{_ID}.scope": Container(container_id=_ID, runtime="podman"),
    f"/docker/{_ID}/kubepods/burstable/pod{_UID}/{_INNER}": Container(container_id=_ID, runtime="docker"),
    f"/kubepods/burstable/pod{_UID}/{_ID} (deleted)": Container(pod_uid=_UID, container_id=_ID, qos="burstable"),
    "/system.slice/sshd.service": Container(),
    f"/user.slice/pod{_UID}": Container(),
    f"/home/{_ID}": Container(),
    "/": Container(),
    "": Container(),
}


@pytest.mark.parametrize("path", _LAYOUTS)
def test_a_path_names_its_pod_and_container(path: str) -> None:
    assert container_of(path) == _LAYOUTS[path]


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        (f"/kubepods/pod{_UID}/{_ID}", f"pod {_UID}, container {_ID[:12]}"),
        ("/user.slice/user-1000.slice/session-9.scope", "login sessions of uid 1000"),
        ("/user.slice/user-0.slice/user@0.service/app.slice/x.service", "x.service"),
        ("/system.slice/kuryr.service (deleted)", "kuryr.service"),
        ("/somewhere/else", "/somewhere/else"),
        (None, "unknown origin"),
    ],
)
def test_an_origin_is_the_same_tomorrow(path: str | None, origin: str) -> None:
    assert origin_of(path) == origin


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ([("pids", "/a"), ("", "/b")], "/b"),
        ([("cpu", "/a"), ("name=systemd", "/system.slice/x.service"), ("", "/")], "/system.slice/x.service"),
        ([("cpu", "/a"), ("pids", "/p")], "/p"),
        ([("cpu", "/a")], "/a"),
        ([("", "/")], None),
        ([], None),
    ],
)
def test_of_several_hierarchies_the_most_telling_counts(lines: list[tuple[str, str]], path: str | None) -> None:
    cgroups = tuple(
        CgroupPath(hierarchy=number, controllers=(name,) if name else (), path=where)
        for number, (name, where) in enumerate(lines)
    )
    assert cgroup_of(Suspect(pid=1, start_ticks=1, cgroups=cgroups)) == path


def test_below_is_by_whole_components() -> None:
    assert is_below("/a/b", "/a")
    assert is_below("/a", "/a")
    assert is_below("/a", "/")
    assert not is_below("/ab", "/a")
    assert not is_below("/a", "/a/b")
