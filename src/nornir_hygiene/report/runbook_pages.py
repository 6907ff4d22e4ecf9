"""Runbooks for people: what each is for, what it does in which order, what refuses it; text and Markdown."""

from collections.abc import Iterable, Iterator, Mapping

from nornir_hygiene.models.runbook import Condition, Limits, Runbook, Rung

_HEAD = """\
# Runbooks

Made from `playbooks/*.yaml`; do not edit: `nr explain --runbooks-markdown >docs/runbooks.md` writes it, and a test
keeps it true. `nr plan RUNBOOK --group GROUP` shows what one would do; nothing is changed before `nr apply PLAN`.
"""


def runbook_lines(name: str, runbook: Runbook, actions: Mapping[str, str]) -> Iterator[str]:
    """One runbook as text; `actions` says of each action what it does."""
    yield f"{name}: {runbook.title}"
    yield f"  {runbook.about.strip()}"
    yield f"  for: {_for(runbook)}"
    yield f"  risk: {runbook.risk}; {_limits(runbook.limits)}"
    if runbook.guards:
        yield f"  refused besides by: {', '.join(runbook.guards)}"
    for number, rung in enumerate(runbook.rungs, start=1):
        yield f"  {number}. {rung.name}{_when(rung.when)}"
        for step in rung.steps:
            yield f"     {step.name}: {step.do}. {actions[step.do]}"
        yield f"     helped if gone {_gone(rung)}"
    if runbook.lasting:
        yield f"  so that it does not come back: {runbook.lasting}"
    if runbook.otherwise:
        yield f"  if nothing helped: {runbook.otherwise}"


def markdown(runbooks: Iterable[tuple[str, Runbook]], actions: Mapping[str, str], values: Mapping[str, str]) -> str:
    """All of them, then the words a runbook is written with."""
    return "\n".join(
        (_HEAD, *(line for name, each in runbooks for line in _page(name, each)), *_words(actions, values))
    )


def _page(name: str, runbook: Runbook) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"**{runbook.title}.** {' '.join(runbook.about.split())}\n"
    yield f"- for: {_for(runbook)}"
    yield f"- risk: {runbook.risk}; {_limits(runbook.limits)}"
    if runbook.guards:
        yield f"- refused besides by: {', '.join(runbook.guards)}"
    for number, rung in enumerate(runbook.rungs, start=1):
        steps = ", ".join(f"`{step.do}`" for step in rung.steps)
        yield f"- rung {number}, {rung.name}{_when(rung.when)}: {steps}; helped if gone {_gone(rung)}"
    if runbook.lasting:
        yield f"- so that it does not come back: {runbook.lasting}"
    if runbook.otherwise:
        yield f"- if nothing helped: `{runbook.otherwise}`"
    yield ""


def _words(actions: Mapping[str, str], values: Mapping[str, str]) -> Iterator[str]:
    yield "## Actions\n"
    yield from (f"- `{name}`: {about}" for name, about in sorted(actions.items()))
    yield "\n## Values a finding gives\n"
    yield "Each becomes one whole argument; where the finding does not tell it, nothing is done.\n"
    yield from (f"- `{name}`: {about}" for name, about in sorted(values.items()))
    yield ""


def _for(runbook: Runbook) -> str:
    handles = runbook.handles
    sick = f", {' or '.join(handles.sick)}" if handles.sick else ""
    cause = f", whose cause is one {' or '.join(handles.sort)}{sick}" if runbook.per == "cause" else ""
    return ", ".join(handles.kinds) + cause


def _limits(limits: Limits) -> str:
    hosts = "1 host" if limits.hosts == 1 else f"{limits.hosts} hosts"
    return f"at most {hosts} in one plan, and no further after {limits.failures} failed"


def _when(condition: Condition) -> str:
    told = [f"the cause is {' or '.join(condition.sick)}"] if condition.sick else []
    told += [f"SIGCHLD is {' or '.join(condition.sigchld)}"] if condition.sigchld else []
    return f" (if {' and '.join(told)})" if told else ""


def _gone(rung: Rung) -> str:
    return f"within {rung.gone.within_s} s and for {rung.gone.stays_s} s"
