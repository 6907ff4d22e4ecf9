"""What the runtime of a virtual host is told of a container, without starting one."""

from nornir_hygiene.lab.vm.oci import Spec, Volume

BARE = Spec(root="/run/box/rootfs", args=("/bin/app",), cgroup="/kubepods/burstable/pod1/2", pids_limit=40)


def test_the_limit_and_the_cgroup_are_in_the_specification() -> None:
    told = BARE.told()
    assert told["linux"]["resources"]["pids"] == {"limit": 40}
    assert told["linux"]["cgroupsPath"] == "/kubepods/burstable/pod1/2"
    assert {"type": "pid"} in told["linux"]["namespaces"]


def test_a_volume_is_bound_beside_what_every_container_has() -> None:
    volume = Volume(source="/var/lib/kubelet/pods/1/volumes/x/mount", destination="/data")
    told = BARE.model_copy(update={"volume": volume}).told()
    assert told["mounts"][:-1] == BARE.told()["mounts"]
    assert (told["mounts"][-1]["source"], told["mounts"][-1]["type"]) == (volume.source, "bind")
