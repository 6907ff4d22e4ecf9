"""A team's own Ansible playbook, on one host, through ansible-runner: first as a check, then for good."""

import importlib.util
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Given, Risk, VariableName
from nornir_hygiene.remediate.actions.action import Action, Mistake, Text
from nornir_hygiene.remediate.actions.ansible_here import play_it
from nornir_hygiene.remediate.actions.ansible_project import files_of, playbook_path, project_folder
from nornir_hygiene.remediate.actions.ansible_ssh import program_path

_MOST_FILES = 5000
_INSTALL = "pip install 'nornir-hygiene[ansible]'"
# Words Ansible gives a meaning of its own: such a variable would change how it works, not what it works with.
_ITS_OWN = frozenset((
    "action", "become", "become_user", "check_mode", "collections", "connection", "delegate_to", "diff", "environment",
    "gather_facts", "group_names", "groups", "hosts", "hostvars", "inventory_dir", "inventory_file",
    "inventory_hostname", "inventory_hostname_short", "lookup", "module_defaults", "name", "omit", "play_hosts",
    "playbook_dir", "port", "query", "remote_user", "role_name", "role_path", "roles", "serial", "tags", "tasks",
    "vars", "when",
))  # fmt: skip


def _below_the_project(path: str) -> str:
    parts = Path(path).parts
    if not re.fullmatch(r"[A-Za-z0-9_./-]+", path) or path[0] in "/-" or ".." in parts or len(parts) < 2:
        raise ValueError("a path below the project's folder, in a folder of its own, such as ansible/fix.yml")
    return path


def _no_words_of_ansible(values: dict[str, int | str]) -> dict[str, int | str]:
    taken = next((name for name in values if name in _ITS_OWN or name.startswith("ansible_")), None)
    if taken:
        raise ValueError(f"{taken} has a meaning of its own in Ansible: give the variable another name")
    return values


class AnsibleArguments(Frozen):
    """`playbook`: below the project's folder. `values`: what it finds in variables of these names."""

    playbook: Annotated[Text, AfterValidator(_below_the_project)]
    values: Annotated[dict[VariableName, int | Text], AfterValidator(_no_words_of_ansible)] = Field({})


def _mistake(given: Mapping[str, Given]) -> Mistake | None:
    playbook = str(given["playbook"])
    if playbook_path(playbook) is None:
        where = project_folder() or "this folder, which belongs to no project (nr.yaml)"
        return Mistake("playbook", f"there is no playbook {playbook} in {where}", "a path below the folder of nr.yaml")
    if len(files_of(playbook)) > _MOST_FILES:
        what = f"beside {playbook} lie more than {_MOST_FILES} files, all of which an approval would have to cover"
        return Mistake("playbook", what, "put it and its roles into a folder of their own")
    if (
        importlib.util.find_spec("ansible_runner") is None
        or shutil.which("ansible-playbook", path=program_path()) is None
    ):
        return Mistake("", "ansible-runner and ansible-core are not installed", "pip install 'nornir-hygiene[ansible]'")
    return None


def _says(told: AnsibleArguments) -> str:
    values = ", ".join(f"{name}={value!r}" for name, value in told.values.items())
    return f"run the Ansible playbook {told.playbook}, if its check says that it can{f'; {values}' if values else ''}"


ANSIBLE = Action(
    name="ansible",
    risk=Risk.DISRUPTIVE,
    about="Runs a playbook of the project with Ansible, from this machine, on this one host: first with `--check`, and "
    "only if nothing fails in that, for good. `values` are handed over as variables that no template ever looks into. "
    "All files in the playbook's folder count as part of the runbook. Needs `pip install 'nornir-hygiene[ansible]'`.",
    arguments=AnsibleArguments,
    says=_says,
    mistake=_mistake,
    here=play_it,
    files=lambda given: files_of(str(given["playbook"])),
)
