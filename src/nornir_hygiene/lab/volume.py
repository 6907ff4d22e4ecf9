"""A small ext4 volume of a host on a loop device, mounted: what io and ps faults happen on."""

import random

from nornir_hygiene.lab import loops, state
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.model import Undo
from nornir_hygiene.models.frozen import Frozen

SIZE_MIB = 32


class LoopVolume(Frozen):
    """Where it is inside the host."""

    loop: int
    backing: str
    mountpoint: str
    size_mib: int = SIZE_MIB

    @property
    def node(self) -> str:
        """The device node."""
        return f"/dev/loop{self.loop}"

    @property
    def number(self) -> str:
        """MAJ:MIN."""
        return f"{loops.MAJOR}:{self.loop}"

    def facts(self) -> dict[str, str]:
        """What an audit can say about it, by the names of `Facts`."""
        name = f"loop{self.loop}"
        return {"device": name, "kernel_device": name, "device_number": self.number, "mountpoint": self.mountpoint}

    def undo(self) -> Undo:
        """What to take away again."""
        return Undo(mounts=(self.mountpoint,), loops=(self.loop,), paths=(self.node, self.backing, self.mountpoint))


def draw(rng: random.Random, name: str) -> LoopVolume:
    """A volume with a drawn number that no loop device has yet."""
    loop = rng.choice([number for number in loops.NUMBERS if not loops.in_use(number)])
    return LoopVolume(loop=loop, backing=f"/var/lib/{name}.img", mountpoint=f"/srv/{name}")


def make(host: LabHost, volume: LoopVolume) -> None:
    """Make, format and mount it."""
    host.run(["truncate", "-s", f"{volume.size_mib}M", volume.backing])
    host.run(["mkfs.ext4", "-q", volume.backing])
    loops.create(state.claim_loop(volume.loop))
    host.run(["mknod", volume.node, "b", str(loops.MAJOR), str(volume.loop)])
    host.run(["losetup", volume.node, volume.backing])
    mount(host, volume)


def mount(host: LabHost, volume: LoopVolume) -> None:
    """Mount it; a second time after `umount` means: with nothing of it in the page cache."""
    host.run(["mkdir", "-p", volume.mountpoint])
    host.run(["mount", volume.node, volume.mountpoint])
