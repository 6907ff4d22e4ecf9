"""An audit report as text, JSON and JSON lines; what its totals and exit code are; progress while it is made."""
