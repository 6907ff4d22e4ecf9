"""Parents that wait in D for a vfork child, told from programs that are in D for a moment while they are read in."""

import subprocess


def has_child(pid: int) -> bool:
    """Whether it has begun its child: what is in D before that waits for the disk."""
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=False).returncode == 0
