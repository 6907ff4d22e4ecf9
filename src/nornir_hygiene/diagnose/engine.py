"""Snapshot -> Findings: every rule in turn, then one order for all."""

from collections.abc import Sequence

from nornir_hygiene.diagnose.rules import RULES
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.scene import Explained, Scene
from nornir_hygiene.diagnose.waits import WaitCatalogue
from nornir_hygiene.models.finding import Finding
from nornir_hygiene.models.host import Snapshot
from nornir_hygiene.models.settings import Thresholds


def diagnose(
    host: str,
    snapshot: Snapshot,
    thresholds: Thresholds,
    catalogue: WaitCatalogue,
    rules: Sequence[Rule] = RULES,
) -> tuple[Finding, ...]:
    """All findings of one host. Total: any snapshot gives an answer."""
    return findings_in(Scene(host, snapshot, thresholds, catalogue), rules)


def findings_in(scene: Scene, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """The worst first, then by kind and subject."""
    explained: Explained = frozenset()
    found: dict[str, Finding] = {}
    for rule in rules:
        for conclusion in rule.conclude(scene, explained):
            if conclusion.finding:
                found.setdefault(conclusion.finding.fingerprint, conclusion.finding)
            explained |= conclusion.explains
    return tuple(sorted(found.values(), key=lambda one: (-one.severity.rank, one.kind, str(one.subject))))
