"""What Ansible is given to read: one host, and values as text that stays text."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode
from ruamel.yaml.representer import SafeRepresenter

# One line for each value, however long: nothing is folded.
_NEVER = 1_000_000


class Values(dict[str, str | int | bool]):
    """Words that stay words."""


class _Representer(SafeRepresenter):
    """What is `!unsafe` Ansible takes for text, and never for a template.

    The tag stands before all of them, not before each: a single word with it is read once more as if it had no quotes,
    so that "5" would be a number, "no" a truth value and "*" an error (ansible-core 2.19, construct_yaml_unsafe).
    """

    def word(self, text: str) -> ScalarNode:
        """In double quotes, with every character beyond ASCII and every control character escaped."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"')

    def values(self, values: Values) -> MappingNode:
        """With the tag."""
        return self.represent_mapping("!unsafe", values)


_Representer.add_representer(str, _Representer.word)
_Representer.add_representer(Values, _Representer.values)


def as_yaml(content: dict[str, Any]) -> str:
    """What is Values in it is tagged."""
    writer = YAML(typ="safe", pure=True)
    writer.Representer = _Representer
    writer.allow_unicode = False
    writer.default_flow_style = False
    writer.width = _NEVER
    text = io.StringIO()
    writer.dump(content, text)
    return text.getvalue()


def inventory_of(name: str, variables: dict[str, str | int | bool], groups: tuple[str, ...]) -> str:
    """Exactly one host, in its groups, so that a play for one of these is for it."""
    children: dict[str, Any] = {group: {"hosts": {name: {}}} for group in groups}
    return as_yaml({"all": {"hosts": {name: Values(variables)}, "children": children}})


def write_private(path: Path, text: str) -> None:
    """For this user only: there may be a host's secrets among the values."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
