"""What a rule is."""

from collections.abc import Callable
from dataclasses import dataclass

from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.diagnose.scene import Conclusion, Explained, Scene


@dataclass(frozen=True)
class Rule:
    """One kind of finding, the pure code that concludes it, and its samples; tests are generated from those.

    `conclude` gets the tasks that earlier rules have explained and makes no finding of those alone.
    Each sample of `matches` yields exactly one finding of the kind (others may stand beside it), each of `spares` none.
    """

    kind: str
    conclude: Callable[[Scene, Explained], tuple[Conclusion, ...]]
    matches: tuple[Sample, ...]
    spares: tuple[Sample, ...]
