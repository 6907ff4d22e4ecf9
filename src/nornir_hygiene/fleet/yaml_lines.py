"""On which line of a YAML text something stands: only a mistake costs this second look."""

from collections.abc import Sequence

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

Steps = Sequence[str | int]


def line_of(text: str, steps: Steps) -> int | None:
    """The line of the place `steps` lead to, or of the last place on the way there; None for an empty text."""
    node: Node | None = YAML(typ="rt").compose(text)
    line = None
    for step in steps:
        found = _child(node, step)
        if found is None:
            break
        line, node = found
    return line


def item_lines(text: str) -> tuple[int, ...]:
    """The line of each item of the list a file holds; of anything else none."""
    node: Node | None = YAML(typ="rt").compose(text)
    return tuple(item.start_mark.line + 1 for item in node.value) if isinstance(node, SequenceNode) else ()


def _child(node: Node | None, step: str | int) -> tuple[int, Node] | None:
    """The line and the value of one step down; a key's own line, not that of its value."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark.line + 1, item
    return None
