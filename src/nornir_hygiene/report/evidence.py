"""What a finding rests on, as lines of text."""

import math
from collections.abc import Iterator

from nornir_hygiene.models.finding import Finding, TaskEvidence
from nornir_hygiene.report.safe import safe
from nornir_hygiene.report.suppressions import suppressed_words

_TASKS_SHOWN = 10
_FRAMES_SHOWN = 5
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def age(seconds: float | None) -> str:
    """The two largest units: `12s`, `4m30s`, `2h`, `10d3h`; a question mark when nobody knows.

    >>> age(270.4)
    '4m30s'
    """
    if seconds is None or not math.isfinite(seconds):
        return "?"
    rest = max(0, int(seconds))
    first = next((at for at, (size, _) in enumerate(_UNITS) if rest >= size), len(_UNITS) - 1)
    words: list[str] = []
    for size, letter in _UNITS[first : first + 2]:
        count, rest = divmod(rest, size)
        words.append(f"{count}{letter}" if count or not words else "")
    return "".join(words)


def oldest_s(finding: Finding) -> float | None:
    """The age of the oldest task of the evidence."""
    return max((task.age_s for task in finding.evidence.tasks if task.age_s is not None), default=None)


def evidence_lines(finding: Finding) -> Iterator[str]:
    """Summary, cause, container, figures, tasks, stacks, what restores it, whether it is suppressed, fingerprint."""
    yield finding.summary
    state = "cause" if finding.cause.established else "cause, not established"
    yield f"{state}: {finding.cause.name}"
    yield f"because: {finding.cause.because}"
    if finding.cause.missing:
        yield f"missing: {finding.cause.missing}"
    if finding.container:
        yield f"in: {finding.container}"
    if finding.pod:
        yield f"pod: {finding.pod}"
    yield from (f"{fact.name}: {fact.value}" for fact in finding.evidence.facts)
    yield from _task_lines(finding)
    yield from _stack_lines(finding.evidence.tasks[:_TASKS_SHOWN])
    yield f"restores: {finding.restores}"
    if finding.suppressed:
        yield f"suppressed: {suppressed_words(finding.suppressed)}"
    yield f"fingerprint: {finding.fingerprint}"


def _task_lines(finding: Finding) -> Iterator[str]:
    tasks = finding.evidence.tasks[:_TASKS_SHOWN]
    if not tasks:
        return
    table = [("TASK@START", "PPID", "STAT", "AGE", "WCHAN", "COMMAND", "ROLE"), *map(_task_words, tasks)]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        yield "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
    left_out = max(finding.evidence.task_count, len(finding.evidence.tasks)) - len(tasks)
    if left_out > 0:
        yield f"and {left_out} more"


def _task_words(task: TaskEvidence) -> tuple[str, ...]:
    who = str(task.identity) if task.identity else f"{task.pid}@?"
    if task.tid not in (None, task.pid):
        who += f" tid {task.tid}"
    parent = "?" if task.ppid is None else str(task.ppid)
    words = (who, parent, task.stat, age(task.age_s), task.wchan or "-", task.comm, task.role)
    return tuple(map(safe, words))  # here already, or the columns would not line up


def _stack_lines(tasks: tuple[TaskEvidence, ...]) -> Iterator[str]:
    """Innermost frame first; tasks that wait in the same place share a line."""
    pids_by_stack: dict[tuple[str, ...], list[str]] = {}
    for task in tasks:
        if task.stack:
            pids_by_stack.setdefault(task.stack[:_FRAMES_SHOWN], []).append(str(task.tid or task.pid))
    for stack, pids in pids_by_stack.items():
        yield f"stack of {', '.join(pids)}: {' < '.join(stack)}"
