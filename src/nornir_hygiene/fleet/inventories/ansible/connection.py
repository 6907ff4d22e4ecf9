"""Ansible's connection variables -> how nr reaches the host."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nornir_hygiene.fleet.inventories.ansible.ssh_arguments import SshArguments, parsed
from nornir_hygiene.fleet.inventories.ansible.tree import Variables
from nornir_hygiene.fleet.inventories.ansible.yaml_text import VAULT_MARK
from nornir_hygiene.fleet.inventory_file import SETTINGS_KEY
from nornir_hygiene.models.settings import HostSettings

_REFERENCE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_DEEPEST = 8
_PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
_NO_DATA = (*_PASSWORDS, "ansible_become_password", "ansible_become_pass", "ansible_sudo_pass")


def host_attributes(name: str, variables: Variables) -> dict[str, Any]:
    """hostname, port, username, password and data of a Nornir host.

    `data` holds all variables but passwords, so that --filter knows them; its key nornir_hygiene what nr needs, over
    which an Ansible variable of that name wins key by key. Raises ValueError for what cannot be meant.
    """
    known = {"inventory_hostname": name, "inventory_hostname_short": name.partition(".")[0], **variables}

    def said(*keys: str) -> str | None:
        found = next((known[key] for key in keys if known.get(key) not in (None, "")), None)
        return None if found is None else _filled(str(found), known)

    arguments = parsed(" ".join(filter(None, (said("ansible_ssh_common_args"), said("ansible_ssh_extra_args")))))
    port = said("ansible_port", "ansible_ssh_port")
    settings = _settings(arguments, said("ansible_ssh_private_key_file", "ansible_private_key_file"), known)
    data = {key: value for key, value in variables.items() if key not in _NO_DATA}
    return {
        "hostname": said("ansible_host", "ansible_ssh_host"),
        "port": _number(port) if port else arguments.port,
        "username": said("ansible_user", "ansible_ssh_user") or arguments.user,
        "password": _password(said(*_PASSWORDS)),
        "data": {**data, SETTINGS_KEY: _checked(settings, variables.get(SETTINGS_KEY))},
    }


def _password(text: str | None) -> str | None:
    """Neither a ciphertext nor what only Jinja can fill in is one: sent to a host, it would count as a wrong try."""
    return None if text is None or text.startswith(VAULT_MARK) or "{{" in text else text


def _settings(arguments: SshArguments, key_file: str | None, known: Mapping[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    identity = key_file or arguments.identity_file
    if identity:
        settings["identity_file"] = str(Path(identity).expanduser())
    if arguments.config:
        settings["ssh_config"] = str(Path(arguments.config).expanduser())
    if arguments.options:
        settings["ssh_options"] = arguments.options
    if arguments.options or arguments.config:
        settings["transport"] = "openssh"  # what stands in ssh's own words only ssh can honour
    if _truth(known.get("ansible_become")) and str(known.get("ansible_become_user", "root")) == "root":
        settings["sudo"] = True
    return settings


def _checked(settings: dict[str, Any], own: Any) -> dict[str, Any]:
    if own is not None and not isinstance(own, dict):
        raise ValueError(f"{SETTINGS_KEY}: must be a mapping, is {type(own).__name__}")
    merged = {**settings, **(own or {})}
    try:
        HostSettings.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, (SETTINGS_KEY, *first['loc'])))}: {first['msg']}") from None
    return merged


def _number(port: str) -> int:
    if not port.isdecimal():
        raise ValueError(f"ansible_port: {port!r} is no number")
    return int(port)


def _truth(value: object) -> bool:
    return str(value).lower() in ("true", "yes", "on", "1", "y", "t")


def _filled(text: str, known: Mapping[str, Any]) -> str:
    """`{{ name }}.example.com`: plain references only. What needs Jinja stays as it is and shows in the error."""
    for _ in range(_DEEPEST):
        filled = _REFERENCE.sub(lambda found: str(known.get(found[1], found[0])), text)
        if filled == text:
            break
        text = filled
    return text
