"""The system's ssh: everything ssh_config can do (jump hosts, certificates, Include), at the price of a process."""

import math
import os
import tempfile
from pathlib import Path
from typing import Any

from nornir.core.configuration import Config

from nornir_hygiene.errors import UsageError
from nornir_hygiene.fleet.deadline import WITHOUT_DEADLINE_S, Deadline, current_deadline
from nornir_hygiene.fleet.transports.child import Child
from nornir_hygiene.fleet.transports.intake import Intake
from nornir_hygiene.fleet.transports.openssh_log import OpensshLog
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.settings import HostSettings

_SSH_FAILED = 255
_ALWAYS = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "UpdateHostKeys": "no",  # would write known_hosts
    "ConnectionAttempts": "1",
    "ClearAllForwardings": "yes",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "LogLevel": "DEBUG1",  # tells the phases; unlike -v it does not tie a persisting master to our stderr
}


class OpensshTransport:
    """A Nornir connection plugin; `connection` is the plugin itself, a Transport. Every request is one ssh."""

    def __init__(self) -> None:
        self._deadline = current_deadline() or Deadline(WITHOUT_DEADLINE_S)
        self._settings = HostSettings()
        self._where: list[str] = []
        self._has_password = False

    @property
    def connection(self) -> "OpensshTransport":
        """Nornir hands this out."""
        return self

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,  # noqa: ARG002  # Nornir's signature
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,  # noqa: ARG002  # Nornir's signature
    ) -> None:
        """Only remembers: ssh connects when there is something to run. What is left out here, ssh_config says."""
        self._settings = HostSettings.model_validate(extras or {})
        user = ["-l", username] if username else []
        at_port = ["-p", str(port)] if port else []
        self._where = [*user, *at_port, "--", hostname or ""]
        self._has_password = password is not None

    def execute(self, request: ProbeRequest, max_output_bytes: int) -> Answer:
        """See Transport."""
        intake = Intake(max_output_bytes, self._deadline)
        log = OpensshLog(self._deadline, intake, has_password=self._has_password)
        child = self._start(request.command)
        try:
            ended = child.talk(request.script, intake.stdout, log.feed, lambda: intake.full)
        finally:
            status = child.end()
        log.finish()
        if not ended:
            intake.ended = "limit" if intake.full else "deadline"
            return intake.answer(None)
        return self._judge(intake, log, status)

    def close(self) -> None:
        """Nothing is open between requests, but for a shared connection that was asked for."""

    def _start(self, command: str) -> Child:
        try:
            return Child([*self._command(), command], {**os.environ, "LC_ALL": "C"}, self._deadline)
        except FileNotFoundError:
            hint = "install the OpenSSH client, or set transport: paramiko"
            raise UsageError("there is no ssh on this machine", hint) from None

    def _judge(self, intake: Intake, log: OpensshLog, status: int) -> Answer:
        # 255 is ssh's own failure, unless the command itself ended with it: then the log tells its exit status.
        if status != _SSH_FAILED or log.command_ended:
            return intake.answer(status)
        if intake.empty:
            raise NotReached(log.why())
        intake.ended = "lost"
        return intake.answer(None)

    def _command(self) -> list[str]:
        options = {**_ALWAYS, "ConnectTimeout": str(max(1, math.floor(self._deadline.remaining_s)))}
        settings = self._settings
        if settings.known_hosts is not None:
            options |= {"UserKnownHostsFile": _quoted(settings.known_hosts), "GlobalKnownHostsFile": "/dev/null"}
        if settings.identity_file is not None:
            options |= {"IdentityFile": _quoted(settings.identity_file), "IdentitiesOnly": "yes"}
        if not settings.use_agent:
            options["IdentityAgent"] = "none"
        if settings.multiplex_s:
            options |= _shared_connection(settings.multiplex_s)
        own = {key.lower() for key in options}
        options |= {key: value for key, value in settings.ssh_options.items() if key.lower() not in own}
        config = ["-F", str(settings.ssh_config.expanduser())] if settings.ssh_config else []
        return ["ssh", "-T", "-a", "-x", *config, *_as_arguments(options), *self._where]


def _as_arguments(options: dict[str, str]) -> list[str]:
    return [word for key, value in options.items() for word in ("-o", f"{key}={value}")]


def _quoted(path: Path) -> str:
    # ssh splits these at spaces and expands % itself.
    return '"' + str(path.expanduser()).replace("%", "%%") + '"'


def _shared_connection(keep_s: int) -> dict[str, str]:
    return {
        "ControlMaster": "auto",
        "ControlPersist": str(keep_s),
        "ControlPath": f'{_quoted(_runtime_folder())[:-1]}/%C"',
        # A master whose host died must not make every later run wait for its deadline.
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "2",
    }


def _runtime_folder() -> Path:
    """A folder only this user can enter: who can reach a control socket is logged in on the host.

    Below /run/user, else below the sticky temporary folder; sockets have at most 107 characters, so no deeper.
    """
    user = os.geteuid()
    private = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(private) if private and Path(private).is_dir() else Path(tempfile.gettempdir())
    folder = base / f"nornir-hygiene-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != user or status.st_mode & 0o077:
        raise UsageError(f"{folder} is not private to this user", "remove it, or set multiplex_s: 0")
    return folder
