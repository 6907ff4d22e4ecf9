"""Units, crontab lines and manifests: what is read back from them is what was meant, or it was refused."""

import io
import itertools
import json
import os
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from ruamel.yaml import YAML

from nornir_hygiene.errors import UsageError
from nornir_hygiene.models.schedule import Schedule, ScheduleState, Start, next_due
from nornir_hygiene.report.cronjob import manifest
from nornir_hygiene.report.safe import safe
from nornir_hygiene.report.schedule import calendar, cron_lines, cron_time, span_words, state_lines, units
from tests.history.schedules import schedule

NOW = datetime(2026, 11, 22, 8, 7, 30, tzinfo=UTC)
FITTING = [60 * minutes for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)]
FITTING += [3600 * hours for hours in (1, 2, 3, 4, 6, 8, 12, 24)]
HOSTILE = st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("%$\\\"'; \n#`&{}:-")), max_size=40)


def start(*words: str, **environment: str) -> Start:
    return Start(command=("/opt/nr/bin/nr", *words), environment=tuple(environment.items()))


def values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


def systemd_words(line: str, *, variables: bool) -> list[str]:
    """As systemd.syntax(7) splits a line: double quotes, C escapes, then specifiers, then variables."""
    words = [
        re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)
    ]
    for word in words:
        assert not re.search(r"(?<!%)(%%)*%(?!%)", word), "a specifier"
        assert not variables or not re.search(r"(?<!\$)(\$\$)*\$(?!\$)", word), "a variable"
    words = [word.replace("%%", "%") for word in words]
    return [word.replace("$$", "$") for word in words] if variables else words


def by_cron(line: str) -> list[str]:
    """What a real shell makes of a line, after cron took its time off and ended it at the first bare `%`."""
    command = line.split(" ", 5)[5]
    before, *_ = re.split(r"(?<!\\)%", command)
    shown = before.replace("\\%", "%").removesuffix(" >/dev/null")
    done = subprocess.run(["/bin/sh", "-c", f"printf '%s\\0' {shown}"], capture_output=True, check=True, timeout=10)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("every_s", FITTING)
def test_cron_fires_when_the_next_one_is_due(every_s: int) -> None:
    """Twice round the clock, minute by minute: the five fields, the calendar and next_due mean the same times."""
    one = schedule(every_s // 60)
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    fires = [at for minute in range(2 * 1440) if cron_fires(every_s, at := midnight + timedelta(minutes=minute))]
    due = [midnight]
    while (following := next_due(one, due[-1])) < midnight + timedelta(days=2):
        due.append(following)
    assert fires == due
    assert {(later - earlier).total_seconds() for earlier, later in itertools.pairwise(due)} == {every_s}


def cron_fires(every_s: int, at: datetime) -> bool:
    fields = cron_time(every_s).split()
    assert fields[2:] == ["*", "*", "*"]
    return all(
        field == "*" or (now % int(field[2:]) == 0 if field.startswith("*/") else now == int(field))
        for field, now in zip(fields[:2], (at.minute, at.hour), strict=True)
    )


def test_calendars_as_systemd_writes_them() -> None:
    assert [calendar(every_s) for every_s in (60, 900, 3600, 21600, 86400)] == [
        "*-*-* *:00/1:00 UTC",
        "*-*-* *:00/15:00 UTC",
        "*-*-* 00/1:00:00 UTC",
        "*-*-* 00/6:00:00 UTC",
        "*-*-* 00:00:00 UTC",
    ]


@given(st.integers(-100, 100_000))
def test_what_does_not_divide_the_clock_is_refused(every_s: int) -> None:
    if every_s in FITTING:
        assert re.fullmatch(r"\d+[mhd]", span_words(Schedule.model_validate(given_with(every_s=every_s)).every_s))
    else:
        with pytest.raises(ValidationError, match="must divide an hour or a day"):
            Schedule.model_validate(given_with(every_s=every_s))


def given_with(**changed: Any) -> dict[str, Any]:
    return {**schedule().model_dump(), **changed}


@given(HOSTILE)
def test_a_name_that_would_need_quotes_is_refused(name: str) -> None:
    if re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name):
        assert Schedule.model_validate(given_with(name=name)).name == name
    else:
        with pytest.raises(ValidationError, match="name"):
            Schedule.model_validate(given_with(name=name))


@pytest.mark.parametrize("name", ["x\n", "-x", "x-", "X", "", "a" * 41, "a.b", "a/b", "%i", "ü"])
def test_these_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        Schedule.model_validate(given_with(name=name))


