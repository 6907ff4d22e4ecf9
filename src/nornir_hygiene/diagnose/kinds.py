"""What is known about each kind, for people: the schema of `kinds.yaml`, and how it becomes an Explanation."""

from collections.abc import Iterable
from typing import Self

from pydantic import Field, model_validator

from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.waits import Kebab, Text, WaitFamily
from nornir_hygiene.models.explanation import Explanation, Passage
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.settings import Thresholds

_CLASSES = {
    "root": "root: what it waits for is the thing that is stuck",
    "follower": "follower: it waits for another task; look for the root first",
    "benign": "benign: a harmless sleep, never a finding",
    "generic": "generic: says only how it sleeps; the next frame of the stack says for what",
}


class KindEntry(Frozen):
    """One kind in words. `does_not_help` is what people try first, and why it makes nothing better."""

    kind: Kebab
    what: Text
    recognised: tuple[Text, ...] = Field(min_length=1)
    thresholds: tuple[str, ...] = ()
    restores: tuple[Text, ...] = Field(min_length=1)
    does_not_help: tuple[Text, ...] = Field(min_length=1)
    sources: tuple[Text, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _thresholds_exist(self) -> Self:
        unknown = set(self.thresholds) - set(Thresholds.model_fields)
        if unknown:
            raise ValueError(f"{self.kind}: there is no threshold {min(unknown)}")
        return self


class KindBook(Frozen):
    """All kinds; the schema of kinds.yaml."""

    kinds: tuple[KindEntry, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [entry.kind for entry in self.kinds]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"kinds given twice: {', '.join(twice)}")
        return self

    def entry(self, kind: str) -> KindEntry | None:
        """None for a kind nobody described."""
        return next((entry for entry in self.kinds if entry.kind == kind), None)


def explained_kind(entry: KindEntry, rules: Iterable[Rule]) -> Explanation:
    """The entry, its thresholds with default and reason, and the situations its rule is tested on."""
    rule = next((rule for rule in rules if rule.kind == entry.kind), None)
    passages = (
        ("How it is recognised", entry.recognised),
        ("Thresholds", tuple(map(_threshold, entry.thresholds))),
        ("Found in", _names(rule.matches if rule else ())),
        ("Spared", _names(rule.spares if rule else ())),
        ("What restores it", entry.restores),
        ("What does not", entry.does_not_help),
        ("Sources", entry.sources),
    )
    return Explanation(sort="kind", name=entry.kind, what=entry.what, passages=_passages(*passages))


def explained_wait(family: WaitFamily, origin: str = "") -> Explanation:
    """One family of the wait catalogue. `origin`: the file of a project's own entry."""
    passages = (
        ("Comes from", (origin,) if origin else ()),
        ("Instead of or before the built-in", (", ".join(family.overrides),) if family.overrides else ()),
        ("Class", (_CLASSES[family.wait_class],)),
        ("Wait channels", tuple(f"{generation}: {', '.join(names)}" for generation, names in family.names.items())),
        ("Only with one of these beneath it on the stack", (", ".join(family.beneath),) if family.beneath else ()),
        ("Only kernel threads named like", (", ".join(family.comms),) if family.comms else ()),
        ("State", (", ".join(family.states),)),
        ("Killable", (family.killable,)),
        ("What restores it", (family.restores,)),
        ("Sources", (family.source,)),
    )
    return Explanation(sort="wait", name=family.id, what=family.meaning, passages=_passages(*passages))


def _passages(*pairs: tuple[str, tuple[str, ...]]) -> tuple[Passage, ...]:
    return tuple(Passage(title=title, points=points) for title, points in pairs if points)


def _names(samples: Iterable[Sample]) -> tuple[str, ...]:
    return tuple(sample.name for sample in samples)


def _threshold(name: str) -> str:
    field = Thresholds.model_fields[name]
    return f"{name} = {field.default:g}: {field.description}"
