"""Who is PID 1 of a pid namespace of its own, and who came in from outside."""

from nornir_hygiene.models.process import Suspect


def depth(suspect: Suspect | None) -> int:
    """How many pid namespaces below ours it lives in; 0 also where the kernel does not say (EL7 has no NSpid)."""
    return max(0, len(suspect.nspid) - 1) if suspect else 0


def is_namespace_init(suspect: Suspect | None) -> bool:
    """PID 1 of a child namespace: the init of a container, whatever its name."""
    return bool(suspect and depth(suspect) and suspect.nspid[-1] == 1)
