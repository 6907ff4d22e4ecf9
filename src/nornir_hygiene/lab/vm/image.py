"""Disk, kernel and initial ram disk of all virtual hosts: built once per recipe, kept beside the other image."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from nornir_hygiene.lab.command import run, run_aloud, say
from nornir_hygiene.lab.image import cached
from nornir_hygiene.lab.packages import SUITE, acquire_options, write_sources
from nornir_hygiene.models.frozen import Frozen

BUILD_TIMEOUT_S = 600
DISK_MIB = 2600
DISK, KERNEL, INITRD = "disk.img", "vmlinuz", "initrd.img"

# Runs before the host's own init: lays the host's files (second disk) over the image's, so that it boots as itself.
_SEED_SCRIPT = """\
#!/bin/sh
[ "$1" != prereqs ] || exit 0
mkdir -p /seed
mount -t ext4 -o ro /dev/vdb /seed
cp -a /seed/. "${rootmnt:?}"
umount /seed
"""
# The name the lab's network file waits for, whatever the machine model makes of the card.
_LINK = "[Match]\nDriver=virtio_net\n[Link]\nName=host0\n"
_SEED_PATH = "etc/initramfs-tools/scripts/init-bottom/lab-seed"


class VmRecipe(Frozen):
    """All that decides what is in the image; its hash is the image's name."""

    suite: str = SUITE
    packages: tuple[str, ...] = (
        *("systemd", "systemd-sysv", "dbus", "udev", "openssh-server", "procps", "iproute2", "util-linux", "mount"),
        *("linux-image-amd64", "initramfs-tools", "kmod", "e2fsprogs", "dmsetup", "python3-minimal", "busybox-static"),
        *("ceph-common", "nfs-common", "nfs-kernel-server", "nbd-client", "nbd-server"),
        *("containerd", "runc", "tini"),
    )
    excludes: tuple[str, ...] = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
    modules: tuple[str, ...] = ("virtio_blk", "virtio_net", "virtio_pci", "ext4")
    # Compiled in software every unit costs a second of the boot.
    masked: tuple[str, ...] = (
        *("rbdmap.service", "ceph-crash.service", "apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer"),
        *("e2scrub_reap.service", "dpkg-db-backup.timer", "fstrim.timer", "systemd-networkd-wait-online.service"),
        *("containerd.service", "nfs-server.service", "nfs-kernel-server.service", "nfs-blkmap.service"),
        *("nfs-mountd.service", "nfsdcld.service", "rpcbind.service", "rpcbind.socket", "rpc-statd.service"),
        *("nbd-server.service", "blk-availability.service", "lvm2-monitor.service", "getty@tty1.service"),
        *("serial-getty@ttyS0.service", "systemd-timesyncd.service", "systemd-hwdb-update.service"),
        *("nvmf-autoconnect.service", "mdmonitor.service", "logrotate.timer", "dm-event.socket"),
    )
    # Only these: a ram disk with all drivers takes the emulator ten seconds longer to unpack.
    ram_disk: str = "MODULES=list\n"
    seed_script: str = _SEED_SCRIPT
    link: str = _LINK
    disk_mib: int = DISK_MIB

    def name(self) -> str:
        """The image's folder name: `vm-` and 12 hex digits."""
        return "vm-" + hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def ensure(recipe: VmRecipe | None = None) -> Path:
    """The folder with DISK, KERNEL and INITRD, built first if the cache does not hold it."""
    wanted = recipe or VmRecipe()
    return cached(wanted.name(), lambda cache: _build(wanted, cache))


def _build(recipe: VmRecipe, cache: Path) -> Path:
    draft = Path(tempfile.mkdtemp(prefix="building-", dir=cache))
    say(f"building {recipe.name()} (two to five minutes, once per machine)")
    try:
        run_aloud(_mmdebstrap(recipe, draft, write_sources(draft)), timeout_s=BUILD_TIMEOUT_S, show="I: ")
        _settle(recipe, draft / "root")
        _take_out(draft)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return draft


def _mmdebstrap(recipe: VmRecipe, draft: Path, sources: list[Path]) -> list[str]:
    # Dies with this process, and its mounts with it, as in lab/image.py.
    alone = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [
        *alone,
        *("mmdebstrap", "--variant=minbase", "--mode=root", "--format=directory"),
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in recipe.excludes),
        *(f"--aptopt={option}" for option in acquire_options()),
        '--aptopt=Acquire::Languages "none"',
        "--include=" + ",".join(recipe.packages),
        recipe.suite,
        str(draft / "root"),
        *map(str, sources),
    ]


def _settle(recipe: VmRecipe, root: Path) -> None:
    (root / _SEED_PATH).write_text(recipe.seed_script)
    (root / _SEED_PATH).chmod(0o755)
    (root / "etc/initramfs-tools/modules").write_text("".join(f"{name}\n" for name in recipe.modules))
    (root / "etc/initramfs-tools/conf.d/lab").write_text(recipe.ram_disk)
    (root / "etc/systemd/network/10-host0.link").write_text(recipe.link)
    run(["chroot", str(root), "update-initramfs", "-u"], timeout_s=600)
    run(["systemctl", f"--root={root}", "enable", "systemd-networkd.service"])
    run(["systemctl", f"--root={root}", "mask", *recipe.masked])
    for key in (root / "etc/ssh").glob("ssh_host_*"):  # each host gets its own, known before it boots
        key.unlink()


def _take_out(draft: Path) -> None:
    """Kernel and initial ram disk beside the disk; the folder the disk was filled from is not kept."""
    root = draft / "root"
    for pattern, name in (("vmlinuz-*", KERNEL), ("initrd.img-*", INITRD)):
        (newest,) = (root / "boot").glob(pattern)
        shutil.copy(newest, draft / name)
    make_disk(draft / DISK, root, DISK_MIB)
    shutil.rmtree(root)
    for source in draft.glob("lab.*"):
        source.unlink()


def make_disk(image: Path, root: Path, size_mib: int) -> None:
    """An ext4 file system in a file, filled from a folder without being mounted."""
    run(["mke2fs", "-q", "-t", "ext4", "-d", str(root), str(image), f"{size_mib}M"], timeout_s=600)
