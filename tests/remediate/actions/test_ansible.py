"""Real Ansible on this machine (the lab's test reaches a host by ssh): values, check mode, receipts."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nornir.core.inventory import Defaults, Group, Host, ParentGroups
from pydantic import ValidationError
from ruamel.yaml import YAML

from nornir_hygiene.models.settings import HostSettings
from nornir_hygiene.remediate.actions import ansible_here
from nornir_hygiene.remediate.actions.action import Task
from nornir_hygiene.remediate.actions.ansible import AnsibleArguments
from nornir_hygiene.remediate.actions.ansible_files import Values, as_yaml, inventory_of
from nornir_hygiene.remediate.actions.ansible_here import Job, _job, _played, _told, play_it
from nornir_hygiene.remediate.actions.ansible_ssh import ssh_arguments, surroundings
from tests.remediate.actions.shells import until
from tests.remediate.actions.test_hostile_values import values

WRITES = """
- hosts: workers
  gather_facts: false
  tasks:
    - name: write
      copy: {content: "{{ hostvars[inventory_hostname].everything | default(words) | to_json }}", dest: "{{ place }}"}
      vars: {words: {%s}}
"""
SLOW = """
- hosts: workers
  gather_facts: false
  tasks:
    - {name: count, shell: "echo once >>{{ place }}; sleep {{ seconds }}"}
