"""Orders with a stranger's text among their arguments: for every action that takes text, made of its declaration."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError, create_model
from pydantic.fields import FieldInfo

from nornir_hygiene.remediate.actions import ACTIONS, lock
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.perform import Order
from tests.remediate.actions.test_hostile_values import values

CANARIES = tuple(Path(folder) / "nr-canary" for folder in ("/", "/run", "/tmp"))
HOSTILE = (
    *(each[number % 3] for number, each in enumerate(zip(*map(values, CANARIES), strict=True))),
    *("\u202egnp.exe", "\u200f../..", "-o\u2066ProxyCommand=touch /nr-canary", "nope\x00; touch /nr-canary", "\udc80"),
    "nope; touch /nr-canary; " + "x" * 10_000,
)
# A plain word where the hostile ones will stand; everywhere else stands what an action takes.
PLAIN = "nr-plain-word"
FIELD_VALUES = (
    "nr-other-word", "/nr-other-word", "1", "nr-other-word.service",
    {"boot_id": "nr-other-word", "pid": 2**22 - 1, "start_ticks": 1},
    [{"boot_id": "nr-other-word", "pid": 2**22 - 1, "start_ticks": 1}],
    ["/bin/true", "nr-other-word"],
    "0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11", "0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11/192.0.2.1:0/1",
    "CONT", "TERM", 1, 2, 30, 3600,
)  # fmt: skip
# Where a value gets past the first look: there is a cgroup and a mount of its name.
FORMS = (("", ""), ("/", ""), ("/nr-hostile/", ""), ("/nr-hostile/", ".service"))
NUMBERS = itertools.count(10_000_000)


class Leaf(NamedTuple):
    """One text among the arguments of an action: where it stands, and all the others."""

    action: Action
    arguments: dict[str, Any]
    steps: tuple[str | int, ...]

    def order(self, text: str, token: str) -> Order:
        """With this text there, and in the name of whoever gives the order. Raises ValidationError."""
        given = _with(self.arguments, self.steps, text)
        return Order(self.action, self.action.arguments.model_validate(given), token, text, 0)


def _with(given: Any, steps: tuple[str | int, ...], text: str) -> Any:
    if not steps:
        return text
    copied: Any = dict(given) if isinstance(given, dict) else list(given)
    copied[steps[0]] = _with(copied[steps[0]], steps[1:], text)
    return copied


def every_action() -> list[Action]:
    """Those of runbooks, those they ask with, and the locks."""
    asked = [action.patience.asks for action in ACTIONS.values() if action.patience]
    locks = [each for each in vars(lock).values() if isinstance(each, Action)]
    return [*ACTIONS.values(), *asked, *locks]


def leaves(action: Action) -> list[Leaf]:
    """Each text in each set of arguments that it takes."""
    return [Leaf(action, given, steps) for given in _taken(action) for steps in _texts(given)]


def _taken(action: Action) -> Iterator[dict[str, Any]]:
    fields = action.arguments.model_fields
    needed = {name: _value(action, name, field) for name, field in fields.items() if field.is_required()}
    choices = [{name: _value(action, name, field)} for name, field in fields.items() if field.default is None]
    for more in choices or [{}]:
        arguments = action.arguments.model_validate({**needed, **more})
        action.words(arguments)
        yield arguments.model_dump(mode="json", exclude_none=True)


def _value(action: Action, name: str, field: FieldInfo) -> Any:
    taker = create_model("Taker", given=(field.annotation or str, field))
    for value in FIELD_VALUES:
        with suppress(ValidationError):
            taker(given=value)
            return value
    raise AssertionError(f"{action.name} takes none of FIELD_VALUES as {name}: add one that names nothing real")


def _texts(given: Any, steps: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(given, str):
        yield steps
    elif isinstance(given, dict | list):
        for step, inner in given.items() if isinstance(given, dict) else enumerate(given):
            yield from _texts(inner, (*steps, step))


class Sent(NamedTuple):
    """One order, and the text of a stranger in it: between `before` and `behind`, which are ours."""

    leaf: int
    before: str
    value: str
    behind: str
    order: Order


def orders_for(action: Action) -> tuple[list[Sent], list[Sent]]:
    """The plain word at each of its texts in each form; and each hostile value once, at these places in turn.

    A value that its arguments refuse everywhere is refused.
    """
    texts = leaves(action)
    plain = [sent for number, leaf in enumerate(texts) for form in FORMS for sent in _sent(number, leaf, form, PLAIN)]
    hostile = []
    for turn, value in enumerate(HOSTILE):
        places = (plain[turn % len(plain) :] + plain[: turn % len(plain)]) if plain else []
        tried = (_sent(at.leaf, texts[at.leaf], (at.before, at.behind), value) for at in places)
        hostile += next(filter(None, tried), [])
    return plain, hostile


def _sent(number: int, leaf: Leaf, form: tuple[str, str], value: str) -> list[Sent]:
    """None, or the one."""
    before, behind = form
    with suppress(ValidationError):
        order = leaf.order(f"{before}{value}{behind}", f"nr-hostile.{next(NUMBERS)}")
        return [Sent(number, before, value, behind, order)]
    return []
