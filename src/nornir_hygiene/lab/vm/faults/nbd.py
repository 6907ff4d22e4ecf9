"""A reader of a network block device whose server the network has lost; healthy: another device, over another wire.

The server runs in a network namespace beside the client. The client stays, as `nbd-client` does without netlink, and
sets no timeout: requests wait for good. A writer waits, too: of those who read, the kernel's hung-task report says
nothing, because they can be killed.
"""

from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.model import Planted, Undo
from nornir_hygiene.lab.vm.faults.inside import arrange, blocked, sh

GONE = "nbd-server-gone"
# One connection, a device of zeros: nbd-server computes for ten seconds under emulation before it serves one. See the
# protocol in nbd's doc/proto.md; every option but the export's name is refused, and requests are served in their order.
_SERVE = """
import socket, struct, sys
stream = socket.create_server((sys.argv[1], 10809)).accept()[0].makefile("rwb")
def hear(form):
    return struct.unpack(form, stream.read(struct.calcsize(form)))
def say(form, *values):
    stream.write(struct.pack(form, *values))
    stream.flush()
say(">16sH", b"NBDMAGICIHAVEOPT", 3)
hear(">I")
while True:
    _, option, length = hear(">QII")
    stream.read(length)
    if option == 1:
        break
    say(">QIII", 0x3E889045565A9, option, 0x80000001, 0)
say(">QH", 4 << 20, 1)
while True:
    _, _, command, handle, _, length = hear(">IHHQQI")
    if command == 1:
        stream.read(length)
    say(">IIQ%ds" % (length if command == 0 else 0), 0x67446698, 0, handle, b"")
"""
# $1 the namespace, $2 the client's address, $3 the server's, $4 the device.
_UP = f"""
modprobe nbd
ip netns add "$1"
ip link add "$1-c" type veth peer name "$1-s" netns "$1"
ip address add "$2/30" dev "$1-c"; ip link set "$1-c" up
ip -n "$1" address add "$3/30" dev "$1-s"; ip -n "$1" link set "$1-s" up; ip -n "$1" link set lo up
cat >"/run/$1.serve" <<'SERVE'{_SERVE}SERVE
systemd-run --quiet --collect --unit="$1" --property=NetworkNamespacePath="/run/netns/$1" -- \\
    python3 -S "/run/$1.serve" "$3"
systemd-run --quiet --collect --unit="$1-client" --property=Restart=on-failure --property=RestartSec=500ms -- \\
    nbd-client -nofork -nonetlink -N disk "$3" "/dev/$4"
for try in $(seq 100); do
    [ "$(cat "/sys/block/$4/size")" = 0 ] || exit 0
    sleep 0.1
done
exit 1
"""
# Disconnected first: that ends everybody's wait, with an error. Its client may be on its way to connect again.
_DOWN = """
nbd-client -d "/dev/$4"
systemctl stop "$1-client"
systemctl kill --signal=KILL "$1"; systemctl stop "$1"
ip netns delete "$1"; ip link delete "$1-c" 2>/dev/null
rm -f "/run/$1.serve"
"""
# $1 keeps what was set before. Reports come after two seconds, and not after two minutes; and without an end: others
# that hang on this host would use up a few before our writer has its turn.
_REPORT = """
sysctl kernel.hung_task_timeout_secs kernel.hung_task_check_interval_secs kernel.hung_task_warnings >"$1"
sysctl -q kernel.hung_task_timeout_secs=2 kernel.hung_task_check_interval_secs=1 kernel.hung_task_warnings=-1
"""
_REPORT_NO_MORE = 'sysctl -q -p "$1"; rm -f "$1"'
# $1 the namespace, $2 the reader's word, $3 the writer's unit, $4 the device.
_CUT = """
ip -n "$1" link set "$1-s" down
: >"$2"
systemd-run --quiet --unit="$3" -- dd if=/dev/zero of="/dev/$4" bs=4096 count=1 conv=fsync
"""


def plant(site: Site) -> Planted:
    """The wire is cut; neither side knows."""
    name, server, device = _draw(site)
    go, writer = f"/run/{name}.go", f"{name}-write.service"
    arrange(site, "hung-task", _REPORT, _REPORT_NO_MORE, f"/run/{name}.was")
    pid, comm = _serve(site, name, server, device, go)
    site.promise(Undo(units=(writer,)))
    sh(site, _CUT, name, go, writer, device)
    blocked(site, "the reader", lambda task: task.pid == pid)
    return site.planted(pid=pid, comm=comm, cause=(f" {server} ",))


def twin(site: Site) -> Planted:
    """A server that answers."""
    name, server, device = _draw(site)
    go = f"/run/{name}.go"
    pid, comm = _serve(site, name, server, device, go)
    sh(site, ': >"$1"', go)
    return site.planted(pid=pid, comm=comm)


def _draw(site: Site) -> tuple[str, str, str]:
    """A name for all of it, the server's address, the device; the twin's is never the same."""
    name = f"nbd{site.rng.randint(10, 99)}{'b' if site.draft.twin else 'a'}"
    net = f"198.19.{site.rng.randint(1, 125) * 2 + site.draft.twin}"
    return name, f"{net}.6", f"nbd{site.rng.randint(0, 7) * 2 + site.draft.twin}"


def _serve(site: Site, name: str, server: str, device: str, go: str) -> tuple[int, str]:
    """Connect the device and start its reader, who waits for the word; its pid and name."""
    client = server.removesuffix("6") + "5"
    arrange(site, "nbd", _UP, _DOWN, name, client, server, device)
    site.promise(Undo(paths=(go,)), device=f"/dev/{device}", kernel_device=device)
    made = site.start("reader", {"file": f"/dev/{device}", "go": go})
    return int(made.report["pid"]), made.comm
