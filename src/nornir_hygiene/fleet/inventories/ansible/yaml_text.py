"""YAML as Ansible's files are written: 1.1 (`yes` is true), with tags of its own."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from nornir_hygiene.errors import ConfigError

VAULT_MARK = "$ANSIBLE_VAULT;"


class _Constructor(SafeConstructor):
    """!unsafe, !vault and strangers: the plain value. A secret stays the ciphertext it is."""

    def plain(self, node: Node) -> Any:
        """What stands there, without its tag."""
        if isinstance(node, MappingNode):
            return self.construct_mapping(node, deep=True)
        if isinstance(node, SequenceNode):
            return self.construct_sequence(node, deep=True)
        return node.value


_Constructor.add_constructor(None, _Constructor.plain)


def load_yaml(text: str, path: Path) -> Any:
    """Plain data. Raises ConfigError with the line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    yaml.version = (1, 1)
    yaml.allow_duplicate_keys = True  # the last one counts, as in Ansible
    try:
        return yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise ConfigError(str(error.problem or error.context), path, line, "not valid YAML") from None
    except (YAMLError, ValueError) as error:
        raise ConfigError(f"not valid YAML: {error}", path) from None
