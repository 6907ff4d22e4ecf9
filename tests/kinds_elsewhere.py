"""Kinds that no fault of the lab can show, and why; what was recorded instead, and where everybody can read it."""

from nornir_hygiene.models.frozen import Frozen


class Elsewhere(Frozen):
    """`recorded`: a file below tests/, `source`: its public source; both empty where there are made-up samples only."""

    why: str
    recorded: str = ""
    source: str = ""


ELSEWHERE: dict[str, Elsewhere] = {}