"""
# What YAML would take for something else than a word.
PLAIN = (
    "5",
    "0777",
    "1_000",
    "1e3",
    "no",
    "true",
    "null",
    "~",
    "*",
    "&",
    "!",
    "=",
    "<<",
    "2026-11-22",
    "12:30",
    ".inf",
    "0x1f",
)
AT_ONCE = SLOW.replace("seconds }}", 'seconds }}", check_mode: "false')


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path / "home"))


def job(folder: Path, playbook: str, token: str = "a.1", **given: int | str) -> Job:
    """As on a host, but on this machine."""
    path = folder / "ansible" / "fix.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(playbook)
    variables: dict[str, str | int | bool] = {
        "ansible_connection": "local", "ansible_python_interpreter": sys.executable,
    }  # fmt: skip
    return Job(
        receipt=folder / "receipts" / token, who="anna", host="worker-1", groups=("workers",), variables=variables,
        ssh="", playbook=path, values={"place": str(folder / "place"), **given}, timeout_s=120,
    )  # fmt: skip


def test_a_hundred_hostile_values_arrive_as_they_are_and_no_template_sees_them(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    templates = ("{{ lookup('pipe', 'touch %s') }}", "{%% if 1 %%}%s{%% endif %%}", "{# %s #}", "!unsafe %s", "%s: {{x")
    hostile = [
        *values(canary),
        *(each % canary for each in templates),
        "{{ 7 * 7 }}" * 900,
        "{{ undefined_one }}",
        *PLAIN,
    ]
    given = {f"v{number}": value for number, value in enumerate(hostile)}
    named = ", ".join(f"{name}: '{{{{ {name} }}}}'" for name in given)
    what = job(tmp_path, WRITES.replace("%s", named), **given)
    result = _told(what.receipt, ended=_played(what)).result
    assert (result.outcome, result.detail) == ("changed", "something was changed by: write"), result
    assert json.loads((tmp_path / "place").read_text()) == given
    assert not canary.exists()
    again = what.model_copy(update={"receipt": tmp_path / "receipts" / "a.2"})
    assert _told(again.receipt, ended=_played(again)).result.outcome == "unchanged"
    assert sorted(path.name for path in what.receipt.iterdir()) == ["ansible-check", "ansible-play", "by", "said"]


def test_it_is_played_once_whoever_asks_and_told_the_same_to_all(tmp_path: Path) -> None:
    what = job(tmp_path, SLOW, seconds=1)
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: _told(what.receipt, ended=_played(what)), range(2)))
    told.append(_told(what.receipt, ended=_played(what)))
    assert [each.result.outcome for each in told] == ["changed"] * 3
    assert told[0] == told[1] == told[2]
    assert (tmp_path / "place").read_text() == "once\n"


def test_who_started_it_may_die_it_goes_on_and_its_end_is_told_to_the_next_one(tmp_path: Path) -> None:
    what = job(tmp_path, SLOW, seconds=1)
    starter = "import sys; from nornir_hygiene.remediate.actions.ansible_here import *; from nornir_hygiene.remediate."
    starter += "actions.ansible_here import _played; _played(Job.model_validate_json(sys.argv[1]))"
    first = subprocess.Popen([sys.executable, "-c", starter, what.model_dump_json()])
    until((what.receipt / "by").exists, 30)
    first.send_signal(signal.SIGKILL)
    first.wait(5)
    assert _told(what.receipt, ended=_played(what)).result.outcome == "changed"
    assert (tmp_path / "place").read_text() == "once\n"


def test_of_a_playbook_that_was_killed_itself_nobody_knows_how_it_ended(tmp_path: Path) -> None:
    what = job(tmp_path, AT_ONCE, seconds=20)  # without a check: at once for good
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(_played, what)
        until((tmp_path / "place").exists, 60)
        os.killpg(int((what.receipt / "by").read_text().split()[0]), signal.SIGKILL)
        assert first.result(20)
    begun = time.monotonic()
    result = _told(what.receipt, ended=_played(what)).result
    assert (result.outcome, "nobody knows how it ended" in result.detail) == ("unknown", True)
    assert time.monotonic() - begun < 15
    assert (tmp_path / "place").read_text() == "once\n"


@pytest.mark.parametrize(
    ("playbook", "why"),
    [
        ("- hosts: workers\n  gather_facts: false\n  tasks:\n    - {name: look, fail: {msg: 'no disk'}}\n",
         "its check failed: look: no disk"),
        ("- hosts: others\n  tasks: []\n", "no play of it is for worker-1"),
        ("- hosts: workers\n  tusks: []\n", "its check failed: "),
    ],
    ids=["a task fails", "for somebody else", "not a playbook"],
)  # fmt: skip
def test_what_the_check_does_not_pass_is_not_played(playbook: str, why: str, tmp_path: Path) -> None:
    what = job(tmp_path, playbook + "    - {name: act, shell: 'touch {{ place }}'}\n" * playbook.count("name: look"))
    happened = _told(what.receipt, ended=_played(what))
    assert (happened.result.outcome, why in happened.result.detail) == ("refused", True), happened.result
    assert sorted(happened.texts) == ["ansible-check"]
    assert not (tmp_path / "place").exists()


def test_what_cannot_be_started_did_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ansible_here, "_WORKER", "nornir_hygiene.no_such_module")
    what = job(tmp_path, SLOW)
    assert _told(what.receipt, ended=_played(what)).result.outcome == "failed"


def test_half_a_job_is_none(tmp_path: Path) -> None:
    whole = job(tmp_path, SLOW).model_dump_json().encode()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "nornir_hygiene.remediate.actions.ansible_play"],
        input=whole[:-10], capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert not (tmp_path / "receipts").exists()


def test_all_words_are_tagged_and_read_back_as_it_was(tmp_path: Path) -> None:
    hostile = {f"v{number}": value for number, value in enumerate(values(tmp_path / "canary"))}
    text = as_yaml(Values(hostile))
    assert text.isascii()
    assert text.startswith("!unsafe\n")
    assert text.count("\n") == len(hostile) + 1
    assert YAML(typ="safe", pure=True).load(text.removeprefix("!unsafe\n")) == hostile
    assert 'worker-1": !unsafe\n' in inventory_of("worker-1", {"ansible_host": "{{ x }}"}, ("workers",))


def settings(**given: object) -> HostSettings:
    return HostSettings.model_validate(given)


def test_host_keys_are_checked_with_the_files_of_the_inventory() -> None:
    told = ssh_arguments(settings(known_hosts="/a b/known", identity_file="/k%y", ssh_config="/etc/c",
                                  ssh_options={"StrictHostKeyChecking": "no", "ProxyJump": "bastion"}))  # fmt: skip
    assert told.startswith("-F /etc/c -o StrictHostKeyChecking=yes ")
    assert "-o StrictHostKeyChecking=no" not in told
    assert """-o 'UserKnownHostsFile="/a b/known"' -o GlobalKnownHostsFile=/dev/null""" in told
    assert """-o 'IdentityFile="/k%%y"' -o IdentitiesOnly=yes""" in told
    assert "-o ProxyJump=bastion" in told
    assert "IdentityAgent=none" not in told
    assert "-o IdentityAgent=none" in ssh_arguments(settings(use_agent=False))


def test_the_surroundings_do_not_turn_ansible_into_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_CONFIG", "/tmp/theirs.cfg")
    monkeypatch.setenv("ANSIBLE_HOME", "/tmp/home")
    assert "ANSIBLE_CONFIG" not in surroundings()
    assert surroundings()["ANSIBLE_HOME"] == "/tmp/home"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nr.yaml").touch()
    for name in ("ansible", "inventory", "tasks", "playbooks", "catalogue"):
        (tmp_path / name).mkdir()
    (tmp_path / "ansible" / "fix.yml").write_text("- hosts: all\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def task(name: str = "worker-1", password: str | None = None, **own: object) -> Task:
    groups = ParentGroups([Group("workers", groups=ParentGroups([Group("all-of-us")])), Group("a:b")])
    data = {"nornir_hygiene": own}
    host = Host(name, "198.18.77.11", 2222, "root", password, groups=groups, data=data, defaults=Defaults())
    return Task(host, AnsibleArguments(playbook="ansible/fix.yml", values={"a": 1}), "t.1", "anna", 60)


def test_a_host_is_reached_as_the_inventory_says(project: Path) -> None:
    made = _job(task(sudo=True), settings(sudo=True), project / "ansible" / "fix.yml")
    assert made.variables == {
        "ansible_connection": "ssh", "ansible_host": "198.18.77.11", "ansible_port": 2222, "ansible_user": "root",
        "ansible_become": True, "ansible_become_method": "sudo",
    }  # fmt: skip
    assert made.groups == ("workers", "all-of-us")
    assert made.receipt == project / "data" / "nornir-hygiene" / "receipts" / "t.1"


@pytest.mark.parametrize(
    ("what", "why"),
    [(task("all"), "for a pattern"), (task("a,b"), "for a pattern"), (task("~x"), "for a pattern"),
     (task(password="secret"), "keys only")],
)  # fmt: skip
def test_what_ansible_would_understand_otherwise_is_refused_before_it_is_started(
    what: Task, why: str, project: Path
) -> None:
    happened = play_it(what)
    assert (happened.result.outcome, why in happened.result.detail) == ("refused", True)
    assert not (project / "data").exists()


@pytest.mark.parametrize("name", ["ansible_host", "hosts", "inventory_hostname", "Upper", "a-b", "x" * 65])
def test_a_variable_that_means_something_else_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        AnsibleArguments(playbook="ansible/fix.yml", values={name: "x"})