@settings(max_examples=150, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_a_unit_says_what_was_meant_or_is_refused(word: str, folder: str, group: str) -> None:
    one = schedule(groups=(group,), selection=f"group {group}", report="daily")
    try:
        made = units(one, start(word, HOME=folder), system=True)
    except UsageError:
        assert not (word + folder).isprintable()
        return
    service = made[0].text
    (command,) = values(service, "ExecStart")
    assert systemd_words(command, variables=True) == ["/opt/nr/bin/nr", word, "schedule", "run", "workers"]
    (home,) = values(service, "Environment")
    assert systemd_words(home, variables=False) == [f"HOME={folder}"]
    for unit in made:
        assert all(safe(line) == line and not line.endswith("\\") for line in unit.text.splitlines())
        assert unit.text.count("\n") == len(unit.text.split("\n")) - 1 == len(unit.text.splitlines())


@settings(max_examples=80, deadline=None)
@given(HOSTILE, HOSTILE)
def test_a_crontab_line_says_what_was_meant_or_is_refused(word: str, folder: str) -> None:
    one = schedule(report="daily")
    try:
        lines = cron_lines(one, start(word, XDG_DATA_HOME=folder, HOME="/root"))
    except UsageError:
        assert not (word + folder).isprintable() or "\\" in word + folder
        return
    for line, command in zip(lines, ("run", "report"), strict=True):
        assert line.isprintable()
        words = ["/usr/bin/env", f"XDG_DATA_HOME={folder}", "/opt/nr/bin/nr", word, "schedule", command, "workers"]
        assert by_cron(line) == words


@settings(max_examples=60, deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_a_manifest_says_what_was_meant(group: str, host: str, image: str) -> None:
    one = schedule(groups=(group,), hosts=(host,), selection=f"group {group}")
    documents = list(YAML(typ="safe", pure=True).load_all(io.StringIO(manifest(one, image))))
    inside = Schedule.model_validate_json(documents[0]["data"]["schedule.json"])
    assert (inside.groups, inside.hosts, inside.folder) == ((group,), (host,), "/nr")
    assert pod(documents[1])["containers"][0]["image"] == image


def pod(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def test_the_objects_of_kubernetes_are_what_batch_v1_asks_for() -> None:
    documents = list(YAML(typ="safe", pure=True).load_all(manifest(schedule(report="daily"), "registry/nr:1")))
    assert [(each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in documents] == [
        ("v1", "ConfigMap", "nr-schedule-workers"),
        ("batch/v1", "CronJob", "nr-audit-workers"),
        ("batch/v1", "CronJob", "nr-report-workers"),
    ]
    assert json.loads(documents[0]["data"]["schedule.json"])["form"] == "cronjob"
    for document, clock in zip(documents[1:], ("*/15 * * * *", "0 6 * * *"), strict=True):
        spec = document["spec"]
        assert (spec["schedule"], spec["concurrencyPolicy"]) == (clock, "Forbid")
        assert isinstance(spec["startingDeadlineSeconds"], int)
        assert spec["startingDeadlineSeconds"] > 10  # less than that is never started
        assert len(document["metadata"]["name"]) <= 52
        check_pod(pod(document))


def check_pod(made: dict[str, Any]) -> None:
    """What is mounted exists as a volume, each of one source; a Secret and ConfigMaps are among them."""
    sources = {volume["name"]: (set(volume) - {"name"}).pop() for volume in made["volumes"]}
    (container,) = made["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == set(sources)
    assert sources["ssh"] == "secret"
    assert sources["inventory"] == sources["schedule"] == "configMap"
    assert made["restartPolicy"] == "Never"
    assert container["command"][:2] == ["nr", "schedule"]
    assert all(isinstance(variable["value"], str) for variable in container["env"])


def test_the_least_interval_still_has_time_to_start() -> None:
    documents = list(YAML(typ="safe", pure=True).load_all(manifest(schedule(1), "i")))
    assert documents[1]["spec"]["startingDeadlineSeconds"] == 30


def test_units_for_the_machine_and_for_a_user() -> None:
    machine = units(schedule(), start(), system=True)
    user = units(schedule(), start(), system=False)
    assert [unit.name for unit in machine] == ["nr-audit-workers.service", "nr-audit-workers.timer"]
    assert "ProtectSystem=full" in machine[0].text
    assert "Protect" not in user[0].text
    assert "network-online" not in user[0].text  # a user's systemd has no such target
    for service, timer in (machine, user):
        assert values(service.text, "Type") == ["oneshot"]
        assert values(service.text, "SuccessExitStatus") == ["1 3"]
        assert values(timer.text, "OnCalendar") == ["*-*-* *:00/15:00 UTC"]
        assert values(timer.text, "Persistent") == ["true"]
        assert values(timer.text, "RandomizedDelaySec") == ["30s"]
        assert "ProtectHome" not in service.text  # the keys lie there


@pytest.mark.parametrize("field", ["groups", "hosts", "folder", "inventory"])
def test_what_is_no_utf8_is_refused(field: str) -> None:
    text = os.fsdecode(b"/srv/\xff")
    with pytest.raises(ValidationError, match="is not UTF-8"):
        Schedule.model_validate(given_with(**{field: (text,) if field in ("groups", "hosts") else text}))


@pytest.mark.parametrize("program", ["nr", "/opt/n r", "/opt/$nr", "/opt/nr;", '/opt/"nr', "/opt/n\nr"])
def test_a_program_systemd_cannot_start_is_refused(program: str) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        units(schedule(), Start(command=(program,)), system=True)


def test_a_line_cron_would_cut_is_refused() -> None:
    with pytest.raises(UsageError, match="no room"):
        cron_lines(schedule(), start("x" * 1000))


def test_a_schedule_in_a_line() -> None:
    state = ScheduleState(schedule=schedule(report="daily"), last_run=None, next_due=NOW, missed=3, left_out=2)
    (line,) = state_lines([state])
    assert line == (
        "workers  systemd  every 15m, all hosts, report daily: no run yet; next 2026-11-22 08:07Z; "
        "3 missed in the last day; 2 left out while the one before was still under way"
    )
    (line,) = state_lines([state.model_copy(update={"last_run": NOW, "left_out": 0})])
    assert line.endswith("last run 2026-11-22 08:07Z; next 2026-11-22 08:07Z; 3 missed in the last day")


def test_shell_words_are_the_shells() -> None:
    """The proof of the property above is only as good as its reader."""
    assert by_cron("* * * * * " + shlex.join(["a b", "c'd"]) + " >/dev/null") == ["a b", "c'd"]
