"""A reader on a hard NFS mount whose server the network has lost; healthy: another mount, over another wire.

The server is the kernel's own, in a network namespace beside the client: a machine of its own as far as NFS can tell.
The third protocol version, because with a later one both mounts would be found to lead to the same server and share
one connection.
"""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults.inside import arrange, blocked, sh

# $1 the namespace, $2 the client's address, $3 the server's, $4 what is exported, $5 where it is mounted.
_UP = """
ip netns add "$1"
ip link add "$1-c" type veth peer name "$1-s" netns "$1"
ip address add "$2/30" dev "$1-c"; ip link set "$1-c" up
ip -n "$1" address add "$3/30" dev "$1-s"; ip -n "$1" link set "$1-s" up; ip -n "$1" link set lo up
mkdir -p "$4" "$5"
head -c 200000 /dev/zero >"$4/data"
cat >"/run/$1.serve" <<'SERVE'
mount -t nfsd nfsd /proc/fs/nfsd
mount -t tmpfs tmpfs /var/lib/nfs; mkdir /var/lib/nfs/sm; touch /var/lib/nfs/etab /var/lib/nfs/rmtab
mount -t tmpfs tmpfs /run; mkdir /run/rpcbind /run/lock  # its socket must not be the other server's
rpcbind
exportfs -o rw,no_root_squash,no_subtree_check,fsid=77 "*:$1"
rpc.nfsd --nfs-version 3 --no-nfs-version 4 2
exec rpc.mountd --foreground --port 20048
SERVE
systemd-run --quiet --collect --unit="$1" --property=NetworkNamespacePath="/run/netns/$1" \\
    --property=PrivateMounts=yes -- /bin/sh -e "/run/$1.serve" "$4"
for try in 1 2 3 4 5 6 7 8; do
    mount -t nfs -o "vers=3,proto=tcp,hard,nolock,timeo=20,port=2049,mountport=20048,mountproto=tcp" "$3:$4" "$5" &&
        exit 0
    sleep 1
done
exit 1
"""
# The threads first: without its rpcbind their end would wait for it for a minute.
_DOWN = """
ip -n "$1" link set "$1-s" up
umount --lazy --force "$5"
server=$(systemctl show --property=MainPID --value "$1")
nsenter --target "$server" --net --mount sh -c 'echo 0 >/proc/fs/nfsd/threads'
systemctl kill --signal=KILL "$1"; systemctl stop "$1"
ip netns delete "$1"; ip link delete "$1-c" 2>/dev/null
rm -rf "$4" "$5" "/run/$1.serve"
"""


def plant(site: Site) -> Planted:
    """The wire is cut; the server itself knows nothing of it."""
    return _read(site, cut=True)


def twin(site: Site) -> Planted:
    """A server that answers."""
    return _read(site, cut=False)


def _read(site: Site, *, cut: bool) -> Planted:
    name, net = f"nas{site.rng.randint(10, 99)}", f"198.19.{site.rng.randint(2, 250)}"
    go, mount = f"/run/{name}.go", f"/mnt/{site.comm()}"
    server = f"{net}.2"
    arrange(site, "nfs", _UP, _DOWN, name, f"{net}.1", server, f"/srv/{name}", mount)
    site.promise(Undo(paths=(go,)), mountpoint=mount)
    made = site.start("reader", {"file": f"{mount}/data", "go": go})
    sh(site, ('ip -n "$1" link set "$1-s" down; ' if cut else "") + ': >"$2"', name, go)
    if cut:
        blocked(site, "the reader", lambda task: task.pid == made.report["pid"])
    return site.planted(comm=made.comm, pid=made.report["pid"], cause=(f"NFS server {server}",) if cut else ())
