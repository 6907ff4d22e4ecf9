"""What the processes of a fleet are waiting for, why, and what restores it."""

__version__ = "0.1.0"
