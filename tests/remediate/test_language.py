"""Every word of a runbook is known before any host is asked; a mistake is told with file, line and what fits."""

from pathlib import Path

import pytest

from nornir_hygiene.content import playbook_names
from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.remediate.language import every_runbook, load_runbook

GOOD = """\
title: Get zombies reaped
about: Reminds the parent.
handles:
  kinds: [zombie-parent-not-waiting]
risk: safe
limits: {hosts: 3, failures: 1}
guards: [not-in-a-container]
rungs:
  - name: remind
    when: {sigchld: [caught]}
    steps:
      - name: remind
        do: signal
        with: {process: finding.parent, signal: CHLD}
        timeout_s: 20
    gone: {within_s: 5, stays_s: 2}
otherwise: collect-evidence
"""
OSD = """\
title: Bring an OSD back
about: Restarts it.
handles:
  kinds: [rbd-io-hang]
  sort: [osd]
per: cause
on: cause
risk: disruptive
rungs:
  - name: restart it
    steps:
      - name: hold its place
        do: hold-osd
        at: admin
        with: {osd: cause.osd, seconds: 600}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nr.yaml").touch()
    (tmp_path / "playbooks").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(project: Path, text: str) -> None:
    (project / "playbooks" / "mine.yaml").write_text(text)
    load_runbook("mine")


def test_every_built_in_playbook_loads() -> None:
    loaded = every_runbook()
    assert [each.name for each in loaded] == list(playbook_names())
    assert {"restart-ceph-osd", "reap-zombies", "thaw"} <= {each.name for each in loaded}
    assert all(len(each.digest) == 64 for each in loaded)


@pytest.mark.parametrize("text", [GOOD, OSD])
def test_what_the_mistakes_are_made_of_is_right(project: Path, text: str) -> None:
    load(project, text)


def test_a_change_of_the_file_is_another_digest(project: Path) -> None:
    load(project, GOOD)
    first = load_runbook("mine")
    load(project, GOOD + "# a word\n")
    assert (load_runbook("mine").runbook, load_runbook("mine").digest == first.digest) == (first.runbook, False)


# What is changed, into what, the line of the complaint, and words of it.
MISTAKES = [
    ("unknown key", "risk: safe", "risk: safe\nowner: anna", 6, "unknown key 'owner'", "known: about"),
    ("misspelt key", "handles:", "handels:", 3, "unknown key 'handels'", "did you mean handles?"),
    ("misspelt key of a rung", "    steps:", "    stpes:", 11, "unknown key 'stpes'", "did you mean steps?"),
    ("misspelt key of a step", "        with:", "        wiht:", 14, "unknown key 'wiht'", "did you mean with?"),
    ("misspelt key of a flow", "stays_s", "stay_s", 16, "unknown key 'stay_s'", "did you mean stays_s?"),
    ("missing key", "title: Get zombies reaped\n", "", 1, "title is missing", "add: title"),
    ("missing key of a step", "      - name: remind\n        do", "      - do", 12, "name is missing", "add: name"),
    ("wrong kind", "zombie-parent-not-waiting", "zombie-parent-not-wating", 4, "no kind", "parent-not-waiting or"),
    ("no kind at all", "[zombie-parent-not-waiting]", "[]", 4, "handles.kinds", ""),
    ("unknown action", "do: signal", "do: signl", 13, "no action 'signl'", "did you mean signal?"),
    ("unknown guard", "not-in-a-container", "not-in-container", 7, "no guard", "did you mean not-in-a-container?"),
    ("unknown risk", "risk: safe", "risk: saef", 5, "risk", "did you mean safe?"),
    ("unknown condition", "[caught]", "[cougt]", 10, "sigchld", "did you mean caught?"),
    ("missing argument", ", signal: CHLD}", "}", 12, "signal needs 'signal'", "with: {signal: …}"),
    ("unknown argument", "signal: CHLD", "sginal: CHLD", 14, "takes no 'sginal'", "did you mean signal?"),
    ("unknown value", "finding.parent", "finding.parnet", 14, "no value 'finding.parnet'", "mean finding.parent"),
    ("a word for a process", "finding.parent", "finding.cgroup", 14, "the path of the cgroup", "here stands a process"),
    ("a process for a word", "signal: CHLD", "signal: finding.parent", 14, "the parent of the zombies", "a word or a"),
    ("a literal for a process", "finding.parent", "4711", 14, "4711", ""),
    ("a literal that does not fit", "CHLD", "HUP", 14, "'HUP'", "'CHLD', 'CONT', 'TERM' or 'KILL'"),
    ("on: cause, per finding", "risk: safe", "on: cause\nrisk: safe", 5, "`on: cause` needs `per: cause`", ""),
    ("at: admin, per finding", "        timeout_s: 20", "        at: admin", 15, "`at: admin` needs `per: cause`", ""),
    ("otherwise to nowhere", "collect-evidence", "colect-evidence", 17, "no runbook", "did you mean collect-evidence?"),
    ("too long a time", "timeout_s: 20", "timeout_s: 99999", 15, "less than or equal to 3600", ""),
    ("no rungs", GOOD[GOOD.index("rungs:") : GOOD.index("otherwise")], "rungs: []\n", 8, "rungs", ""),
    ("a number for a list", "[not-in-a-container]", "7", 7, "guards", ""),
]  # fmt: skip
OSD_MISTAKES = [
    ("less risk than its action", "do: hold-osd\n        at: admin\n        with: {osd: cause.osd, seconds: 600}",
     "do: restart-osd\n        with: {osd: cause.osd}", 13, "restart-osd is disruptive", "risk: disruptive"),
    ("a number out of range", "seconds: 600", "seconds: 5", 15, "greater than or equal to 30", ""),
    ("unknown sort", "[osd]", "[ods]", 5, "handles.sort", "did you mean osd?"),
    ("neither of two places", "at: admin", "at: admn", 14, "at", "did you mean admin?"),
]  # fmt: skip


def complaint(project: Path, text: str) -> tuple[str, str]:
    """Where, and all of its words."""
    with pytest.raises(ConfigError) as caught:
        load(project, text)
    return caught.value.where, str(caught.value)


@pytest.mark.parametrize(("before", "after", "line", "what", "hint"), [row[1:] for row in MISTAKES],
                         ids=[row[0] for row in MISTAKES])  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_what_fits(
    project: Path, before: str, after: str, line: int, what: str, hint: str
) -> None:
    assert GOOD.count(before) >= 1
    where, words = complaint(project, GOOD.replace(before, after, 1))
    assert where == f"{project}/playbooks/mine.yaml:{line}"
    assert what in words
    assert hint in words


@pytest.mark.parametrize(("before", "after", "line", "what", "hint"), [row[1:] for row in OSD_MISTAKES],
                         ids=[row[0] for row in OSD_MISTAKES])  # fmt: skip
def test_a_mistake_in_a_runbook_for_causes_too(
    project: Path, before: str, after: str, line: int, what: str, hint: str
) -> None:
    text = OSD.replace("risk: disruptive", "risk: safe").replace(before, after, 1)
    where, words = complaint(project, text)
    assert where == f"{project}/playbooks/mine.yaml:{line}"
    assert what in words
    assert hint in words


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [("", 1, "mapping"), ("- a\n- b\n", 1, "mapping"), ("word", 1, "mapping"), ("title: [a\nrisk: x\n", 2, ""),
     ("a: 1\na: 2\n", 2, "duplicate"), ("a: b: c\n", 1, "")],
)  # fmt: skip
def test_what_is_no_mapping_or_no_yaml_is_told_with_its_line(project: Path, text: str, line: int, word: str) -> None:
    where, words = complaint(project, text)
    assert where == f"{project}/playbooks/mine.yaml:{line}"
    assert word in words


def test_an_unknown_runbook_is_a_mistake_of_the_command_line(project: Path) -> None:
    with pytest.raises(UsageError, match="did you mean reap-zombies"):
        load_runbook("reap-zombie")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("finding.orphans", ""),
        ("finding.owned", "a process of the service the zombies or orphans are of, and here stands several processes"),
        ("finding.cgroup", "the path of the cgroup, and here stands several processes"),
        ("4711", "4711"),
    ],
)
def test_one_process_is_not_several(project: Path, given: str, complaint: str) -> None:
    step = f"do: end-orphans\n        with: {{processes: {given}, service: finding.service, signal: TERM}}"
    text = GOOD.replace("do: signal\n        with: {process: finding.parent, signal: CHLD}", step)
    text = text.replace("risk: safe", "risk: destructive")
    if complaint:
        with pytest.raises(ConfigError, match=complaint):
            load(project, text)
    else:
        load(project, text)
