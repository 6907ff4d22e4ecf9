"""What the kernel says about the programs that orders start on a host."""

import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from nornir_hygiene.lab.cgroups import hierarchies
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.remediate.perform import Order, request_for
from tests.lab.strange_orders import HOSTILE, PLAIN

# What must not act, or is not there. It is seen all the same.
STAND_INS = ("kubectl", "ceph", "rbd", "cephadm", "systemctl", "reboot", "shutdown")
MOUNT = """
import os, subprocess, sys
for name in map(os.fsencode, sys.stdin.read().split("\\0")):
    os.makedirs(b"/nr-hostile/" + name)
    subprocess.run([b"mount", b"-t", b"tmpfs", b"none", b"/nr-hostile/" + name], check=True)
"""
UNMOUNT = """
import os, subprocess
for name in os.listdir(b"/nr-hostile"):
    subprocess.run([b"umount", b"/nr-hostile/" + name], check=True)
    os.rmdir(b"/nr-hostile/" + name)
os.rmdir("/nr-hostile")
"""
LEFT = "/run/stand-ins /run/witness /run/nornir-hygiene.receipts/nr-hostile.* /run/nornir-hygiene.locks/nr-*"


class Program(NamedTuple):
    """One execve: the file, and the argument list."""

    path: str
    argv: tuple[str, ...]

    def about(self, old: str, new: str) -> "Program":
        return Program(self.path.replace(old, new), tuple(word.replace(old, new) for word in self.argv))

    def plain(self) -> "Program":
        """Without figures: pids, times, seconds."""
        return Program(re.sub(r"\d+", "0", self.path), tuple(re.sub(r"\d+", "0", word) for word in self.argv))


class Witness:
    """One host on which orders are carried out, one after the other, under strace."""

    def __init__(self, host: LabHost) -> None:
        self.host = host

    def ready(self) -> None:
        names = [name for name in dict.fromkeys((PLAIN, *HOSTILE)) if _may_be_a_name(name)]
        for folder in self._cgroups():  # none may have a line end in its name
            for name in (name + suffix for name in names for suffix in ("", ".service") if "\n" not in name):
                (folder / name).mkdir(parents=True)
                with suppress(OSError):  # in the hierarchy that has it: the limit that the orders say was seen
                    (folder / name / "pids.max").write_text("1")
        self.host.run(["python3", "-c", MOUNT], stdin="\0".join(names), timeout_s=120)
        for name in STAND_INS:
            self.host.write(f"/run/stand-ins/{name}", "#!/bin/sh\nexit 1\n", 0o755)

    def _cgroups(self) -> list[Path]:
        """Of those hierarchies in which an action looks for a cgroup."""
        trees = [tree for tree in hierarchies() if tree.version == 2 or {"pids", "freezer"} & set(tree.controllers)]
        return [self.host.cgroup_in(tree) / "nr-hostile" for tree in trees]

    def programs(self, orders: list[Order]) -> dict[str, set[Program]]:
        """What ran for each, by its token."""
        scripts = (request_for(order, "0" * 32, sudo=False).script for order in orders)
        marked = (
            b"/bin/true %s\n(\n%s)\n" % (order.token.encode(), script)
            for order, script in zip(orders, scripts, strict=True)
        )
        strace = [
            "strace",
            "-f",
            "--seccomp-bpf",
            "-qq",
            "-xx",
            "-s",
            "99999",
            "-e",
            "trace=execve",
            "-e",
            "signal=none",
        ]
        path = "PATH=/run/stand-ins:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
        words = ["env", path, *strace, "-o", "/run/witness", "/bin/sh", "-s"]
        subprocess.run(
            self.host.inside(words), input=b"".join(marked), stdout=subprocess.DEVNULL, timeout=240, check=True
        )
        return _by_token(self.host.path("/run/witness").read_text(), [order.token for order in orders])

    def end(self) -> None:
        self.host.run(["python3", "-c", UNMOUNT], check=False, timeout_s=120)
        self.host.run(["sh", "-c", f"rm -rf {LEFT}"])
        for top in self._cgroups():
            for folder in (*top.glob("*"), top):
                with suppress(OSError):
                    folder.rmdir()


def _may_be_a_name(text: str) -> bool:
    return not {"/", "\0", "\udc80"} & set(text) and len(text.encode()) < 248 and text not in (".", "..", "")


def _by_token(told: str, tokens: list[str]) -> dict[str, set[Program]]:
    """A logger is not waited for: what names a token belongs to it, whenever it comes."""
    found: dict[str, set[Program]] = {token: set() for token in tokens}
    now = ""
    for path, words in re.findall(r'execve\("([^"]*)", \[(.*?)\], 0x', told):
        assert "..." not in words
        program = Program(_decoded(path), tuple(_decoded(word) for word in re.findall(r'"([^"]*)"', words)))
        if program.argv[0] == "/bin/true" and program.argv[-1] in found:
            now = program.argv[-1]
            continue
        named = next((token for token in re.findall(r"nr-hostile\.\d+", " ".join(program.argv)) if token in found), now)
        if named:
            found[named].add(program)
    return found


def _decoded(hexadecimal: str) -> str:
    return bytes.fromhex(hexadecimal.replace(r"\x", "")).decode("utf-8", "surrogateescape")
