"""One command on an open paramiko connection: script in, bounded output back, nobody blocked."""

import select
import threading

import paramiko

from nornir_hygiene.fleet.deadline import Deadline
from nornir_hygiene.fleet.transports import reasons
from nornir_hygiene.fleet.transports.intake import Intake
from nornir_hygiene.fleet.transports.protocol import NotReached
from nornir_hygiene.models.answer import Answer, ProbeRequest
from nornir_hygiene.models.host import NotObserved

_CHUNK = 64 * 1024
_STATUS_WAIT_S = 2.0


def run(transport: paramiko.Transport, request: ProbeRequest, intake: Intake, deadline: Deadline) -> Answer:
    """Raises NotReached when not one byte came home."""
    channel = _start(transport, request.command, deadline)
    try:
        _send(channel, request.script)
        _drain(channel, intake, deadline)
        return intake.answer(_exit_status(channel, intake, deadline))
    finally:
        channel.close()


def _start(transport: paramiko.Transport, command: str, deadline: Deadline) -> paramiko.Channel:
    try:
        channel = transport.open_session(timeout=max(deadline.remaining_s, 0.001))
        channel.exec_command(command)
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise NotReached(_not_started(transport, error, deadline)) from None
    return channel


def _not_started(transport: paramiko.Transport, error: Exception, deadline: Deadline) -> NotObserved:
    if deadline.expired:
        return reasons.out_of_time(deadline)
    if transport.is_active():  # the connection is well: it was the request that failed
        return reasons.cannot_fork(f"logged in, but the host refused to start the command: {error}")
    return reasons.closed_before_login(f"logged in, then closed before the command started: {error}", "login")


def _send(channel: paramiko.Channel, script: bytes) -> None:
    if len(script) <= channel.out_window_size:
        _feed(channel, script)  # fits into the host's receive window: cannot block
    else:
        threading.Thread(target=_feed, args=(channel, script), daemon=True).start()


def _feed(channel: paramiko.Channel, script: bytes) -> None:
    try:
        channel.sendall(script)
        channel.shutdown_write()
    except (OSError, EOFError, paramiko.SSHException):
        return  # the command ended without reading it all; its output says why


def _drain(channel: paramiko.Channel, intake: Intake, deadline: Deadline) -> None:
    # poll, not select: a fleet has more than 1024 file descriptors.
    poll = select.poll()
    poll.register(channel.fileno(), select.POLLIN)
    while not intake.full:
        if deadline.expired:  # first: a host that never stops talking must not hide it
            intake.ended = "deadline"
            return
        if channel.recv_ready():
            intake.stdout(channel.recv(_CHUNK))
        elif channel.recv_stderr_ready():
            intake.stderr(channel.recv_stderr(_CHUNK))
        elif not (channel.eof_received or channel.closed):
            poll.poll(deadline.remaining_s * 1000)
        elif not (channel.recv_ready() or channel.recv_stderr_ready()):  # may have come in between
            return


def _exit_status(channel: paramiko.Channel, intake: Intake, deadline: Deadline) -> int | None:
    """The status follows the end of the output at once, unless the command closed its output and stayed."""
    if intake.ended != "closed":
        return None
    channel.status_event.wait(min(deadline.remaining_s, _STATUS_WAIT_S))
    if channel.exit_status >= 0:
        return channel.exit_status
    if channel.closed and not channel.eof_received:
        intake.ended = "lost"
    return None
