"""What a snapshot means: findings with evidence and cause. Pure: no input, no output, no clock."""

from nornir_hygiene.diagnose.engine import diagnose
from nornir_hygiene.diagnose.rules import RULES
from nornir_hygiene.diagnose.waits import WaitCatalogue

KINDS: tuple[str, ...] = tuple(rule.kind for rule in RULES)

__all__ = ["KINDS", "RULES", "WaitCatalogue", "diagnose"]
