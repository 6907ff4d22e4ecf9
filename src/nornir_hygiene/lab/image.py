"""The one Debian image behind all hosts: built once per recipe, kept in the user's cache."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nornir_hygiene.lab.command import run, run_aloud, say
from nornir_hygiene.lab.packages import SUITE, acquire_options, write_sources
from nornir_hygiene.lab.places import image_cache
from nornir_hygiene.models.frozen import Frozen

BUILD_TIMEOUT_S = 900


class Recipe(Frozen):
    """All that decides what is in the image; its hash is the image's name."""

    suite: str = SUITE
    packages: tuple[str, ...] = (
        *("systemd", "systemd-sysv", "dbus", "openssh-server", "procps", "iproute2", "sudo", "util-linux", "mount"),
        *("e2fsprogs", "kmod", "python3", "busybox", "strace", "fuse3"),
        *("ceph-mon", "ceph-osd", "ceph-mgr", "ceph-common", "rbd-fuse"),
    )
    # Nobody reads manuals in a throw-away host; a third of the unpacking is saved.
    excludes: tuple[str, ...] = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")
    # name, login shell: the shells are put in place with the host, see furnish.py
    users: tuple[tuple[str, str], ...] = (
        ("probe", "/bin/sh"),
        ("sudoer", "/bin/sh"),
        ("sleeper", "/usr/local/sbin/login-that-hangs"),
        ("cutter", "/usr/local/sbin/login-that-dies"),
        ("flooder", "/usr/local/sbin/login-that-floods"),
    )
    # Units that only make noise, cost boot time, or would reach for the machine below.
    masked: tuple[str, ...] = (
        *("nvmf-autoconnect.service", "rbdmap.service", "blk-availability.service", "lvm2-monitor.service"),
        *("e2scrub_reap.service", "e2scrub_all.timer", "apt-daily.timer", "apt-daily-upgrade.timer"),
        *("dpkg-db-backup.timer", "logrotate.timer", "console-getty.service", "sys-kernel-tracing.mount"),
        *("systemd-networkd-wait-online.service", "dm-event.socket", "lvm2-lvmpolld.socket", "uuidd.socket"),
        *("systemd-update-utmp.service", "ceph-crash.service", "systemd-modules-load.service"),
        *("systemd-sysctl.service", "systemd-network-generator.service"),
    )

    def name(self) -> str:
        """The image's folder name: `image-` and 12 hex digits."""
        return "image-" + hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def ensure(recipe: Recipe | None = None) -> Path:
    """The image's folder, built first if the cache does not hold it."""
    wanted = recipe or Recipe()
    return cached(wanted.name(), lambda cache: _build(wanted, cache))


def cached(name: str, build: Callable[[Path], Path]) -> Path:
    """The folder `name` of the cache, built first if need be: `build` drafts it there, or in one folder there."""
    cache = image_cache()
    cache.mkdir(parents=True, exist_ok=True)
    done = cache / name
    if done.is_dir():  # whole since it has its name: nobody need wait for the builder of another
        return done
    with _one_builder(cache):
        if not done.is_dir():
            draft = build(cache)
            draft.rename(done)
            if draft.parent != cache:
                draft.parent.rmdir()
    return done


@contextmanager
def _one_builder(cache: Path) -> Iterator[None]:
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released by the kernel however the builder ends
        yield


def forget_half_built() -> None:
    """Remove what a killed builder left in the cache; whole images stay, and so does a build under way."""
    cache = image_cache()
    if not any(cache.glob("building-*")):
        return
    with suppress(BlockingIOError), (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _clear(cache)


def _clear(cache: Path) -> None:
    for left_over in cache.glob("building-*"):
        shutil.rmtree(left_over)


def _build(recipe: Recipe, cache: Path) -> Path:
    _clear(cache)  # of a builder that was killed; we hold the lock
    draft = Path(tempfile.mkdtemp(prefix="building-", dir=cache))
    say(f"building {recipe.name()} (about a minute, once per machine)")
    root = draft / "root"
    try:
        run_aloud(_mmdebstrap(recipe, root, write_sources(draft)), timeout_s=BUILD_TIMEOUT_S, show="I: ")
        _settle(recipe, root)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    for source in draft.glob("lab.*"):
        source.unlink()
    return root


def _mmdebstrap(recipe: Recipe, root: Path, sources: list[Path]) -> list[str]:
    # Dies with this process, and its mounts with it: nothing may go on building below a removed folder.
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
        str(root),
        *map(str, sources),
    ]


def _settle(recipe: Recipe, root: Path) -> None:
    for name, shell in recipe.users:
        run(["chroot", str(root), "useradd", "--create-home", "--shell", shell, name])
    run(["systemctl", f"--root={root}", "enable", "systemd-networkd.service"])
    run(["systemctl", f"--root={root}", "mask", *recipe.masked])
    for key in (root / "etc/ssh").glob("ssh_host_*"):  # each host gets its own, known before it boots
        key.unlink()
    (root / "etc/machine-id").write_text("")
    (root / "etc/hostname").unlink(missing_ok=True)
