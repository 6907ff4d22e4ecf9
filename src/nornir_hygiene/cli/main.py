"""The outermost boundary of `nr`: every error a person can cause becomes a message and an exit code here."""

import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from io import TextIOWrapper

import typer

from nornir_hygiene.cli.streams import say, stop_writing
from nornir_hygiene.errors import ExitCode, NrError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code. The only place that catches everything."""
    _prepare_process()
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except NrError as error:
        say(f"nr: {error}")
        return error.exit_code
    except typer.TyperException as error:
        say(_usage_message(error))
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        say("nr: interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        stop_writing()
        return ExitCode.CLEAN
    except Exception as error:
        return _lost_history(error) or _bug(error)
    return code


def _run(arguments: Sequence[str]) -> int:
    from nornir_hygiene.cli.app import app

    command = typer.main.get_command(app)
    return int(command.main(args=list(arguments), prog_name="nr", standalone_mode=False) or ExitCode.CLEAN)


def _prepare_process() -> None:
    # `timeout 60 nr run audit` sends SIGTERM: like Ctrl-C, what is known so far is printed and saved.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Nornir and paramiko log tracebacks; without any handler Python would print them on stderr.
    logging.getLogger().addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # In an ASCII locale a name with an umlaut is no reason to die in the middle of a report.
            stream.reconfigure(errors="backslashreplace")


def _usage_message(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if message.startswith("Usage:"):
        return message  # `nr` alone: the help itself
    return f"nr: {message}\n  see: {context.command_path if context else 'nr'} --help"


def _lost_history(error: Exception) -> ExitCode | None:
    """A database that broke, filled up or went away while it was in use is no bug; None for everything else.

    Who did not use one has not loaded its library.
    """
    known = sys.modules.get("sqlalchemy.exc")
    if known is None or not (isinstance(error, known.OperationalError) or type(error) is known.DatabaseError):
        return None
    from nornir_hygiene.history.store import reason_of

    say(f"nr: the history cannot be used: {reason_of(error)}\n  nr db check looks at all of it")
    return ExitCode.USAGE


def _bug(error: Exception) -> ExitCode:
    from nornir_hygiene.history.folder import state_folder, write_atomically

    what = "".join(traceback.format_exception_only(error)).strip()
    path = state_folder() / "bugs" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    details = "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace")
    try:
        write_atomically(path, b"nr " + " ".join(sys.argv[1:]).encode("utf-8", "surrogateescape") + b"\n\n" + details)
        where = f"the traceback is in {path}"
    except OSError as not_written:
        where = f"the traceback could not be kept: {not_written}"
    say(f"nr: a bug in nr: {what}\n  {where}; please report it")
    return ExitCode.BUG


if __name__ == "__main__":
    sys.exit(main())
