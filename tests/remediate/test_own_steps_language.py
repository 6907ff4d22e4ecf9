"""The four actions that are the team's own words: what a runbook may say of them, and how a mistake is told."""

from pathlib import Path

import pytest

from nornir_hygiene.errors import ConfigError
from nornir_hygiene.models.plan import PlannedStep
from nornir_hygiene.models.runbook import Given
from nornir_hygiene.remediate.actions import ansible
from nornir_hygiene.remediate.bind import Unbound, bound
from nornir_hygiene.remediate.language import Loaded, load_runbook
from tests.remediate.problems import FROZEN, the_case

HEAD = """\
title: Our own
about: Ours.
handles: {kinds: [filesystem-frozen, blocked-task]}
risk: destructive
rungs:
  - name: one
    steps:
"""
WAIT = "      - {name: wait, do: wait-until, with: {mounted: finding.mountpoint}}\n"
WAIT_FOR_PROCESS = "      - {name: wait, do: wait-until, with: {ended: finding.process}}\n"
PAUSE = "      - {name: ask, do: pause, with: {text: Is the disk back?}}\n"
COMMAND = (
    "      - {name: x, do: command, with: {argv: [/usr/bin/fix, --now, --, finding.mountpoint], unchanged: [3]}}\n"
)
ANSIBLE = "      - {name: play, do: ansible, with: {playbook: ansible/fix.yml, values: {place: finding.mountpoint}}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("playbooks", "ansible"):
        (tmp_path / name).mkdir()
    (tmp_path / "nr.yaml").touch()
    (tmp_path / "ansible" / "fix.yml").write_text("- hosts: all\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(project: Path, steps: str) -> Loaded:
    (project / "playbooks" / "mine.yaml").write_text(HEAD + steps)
    return load_runbook("mine")


@pytest.mark.parametrize("steps", [WAIT, WAIT_FOR_PROCESS, PAUSE, COMMAND, ANSIBLE, PAUSE + PAUSE + WAIT + COMMAND])
def test_what_the_mistakes_are_made_of_is_right(project: Path, steps: str) -> None:
    assert load(project, steps).runbook.rungs[0].steps


# The right step, what is changed in it, into what, and words of the complaint.
MISTAKES: list[tuple[str, str, str, str, str]] = [
    (WAIT, "mounted:", "mountd:", "takes no 'mountd'", "did you mean mounted"),
    (WAIT, "finding.mountpoint", "srv", "'srv'", ""),
    (WAIT, "finding.mountpoint", "finding.process", "the one process", "here stands a word or a number"),
    (WAIT_FOR_PROCESS, "finding.process", "finding.mountpoint", "where the filesystem", "here stands a process"),
    (WAIT_FOR_PROCESS, "finding.process", "4711", "4711", ""),
    (WAIT, "{mounted: finding.mountpoint}", "{}", "exactly one thing, and here are 0", "one of: ended, active"),
    (WAIT, "mountpoint}", "mountpoint, closed: 80}", "exactly one thing, and here are 2", "one of: ended, active"),
    (WAIT, "{mounted: finding.mountpoint}", "{listening: 65536}", "less than or equal to 65535", ""),
    (WAIT, "{mounted: finding.mountpoint}", "{active: --now}", "'--now'", ""),
    (PAUSE, "text:", "txet:", "takes no 'txet'", "did you mean text"),
    (COMMAND, "/usr/bin/fix", "fix", "an absolute path, and 'fix' is none", ""),
    (COMMAND, "/usr/bin/fix", "finding.mountpoint", "an absolute path, and 'finding.mountpoint' is none", ""),
    (COMMAND, "/usr/bin/fix", "/bin/sh", "/bin/sh would read its arguments as a program", "put the script into a file"),
    (COMMAND, "/usr/bin/fix", "/usr/bin/env, bash", "bash would read its arguments", "put the script into a file"),
    (COMMAND, "finding.mountpoint]", "finding.mountpiont]", "no value 'finding.mountpiont'", "mean finding.mountpoint"),
    (COMMAND, "finding.mountpoint]", "finding.process]", "the one process", "here stands a word or a number"),
    (COMMAND, "[/usr/bin/fix, --now, --, finding.mountpoint]", "/usr/bin/fix", "argv is a list", "argv: [/usr/bin"),
    (COMMAND, "[/usr/bin/fix, --now, --, finding.mountpoint]", "[]", "", ""),
    (COMMAND, "[3]", "[0]", "greater than or equal to 1", ""),
    (COMMAND, "[/usr/bin/fix, --now, --, finding.mountpoint]", "[[a]]", "", ""),
    (ANSIBLE, "ansible/fix.yml", "ansible/fxi.yml", "there is no playbook ansible/fxi.yml in ", "nr.yaml"),
    (ANSIBLE, "ansible/fix.yml", "../x/fix.yml", "there is no playbook", "below the folder of nr.yaml"),
    (ANSIBLE, "ansible/fix.yml", "finding.mountpoint", "there is no playbook finding.mountpoint", ""),
    (ANSIBLE, "ansible/fix.yml", "nr.yaml", "there is no playbook nr.yaml", ""),
    (ANSIBLE, "place: finding.mountpoint", "place: finding.mountpiont", "no value 'finding.mountpiont'", "mean"),
    (ANSIBLE, "place: finding.mountpoint", "ansible_host: x", "ansible_host has a meaning of its own", ""),
    (ANSIBLE, "place: finding.mountpoint", "ansible_host: finding.mountpoint", "ansible_host has a meaning", ""),
    (ANSIBLE, "place: finding.mountpoint", "no-name: x", "no-name", ""),
    (ANSIBLE, "{place: finding.mountpoint}", "[a]", "", ""),
    (ANSIBLE, "values:", "vaules:", "takes no 'vaules'", "did you mean values"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "before", "after", "what", "hint"), MISTAKES)
def test_a_mistake_is_told_with_file_line_and_what_fits(
    project: Path, step: str, before: str, after: str, what: str, hint: str
) -> None:
    assert step.count(before) == 1
    with pytest.raises(ConfigError) as caught:
        load(project, step.replace(before, after))
    assert caught.value.where == f"{project}/playbooks/mine.yaml:8"
    assert what in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize(("step", "name"), [(COMMAND, "command is destructive"), (ANSIBLE, "ansible is disruptive")])
def test_their_risk_cannot_be_talked_down(project: Path, step: str, name: str) -> None:
    (project / "playbooks" / "mine.yaml").write_text(HEAD.replace("destructive", "safe") + step)
    with pytest.raises(ConfigError, match=name):
        load_runbook("mine")


def test_a_pause_stands_before_all_that_would_be_old_after_it(project: Path) -> None:
    with pytest.raises(ConfigError, match="pause stands first in its rung") as caught:
        load(project, WAIT + PAUSE)
    assert caught.value.where.endswith("mine.yaml:9")


def test_without_ansible_it_is_said_what_to_install(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ansible, "program_path", lambda: str(project))
    with pytest.raises(ConfigError, match=r"pip install 'nornir-hygiene\[ansible\]'"):
        load(project, ANSIBLE)
    load(project, COMMAND)


def test_a_playbook_outside_the_project_is_none_of_it_also_through_a_link(project: Path, tmp_path: Path) -> None:
    (project / "ansible" / "out.yml").symlink_to("/etc/hosts")
    with pytest.raises(ConfigError, match=r"there is no playbook ansible/out\.yml"):
        load(project, ANSIBLE.replace("fix.yml", "out.yml"))


def test_what_lies_beside_the_playbook_belongs_to_the_runbook(project: Path) -> None:
    first = load(project, ANSIBLE).digest
    (project / "elsewhere.yml").write_text("x")
    assert load(project, ANSIBLE).digest == first
    role = project / "ansible" / "roles" / "disk" / "tasks" / "main.yml"
    role.parent.mkdir(parents=True)
    role.write_text("- debug:\n")
    second = load(project, ANSIBLE).digest
    role.write_text("- reboot:\n")
    assert len({first, second, load(project, ANSIBLE).digest}) == 3


def test_a_folder_too_large_to_be_approved_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "ansible" / "more.yml").touch()
    monkeypatch.setattr(ansible, "_MOST_FILES", 1)
    with pytest.raises(ConfigError, match="lie more than 1 files"):
        load(project, ANSIBLE)


