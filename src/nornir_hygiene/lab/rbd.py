"""An rbd image as a block device of a host, without a kernel rbd module: rbd-fuse, a loop device, a node /dev/rbdN."""

import random

from nornir_hygiene.lab import loops, state
from nornir_hygiene.lab.ceph import Volume
from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Undo
from nornir_hygiene.models.frozen import Frozen


class Device(Frozen):
    """The device of one volume on one host; `node` is what people call it, `loop` what the kernel does."""

    volume: Volume
    node: str
    loop: int
    unit: str
    folder: str

    def facts(self) -> dict[str, str]:
        """What an audit can say about it, by the names of `Facts`."""
        return {
            "device": self.node,
            "kernel_device": f"loop{self.loop}",
            "device_number": f"{loops.MAJOR}:{self.loop}",
            "pool": self.volume.pool,
            "image": self.volume.image,
            "mountpoint": self.folder,
        }

    def undo(self) -> Undo:
        """What to take away again, besides the pool."""
        paths = (self.node, f"/dev/loop{self.loop}", self.folder)
        return Undo(units=(self.unit,), mounts=(self.folder,), loops=(self.loop,), paths=paths)


def draw(rng: random.Random, volume: Volume) -> Device:
    """A device with a drawn number that no loop device has yet."""
    free = [number for number in loops.NUMBERS if not loops.in_use(number)]
    return Device(
        volume=volume,
        node=f"/dev/rbd{rng.randint(0, 19)}",
        loop=rng.choice(free),
        unit=f"rbd-fuse-{volume.pool}.service",
        folder=f"/var/lib/rbd/{volume.pool}",
    )


def attach(host: LabHost, device: Device) -> None:
    """Mount the pool, attach the image, make the nodes, put ext4 on it."""
    host.run(["mkdir", "-p", device.folder])
    # In a unit of its own: when the client hangs, nothing else may hang with it.
    host.start_unit(device.unit, ["rbd-fuse", "-f", "-p", device.volume.pool, device.folder])
    image = f"{device.folder}/{device.volume.image}"
    wait_for(f"rbd-fuse to show {image}", lambda: _shows(host, image), timeout_s=30)
    loops.create(state.claim_loop(device.loop))
    for node in (f"/dev/loop{device.loop}", device.node):
        host.run(["mknod", node, "b", str(loops.MAJOR), str(device.loop)])
    # Direct I/O: a page cached below would answer where the cluster does not.
    host.run(["losetup", "--direct-io=on", f"/dev/loop{device.loop}", image])
    host.run(["mkfs.ext4", "-q", device.node], timeout_s=60)


def _shows(host: LabHost, image: str) -> bool:
    return host.run(["test", "-f", image], check=False).returncode == 0
