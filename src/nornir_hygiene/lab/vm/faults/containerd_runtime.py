"""containerd and runc, from Debian's packages, inside a virtual host; images from a local root, nothing is pulled.

A runtime starts with its first container and ends with its last one, so all faults can share one. The unit of the
package is masked in the image; ours differs from it in its folders, and comes back faster.
"""

import json

from nornir_hygiene.lab.container import Container
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Undo
from nornir_hygiene.lab.vm.faults.containerd_apps import App
from nornir_hygiene.lab.vm.faults.inside import arrange
from nornir_hygiene.lab.vm.oci import Spec
from nornir_hygiene.models.frozen import Frozen

SHARED = "node-containerd"
# What all scripts know: $1 the runtime, $2 the container, $3 its cgroup.
_KNOWN = """
at=/run/$1 box=/run/$1/boxes/$2 id=$2 scope=/sys/fs/cgroup$3 runtime=$1
export CONTAINERD_ADDRESS="$at/socket" CONTAINERD_NAMESPACE=k8s.io
"""
_RUNTIME = """
mkdir -p "$box/upper/bin" "$box/work" "$box/rootfs"
if ! [ -S "$at/socket" ]; then
    modprobe overlay
    mkdir -p "$at/image/bin" "$at/image/proc" "$at/image/dev" "$at/image/run"
    cp /bin/busybox "$at/image/bin/busybox"; cp /usr/bin/tini-static "$at/image/bin/tini"
    for tool in sh dd sleep mkfifo; do ln -s busybox "$at/image/bin/$tool"; done
    cat >"$at/config.toml" <<CONFIG
version = 2
root = "$at/root"
state = "$at/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
address = "$at/socket"
[plugins."io.containerd.internal.v1.opt"]
path = "$at/opt"
CONFIG
    systemd-run --quiet --unit="$runtime" --property=Type=notify --property=Delegate=yes \\
        --property=KillMode=process --property=TasksMax=infinity --property=OOMScoreAdjust=-999 \\
        --property=Restart=always --property=RestartSec=100ms -- containerd --config "$at/config.toml"
fi
"""
_CONTAINER = """
chmod 755 "$box"/upper/bin/*
mount -t overlay -o "lowerdir=$at/image,upperdir=$box/upper,workdir=$box/work" overlay "$box/rootfs"
ctr run --detach --null-io --config "$box/config.json" --pid-file "$box/pid" %s "$id" >&2
pid=$(cat "$box/pid")
while read -r name value; do [ "$name" != PPid: ] || shim=$value; done <"/proc/$pid/status"
children() { cat "/proc/$pid/task/$pid/children"; }
"""
# Whatever is missing has never come, or is gone. The last container's end is the runtime's.
_DOWN = """
[ ! -e "$scope/cgroup.kill" ] || echo 1 >"$scope/cgroup.kill"
timeout 20 ctr task delete --force "$id"; timeout 20 ctr container delete "$id"
umount "$box/rootfs"; rm -rf "$box" "/run/containerd/runc/k8s.io/$id"
if rmdir "$at/boxes"; then
    systemctl stop "$runtime"
    shims=/sys/fs/cgroup/system.slice/$runtime.service/cgroup.kill
    [ ! -e "$shims" ] || echo 1 >"$shims"
    rm -rf "$at"; rmdir /run/containerd/*/* /run/containerd/* /run/containerd
fi
"""
# systemd keeps the slices it made for a scope, and stopping one ends whatever still is in it.
_LEAVE = """
pod=${scope%/*}
for one in "$pod" "${pod%/*}" "${pod%/*/*}"; do
    for below in "$one"/*/; do [ ! -d "$below" ] || exit 0; done
    case $one in *.slice) systemctl stop "${one##*/}" ;; *) rmdir "$one" ;; esac
done
"""


class Running(Frozen):
    """A container that runs; pids as the host sees them. `pids`: the children of its init."""

    pid: int
    shim: int
    pids: tuple[int, ...]


def run(site: Site, app: App, runtime: str = SHARED) -> Running:
    """Start a container of a pod; whatever is made for it ends with its unit."""
    pod = app.pod
    site.promise(Undo(), **pod.facts())
    start = _CONTAINER % ("--runc-systemd-cgroup --cgroup told-in-the-spec" if pod.systemd else "")
    up = "\n".join((_KNOWN, _RUNTIME, _files(app, runtime), start, app.then, 'echo "$pid" "$shim" $(children)'))
    told = arrange(site, "container", up, _KNOWN + _DOWN + _LEAVE, runtime, pod.container, pod.scope)
    pid, shim, *pids = map(int, told.split())
    return Running(pid=pid, shim=shim, pids=tuple(pids))


def _files(app: App, runtime: str) -> str:
    spec = Spec(
        root=f"/run/{runtime}/boxes/{app.pod.container}/rootfs",
        args=app.args,
        cgroup=_cgroups_path(app.pod),
        pids_limit=app.pod.limit or 0,
        volume=app.volume,
    )
    scripts = {f"upper/bin/{name}": f"#!/bin/sh\n{text.strip()}" for name, text in app.scripts.items()}
    files = {**scripts, "config.json": json.dumps(spec.told())}
    return "\n".join(f"cat >\"$box/{name}\" <<'FILE'\n{text}\nFILE" for name, text in files.items())


def _cgroups_path(pod: Container) -> str:
    """As containerd asks runc for it: below a slice systemd is to make, or at a path of its own."""
    return f"{pod.pod.rpartition('/')[2]}:cri-containerd:{pod.container}" if pod.systemd else pod.scope
