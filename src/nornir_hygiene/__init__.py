"""What the processes of a fleet are waiting for, why, and what restores it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nornir_hygiene.content import load_task

__version__ = "0.1.0"
__all__ = ["__version__", "load_task"]


def __getattr__(name: str) -> Any:
    # Late, so that `import nornir_hygiene` and with it every start of `nr` stays cheap.
    if name == "load_task":
        from nornir_hygiene.content import load_task

        return load_task
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
