"""A schedule as units of systemd, as lines of a crontab, and as a line for people. Pure: nothing is written here.

Every form starts `nr schedule run NAME`: what is audited stands in the schedule's own file, so neither a group nor a
path of the inventory has to be quoted. What is left, paths and folders, is quoted or refused.
"""

import re
import shlex
from collections.abc import Iterable
from typing import NamedTuple

from nornir_hygiene.errors import UsageError
from nornir_hygiene.models.schedule import Schedule, ScheduleState, Start
from nornir_hygiene.report.safe import safe

_HOUR_S = 3600
_DAY_S = 86_400
# When people come to read it, by the clock of the machine.
REPORT_HOUR = 6
# Vixie's cron reads no more of a line.
_LONGEST_LINE = 900


class Unit(NamedTuple):
    """One file of systemd."""

    name: str
    text: str


def unit_names(schedule: Schedule) -> tuple[str, ...]:
    """Without `.service` and `.timer`: each has both."""
    names = (f"nr-audit-{schedule.name}", f"nr-report-{schedule.name}")
    return names if schedule.report != "none" else names[:1]


def units(schedule: Schedule, start: Start, *, system: bool) -> tuple[Unit, ...]:
    """A service and a timer for the audits, and for the report if one is wanted. Raises UsageError.

    `system`: for the machine's systemd, not for the one of a user.
    """
    audit, *report = unit_names(schedule)
    every = f"OnCalendar={calendar(schedule.every_s)}"
    made = [
        Unit(f"{audit}.service", _service(schedule, start, "run", system=system)),
        Unit(f"{audit}.timer", _timer(f"audits {_of(schedule)}", every, _delay_s(schedule))),
    ]
    for name in report:
        daily = f"OnCalendar=*-*-* {REPORT_HOUR:02}:00:00"
        made += [
            Unit(f"{name}.service", _service(schedule, start, "report", system=system)),
            Unit(f"{name}.timer", _timer(f"reports {_of(schedule)}", daily, 60)),
        ]
    return tuple(made)


def calendar(every_s: int) -> str:
    """systemd.time(7), in UTC, so that a change to summer time skips nothing.

    >>> calendar(900)
    '*-*-* *:00/15:00 UTC'
    """
    if every_s < _HOUR_S:
        return f"*-*-* *:00/{every_s // 60}:00 UTC"
    return f"*-*-* 00/{every_s // _HOUR_S}:00:00 UTC" if every_s < _DAY_S else "*-*-* 00:00:00 UTC"


def cron_lines(schedule: Schedule, start: Start) -> tuple[str, ...]:
    """One line for the audits, one for the report if one is wanted; cron mails what goes wrong. Raises UsageError."""
    wanted = [(cron_time(schedule.every_s), "run")]
    wanted += [(f"0 {REPORT_HOUR} * * *", "report")] if schedule.report != "none" else []
    return tuple(f"{time} {_cron_command(schedule, start, word)}" for time, word in wanted)


def cron_time(every_s: int) -> str:
    """The five fields.

    >>> cron_time(900), cron_time(7200), cron_time(86400)
    ('*/15 * * * *', '0 */2 * * *', '0 0 * * *')
    """
    if every_s < _HOUR_S:
        return f"*/{every_s // 60} * * * *"
    return f"0 */{every_s // _HOUR_S} * * *" if every_s < _DAY_S else "0 0 * * *"


def span_words(every_s: int) -> str:
    """As people typed it: 15m, 6h, 1d."""
    for unit_s, letter in ((_DAY_S, "d"), (_HOUR_S, "h")):
        if every_s % unit_s == 0:
            return f"{every_s // unit_s}{letter}"
    return f"{every_s // 60}m"


def state_lines(states: Iterable[ScheduleState]) -> Iterable[str]:
    """One line each."""
    for state in states:
        one = state.schedule
        last = f"last run {state.last_run:%Y-%m-%d %H:%M}Z" if state.last_run else "no run yet"
        parts = [last, f"next {state.next_due:%Y-%m-%d %H:%M}Z", f"{state.missed} missed in the last day"]
        if state.left_out:
            parts.append(f"{state.left_out} left out while the one before was still under way")
        more = [f"report {one.report}"] if one.report != "none" else []
        more += ["notify"] if one.notify else []
        yield f"{one.name}  {one.form}  {', '.join([f'every {span_words(one.every_s)}', one.selection, *more])}: " + (
            "; ".join(parts)
        )


