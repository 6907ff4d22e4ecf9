"""How Ansible reaches a host: as the inventory says, with strictly checked host keys."""

import os
import shlex
import sys
from pathlib import Path

from nornir_hygiene.models.settings import HostSettings

# First come, first served: what stands here no ansible.cfg and no ssh_config changes.
_ALWAYS = {
    "StrictHostKeyChecking": "yes",
    "UpdateHostKeys": "no",  # would write known_hosts
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "PermitLocalCommand": "no",
    # Else each task is several logins on a host that may be sick; the socket lies where only this run finds it.
    "ControlMaster": "auto",
    "ControlPersist": "10",
    "ConnectTimeout": "15",
}
# Of the surroundings only these say something about where Ansible finds its things, not about how it works.
_KEPT = ("ANSIBLE_HOME", "ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_VAULT_PASSWORD_FILE")


def ssh_arguments(settings: HostSettings) -> str:
    """In one line, quoted as Ansible splits it."""
    options = dict(_ALWAYS)
    if settings.known_hosts is not None:
        options |= {"UserKnownHostsFile": _quoted(settings.known_hosts), "GlobalKnownHostsFile": "/dev/null"}
    if settings.identity_file is not None:
        options |= {"IdentityFile": _quoted(settings.identity_file), "IdentitiesOnly": "yes"}
    if not settings.use_agent:
        options["IdentityAgent"] = "none"
    own = {key.lower() for key in options}
    options |= {key: value for key, value in settings.ssh_options.items() if key.lower() not in own}
    config = ["-F", str(settings.ssh_config.expanduser())] if settings.ssh_config else []
    return shlex.join([*config, *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))])


def _quoted(path: Path) -> str:
    # ssh splits these at spaces and expands % itself.
    return '"' + str(path.expanduser()).replace("%", "%%") + '"'


def program_path() -> str:
    """Where ansible-playbook is looked for: beside the Python we run in, then as ever."""
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}"


def surroundings() -> dict[str, str]:
    """Our own environment without what would turn Ansible into something else than was approved."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_") or key in _KEPT}
    return {**own, "PATH": program_path()}


def settings_of_ansible(ssh: str, sockets: Path) -> dict[str, str]:
    """These stand above any ansible.cfg."""
    return {
        "ANSIBLE_SSH_ARGS": ssh,
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_PIPELINING": "True",  # else each task leaves and takes away files on a sick host's disk
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
        "ANSIBLE_NOCOLOR": "1",
    }
