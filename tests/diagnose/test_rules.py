"""Generated from the samples every rule carries."""

import pytest

from nornir_hygiene.diagnose import KINDS, RULES, diagnose
from nornir_hygiene.diagnose.rules.rule import Rule
from nornir_hygiene.diagnose.samples import Sample
from nornir_hygiene.models.settings import Thresholds
from tests.diagnose.snapshots import shipped_catalogue

_MATCHES = [pytest.param(rule, one, id=f"{rule.kind}: {one.name}") for rule in RULES for one in rule.matches]
_SPARES = [pytest.param(rule, one, id=f"{rule.kind}: {one.name}") for rule in RULES for one in rule.spares]


def _of_kind(rule: Rule, sample: Sample) -> int:
    findings = diagnose("host-1", sample.snapshot, Thresholds(), shipped_catalogue())
    return sum(finding.kind == rule.kind for finding in findings)


@pytest.mark.parametrize(("rule", "sample"), _MATCHES)
def test_a_rule_makes_one_finding_of_what_it_matches(rule: Rule, sample: Sample) -> None:
    assert _of_kind(rule, sample) == 1


@pytest.mark.parametrize(("rule", "sample"), _SPARES)
def test_a_rule_makes_nothing_of_what_it_spares(rule: Rule, sample: Sample) -> None:
    assert _of_kind(rule, sample) == 0


@pytest.mark.parametrize(("rule", "sample"), _MATCHES)
def test_every_finding_says_what_why_and_what_restores(rule: Rule, sample: Sample) -> None:
    for finding in diagnose("host-1", sample.snapshot, Thresholds(), shipped_catalogue()):
        assert finding.summary.endswith(".")
        assert "\n" not in finding.summary
        assert finding.cause.because
        assert finding.cause.established or finding.cause.missing
        assert finding.restores
        assert len(finding.evidence.tasks) <= finding.evidence.task_count


@pytest.mark.parametrize("rule", RULES, ids=KINDS)
def test_each_rule_has_samples_of_both_sorts_with_names_of_their_own(rule: Rule) -> None:
    for samples in (rule.matches, rule.spares):
        names = [sample.name for sample in samples]
        assert names
        assert len(set(names)) == len(names)


def test_the_registry_holds_each_kind_of_this_issue_once() -> None:
    assert sorted(KINDS) == sorted(
        [
            "rbd-io-hang",
            "io-hang",
            "blocked-task",
            "zombie-parent-not-waiting",
            "zombie-parent-blocked",
            "zombie-thread-blocked",
            "orphan-leak",
            "pids-cgroup-saturated",
            "proc-read-hang",
            "cgroup-frozen",
            "container-stuck-terminating",
            "cpu-throttled",
            "filesystem-frozen",
            "fuse-hang",
            "init-ignores-sigterm",
            "iowait-readers",
            "load-from-blocked-tasks",
            "nfs-hang",
            "opaque-guest",
            "outside-parent",
            "pid-space-low",
            "pids-unlimited",
            "runtime-restarted",
            "stopped",
            "traced",
            "umount-hang",
            "volume-attach-hang",
            "zombie-init-not-reaping",
        ]
    )
