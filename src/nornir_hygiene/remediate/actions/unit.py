"""Restart what systemd started."""

from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action, OfProcess, process_words

RESTART_OWNER = Action(
    name="restart-owner",
    risk=Risk.DISRUPTIVE,
    about="Restarts the systemd service the process belongs to, found through its cgroup. Refused for services others "
    "live on (sshd, dbus, kubelet, container runtimes, monitors), and where no service owns it.",
    arguments=OfProcess,
    parts=("signal", "unit"),
    words=lambda told: process_words(told.process),
    says=lambda told: f"restart the service that pid {told.process.pid} belongs to",
)
