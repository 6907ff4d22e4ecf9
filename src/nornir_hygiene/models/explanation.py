"""What people are told about a kind of finding or a wait: the same words on a terminal and in docs/catalogue.md."""

from typing import Literal

from nornir_hygiene.models.frozen import Frozen


class Passage(Frozen):
    """A heading and its points."""

    title: str
    points: tuple[str, ...]


class Explanation(Frozen):
    """One kind or one family of waits: in a sentence, then point by point."""

    sort: Literal["kind", "wait"]
    name: str
    what: str
    passages: tuple[Passage, ...]