def systemd_word(text: str, *, variables: bool) -> str:
    """One word of a command line or an assignment in a unit; systemd.syntax(7), systemd.service(5).

    `variables`: `$` would be taken for one there, so it is doubled. Raises UsageError for what has no way to be said.
    """
    _refuse(text, "a unit of systemd")
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{quoted.replace("$", "$$") if variables else quoted}"'


def cron_word(text: str) -> str:
    """One word of a crontab's command: for the shell, then for cron, which ends a line at a bare `%`."""
    # Some crons take two backslashes for one and some do not: nobody can write them for both.
    _refuse(text, "a crontab", "\\")
    return shlex.quote(text).replace("%", "\\%")


def _refuse(text: str, where: str, never: str = "") -> None:
    if not text.isprintable() or any(char in text for char in never):
        raise UsageError(f"{safe(text)!r} cannot be written into {where}", "use a path of plain characters")


def _service(schedule: Schedule, start: Start, word: str, *, system: bool) -> str:
    # Not `NAME-report after NAME` by chance: at the full hour both are due, and the report should have the newest.
    after = [f"After={unit_names(schedule)[0]}.service"] if word == "report" else []
    network = ["Wants=network-online.target", "After=network-online.target"] if system else []
    return _lines(
        "[Unit]",
        f"Description=nr: {'audit' if word == 'run' else 'report'} of {_of(schedule)}",
        *network,
        *after,
        "",
        "[Service]",
        "Type=oneshot",
        f"ExecStart={_command(start, word, schedule)}",
        *_environment(start),
        "# 1: something was found. 3: a host was not observed. The unit has done its work then; a unit that failed is",
        "# one that could not: a wrong configuration, a bug. What was found is told by nr report and nr notify.",
        "SuccessExitStatus=1 3",
        *_hardening(system=system),
    )


def _environment(start: Start) -> list[str]:
    lines = [f"Environment={systemd_word(f'{name}={value}', variables=False)}" for name, value in start.environment]
    if start.secrets:
        _refuse(start.secrets, "a unit of systemd", "\\")
        # The whole line is the path: no quotes. It may be missing.
        lines.append(f"EnvironmentFile=-{start.secrets.replace('%', '%%')}")
    return lines


def _hardening(*, system: bool) -> list[str]:
    """What ssh needs stays: the home with its keys, the network, a ProxyCommand, sockets of agents in /tmp."""
    everywhere = ["UMask=0077", "NoNewPrivileges=yes", "LockPersonality=yes", "RestrictRealtime=yes"]
    # A user's systemd may not be allowed to make the namespaces these need.
    machine = ["ProtectSystem=full", "ProtectKernelModules=yes", "ProtectControlGroups=yes"]
    return [
        "# nr reads hosts over ssh and writes below the home of its user.",
        *everywhere,
        *(machine if system else []),
    ]


def _timer(what: str, when: str, delay_s: int) -> str:
    return _lines(
        "[Unit]",
        f"Description=nr: {what}",
        "",
        "[Timer]",
        when,
        "# After the machine was off one run makes up for all that were missed; they are shown as missed all the same.",
        "Persistent=true",
        "# Not all controllers at the same second, but each at its own: the distance stays the same.",
        f"RandomizedDelaySec={delay_s}s",
        "FixedRandomDelay=true",
        "AccuracySec=1s",
        "",
        "[Install]",
        "WantedBy=timers.target",
    )


def _delay_s(schedule: Schedule) -> int:
    return min(30, schedule.every_s // 20)


def _of(schedule: Schedule) -> str:
    """Ends in a word of ours: a backslash at the end of a line would swallow the next one."""
    return f"{safe(schedule.selection[:200]).replace('%', '%%')}, schedule {schedule.name}"


def _command(start: Start, word: str, schedule: Schedule) -> str:
    program, *words = start.command
    # systemd does not look for variables in the program, and has no quotes for it that all its versions know.
    if not re.fullmatch(r"/[^\s\"'\\$;]*", program):
        raise UsageError(
            f"{safe(program)!r} cannot be started by systemd", "install nr below a path of plain characters"
        )
    _refuse(program, "a unit of systemd")
    rest = [systemd_word(each, variables=True) for each in words]
    return " ".join([program.replace("%", "%%"), *rest, "schedule", word, schedule.name])


def _cron_command(schedule: Schedule, start: Start, word: str) -> str:
    given = [f"{name}={value}" for name, value in start.environment if name != "HOME"]  # cron sets that itself
    words = [*(["/usr/bin/env", *given] if given else []), *start.command, "schedule", word, schedule.name]
    line = " ".join(map(cron_word, words)) + " >/dev/null"
    if len(line) > _LONGEST_LINE:
        raise UsageError("cron has no room for so long a line", "install nr below a shorter path")
    return line


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