def planned(project: Path, steps: str, mountpoint: str = "/mnt/x") -> dict[str, Given]:
    text = FROZEN.replace("/mnt/x", mountpoint)
    rung = load(project, steps).runbook.rungs[0]
    arguments: dict[str, Given] = bound(rung, 1, the_case("thaw", text)).steps[0].model_dump()["arguments"]
    return arguments


def test_each_word_becomes_one_argument_whatever_is_in_it(project: Path) -> None:
    hostile = "/mnt/$(reboot);`x`'\"{{7*7}}"
    assert planned(project, COMMAND, hostile)["argv"] == ("/usr/bin/fix", "--now", "--", hostile)
    assert planned(project, ANSIBLE, hostile)["values"] == {"place": hostile}
    assert planned(project, WAIT, hostile) == {"mounted": hostile}


@pytest.mark.parametrize("steps", [WAIT, PAUSE, COMMAND, ANSIBLE])
def test_a_saved_plan_holds_the_same_step(project: Path, steps: str) -> None:
    (step,) = bound(load(project, steps).runbook.rungs[0], 1, the_case("thaw", FROZEN)).steps
    assert PlannedStep.model_validate_json(step.model_dump_json()) == step


def test_what_a_stranger_called_something_does_not_become_an_option(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = the_case("thaw", FROZEN)
    finding = case.findings[0]
    subject = finding.subject.model_copy(update={"name": "--delete"})
    evil = type(case)(case.report, (finding.model_copy(update={"subject": subject}),), None, case.host)
    with pytest.raises(Unbound, match="an option: write -- before it"):
        bound(load(project, COMMAND.replace("--, ", "")).runbook.rungs[0], 1, evil)
    (step,) = bound(load(project, COMMAND).runbook.rungs[0], 1, evil).steps
    assert step.arguments["argv"] == ("/usr/bin/fix", "--now", "--", "--delete")
    bound(load(project, COMMAND.replace("--, ", "")).runbook.rungs[0], 1, case)
