"""What grows from audit to audit, as findings: told once, with the same subject a rule would give it, and honestly."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_hygiene.diagnose.census import census_of
from nornir_hygiene.diagnose.engine import findings_in
from nornir_hygiene.diagnose.growth import Growing, with_growth
from nornir_hygiene.diagnose.rules.orphan_samples import MATCHES
from nornir_hygiene.diagnose.samples import snapshot_from
from nornir_hygiene.diagnose.scene import Scene
from nornir_hygiene.fleet.knowledge import catalogue
from nornir_hygiene.models.finding import Finding, Severity
from nornir_hygiene.models.past import Trend
from nornir_hygiene.models.run import HostReport
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.remediate.bind import bound_rungs
from nornir_hygiene.remediate.case import cases
from nornir_hygiene.remediate.language import every_runbook
from tests.remediate.problems import audit

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
POD = "/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef"
CONTAINER = f"{POD}/{'a' * 64}"
WORKERS = "\n".join(
    f"{pid} 1 S worker pipe_read sid=650 cg=/system.slice/app.service std=/dev/null" for pid in range(701, 711)
)


def seen(text: str) -> HostReport:
    """What the rules say of the sample, and its counts."""
    scene = Scene("w1", snapshot_from(text), Thresholds(), catalogue())
    return HostReport(host="w1", findings=findings_in(scene), census=census_of(scene))


def trend(what: str, name: str, value: int, **changes: Any) -> Trend:
    told = {
        "host": "w1",
        "since": AT - timedelta(hours=12),
        "per_hour": 4.0,
        "least_per_hour": 3.5,
        "most_per_hour": 4.6,
    }
    return Trend.model_validate({**told, "what": what, "name": name, "value": value, **changes})


def fills(name: str, value: int, limit: int, hours: float, **changes: Any) -> Trend:
    left = {"hours_left": hours, "hours_left_earliest": hours * 0.9, "hours_left_latest": hours * 1.2}
    return trend("limit", name, value, limit=limit, **{**left, **changes})


def grown(report: HostReport, *trends: Trend, **thresholds: Any) -> tuple[Finding, ...]:
    """Its findings afterwards."""
    return with_growth(Growing(report, trends, Thresholds(**thresholds), AT)).findings


def added(report: HostReport, *trends: Trend, **thresholds: Any) -> tuple[Finding, ...]:
    """Those nobody had found."""
    known = {one.fingerprint for one in report.findings}
    return tuple(one for one in grown(report, *trends, **thresholds) if one.fingerprint not in known)


def facts(finding: Finding) -> dict[str, str]:
    return {fact.name: fact.value for fact in finding.evidence.facts}


def test_a_host_without_growth_is_as_it_was() -> None:
    report = seen(WORKERS)
    assert with_growth(Growing(report, (), Thresholds(), AT)) is report


def test_orphans_that_grow_and_show_too_few_signs_are_a_leak_that_is_not_sure() -> None:
    report = seen(WORKERS)
    assert report.findings == ()
    (leak,) = grown(report, trend("orphans", "worker of app.service", 10))
    assert (leak.kind, leak.severity, str(leak.subject)) == (
        "orphan-leak",
        Severity.WARNING,
        "orphans worker of app.service",
    )
    assert leak.summary.startswith("10 orphans worker of app.service, and about 4 more every hour (from 3.5 to 4.6)")
    assert "it is not sure" in leak.summary
    assert facts(leak) == {
        "orphans": "10",
        "more an hour": "4",
        "more an hour, at least and at most": "3.5 to 4.6",
        "grows since": "2026-11-21 21:00Z or longer",
    }
    assert (leak.cause.established, leak.container) == (False, "")


@pytest.mark.parametrize("sample", MATCHES, ids=lambda one: one.name)
def test_orphans_a_rule_has_found_are_told_once_with_their_growth(sample: Any) -> None:
    """By every way an orphan's owner is named: the census and the rule mean the same."""
    report = seen(sample.text)
    (before,) = (one for one in report.findings if one.kind == "orphan-leak")
    assert report.census is not None
    for owner in report.census.owners:
        if owner.orphans:
            after = grown(report, trend("orphans", owner.owner, owner.orphans))
            (leak,) = (one for one in after if one.kind == "orphan-leak")
            assert (leak.fingerprint, leak.summary) == (before.fingerprint, before.summary)
            assert facts(leak)["more an hour"] == "4"
            assert set(facts(before)) < set(facts(leak))


def test_the_unknown_part_of_known_orphans_is_no_leak_of_its_own() -> None:
    """Whom nobody looked at closer changes from audit to audit."""
    report = seen(f"{WORKERS}\n" + "\n".join(f"{pid} 1 S worker pipe_read sid=650" for pid in range(801, 811)))
    assert added(report, trend("orphans", "worker of unknown origin", 10)) == ()
    assert len(added(seen(""), trend("orphans", "worker of unknown origin", 10))) == 1


def test_orphans_that_hang_are_no_leak() -> None:
    hung = "\n".join(
        f"{pid} 1 D fsck wait_on_page age=900 sid=650 cg=/system.slice/cron.service" for pid in range(701, 711)
    )
    report = seen(hung)
    assert report.census is not None
    assert report.census.owners[0].orphans == 10
    assert added(report, trend("orphans", "fsck of cron.service", 10)) == ()


def test_a_few_orphans_are_no_leak_yet() -> None:
    assert added(seen(""), trend("orphans", "worker of app.service", 4)) == ()
    assert added(seen(""), trend("orphans", "worker of app.service", 10), orphan_min_count=11) == ()


def test_where_a_container_leaks_it_is_named() -> None:
    inside = "pod 01234567-89ab-cdef-0123-456789abcdef, container aaaaaaaaaaaa"
    (leak,) = grown(seen(""), trend("orphans", f"sh of {inside}", 10))
    assert leak.container == inside


def test_blocked_tasks_that_grow_are_left_to_what_they_wait_for() -> None:
    assert grown(seen(""), trend("blocked", "fsck of cron.service", 900)) == ()


def test_a_limit_that_will_be_full_says_when_and_how_surely() -> None:
    report = seen("pids /system.slice/app.service 160 400")
    (full,) = grown(report, fills("/system.slice/app.service", 160, 400, 48))
    assert (full.kind, full.severity, str(full.subject)) == (
        "pids-cgroup-saturated",
        Severity.WARNING,
        "cgroup /system.slice/app.service",
    )
    assert full.summary.startswith("app.service uses 160 of 400 process ids, and about 4 more every hour")
    assert "used up on 2026-11-24 09:00Z, in 48 h (from 43 h to 58 h)" in full.summary
    assert facts(full)["used up"] == "on 2026-11-24 09:00Z, in 48 h (from 43 h to 58 h)"


def test_what_may_never_be_full_says_so() -> None:
    (full,) = grown(seen(""), fills("/a", 160, 400, 48, hours_left_latest=None))
    assert "to never)" in full.summary


@pytest.mark.parametrize(("hours", "told"), [(72, True), (72.1, False), (None, False)])
def test_only_what_is_full_within_the_threshold_is_told(hours: float | None, told: bool) -> None:
    one = fills("/a", 160, 400, 1, hours_left=hours)
    assert bool(grown(seen(""), one)) == told
    assert grown(seen(""), one, full_within_h=0.5) == ()


def test_process_ids_of_the_whole_host_have_the_subject_of_the_rule() -> None:
    low = "host tasks=32000 pid_max=32768 threads_max=190000"
    (by_rule,) = (one for one in seen(low).findings if one.kind == "pid-space-low")
    (early,) = grown(seen(""), fills("kernel.pid_max", 9000, 32768, 40))
    assert (early.fingerprint, early.severity) == (by_rule.fingerprint, Severity.WARNING)
    assert early.cause.name == by_rule.cause.name
    (late,) = (one for one in grown(seen(low), fills("kernel.pid_max", 32000, 32768, 40)) if one.kind == by_rule.kind)
    assert (late.summary, late.severity) == (by_rule.summary, by_rule.severity)
    assert facts(late)["used up"].startswith("on 2026-11-24 01:00Z")


def test_a_full_cgroup_is_told_once_and_its_chain_with_it() -> None:
    report = seen("pids /a 95 100\npids /a/b 70 100")
    (full,) = grown(report, fills("/a", 95, 100, 2), fills("/a/b", 70, 100, 10))
    assert full.fingerprint == report.findings[0].fingerprint
    assert facts(full)["more an hour"] == "4"
    assert facts(full)["limit"] == "100"


def test_of_a_chain_of_filling_cgroups_the_one_that_binds_is_told() -> None:
    chain = (fills("/a", 160, 400, 20), fills("/a/b", 150, 400, 20), fills("/a/b/c", 150, 250, 9), fills("/z", 1, 9, 9))
    for order in (chain, chain[::-1]):
        assert {one.subject.name for one in grown(seen(""), *order)} == {"/a/b/c", "/z"}
    equal = (fills("/a", 150, 400, 20), fills("/a/b", 150, 400, 20))
    assert [one.subject.name for one in grown(seen(""), *equal)] == ["/a"]


FEW = "700 1 S app ep_poll looked sigcgt=10000 cg=/system.slice/app.service\n701 700 Z sh - age=90"
MANY = "700 1 S app ep_poll looked sigcgt=0 cg=/system.slice/app.service\n" + "\n".join(
    f"{pid} 700 Z sh - age=90" for pid in range(701, 710)
)


def test_zombies_that_grow_are_a_fact_of_what_their_parent_is_found_for() -> None:
    (before,) = seen(MANY).findings
    (after,) = grown(seen(MANY), trend("zombies", "app of app.service", 9))
    assert (after.fingerprint, after.severity, after.summary) == (before.fingerprint, before.severity, before.summary)
    assert facts(after)["more an hour"] == "4"


def test_a_lost_signal_that_grows_is_no_lost_signal() -> None:
    assert [one.severity for one in seen(FEW).findings] == [Severity.INFO]
    assert [one.severity for one in grown(seen(FEW), trend("zombies", "app of app.service", 6))] == [Severity.WARNING]


def test_of_two_parents_nobody_knows_whose_zombies_grow() -> None:
    report = seen(FEW + "\n800 1 S app ep_poll looked sigcgt=10000 cg=/system.slice/app.service\n801 800 Z sh - age=90")
    found = grown(report, trend("zombies", "app of app.service", 6))
    assert [one.severity for one in found] == [Severity.INFO] * 2
    assert all("more an hour" in facts(one) for one in found)


@pytest.mark.parametrize(
    "owner", ["sh of app.service", "app of pod 01234567-89ab-cdef-0123-456789abcdef", "nobody seen", "ap", ""]
)
def test_zombies_of_others_are_not_its_own(owner: str) -> None:
    assert grown(seen(MANY), trend("zombies", owner, 90)) == seen(MANY).findings


def test_a_parent_in_a_container_is_known_by_it() -> None:
    inside = MANY.replace("/system.slice/app.service", CONTAINER)
    owner = "app of pod 01234567-89ab-cdef-0123-456789abcdef, container aaaaaaaaaaaa"
    assert all("more an hour" in facts(one) for one in grown(seen(inside), trend("zombies", owner, 9)))
    assert grown(seen(inside), trend("zombies", "app of app.service", 9)) == seen(inside).findings


def test_zombies_that_are_reaped_in_time_are_no_finding_however_many() -> None:
    young = MANY.replace("age=90", "age=1")
    assert grown(seen(young), trend("zombies", "app of app.service", 9)) == seen(young).findings


def test_no_runbook_acts_on_growth_alone() -> None:
    """It names no process, and a limit that is not full is not raised."""
    trends = (trend("orphans", "worker of app.service", 10), fills("/a", 160, 400, 2), fills("kernel.pid_max", 1, 9, 2))
    report = audit(with_growth(Growing(seen(""), trends, Thresholds(), AT)))
    tried = [(one.runbook, case) for one in every_runbook() for case in cases(one.runbook, report)]
    assert len(tried) >= 4
    for runbook, case in tried:
        assert bound_rungs(runbook, case)[1] is not None, runbook


NAMES = (
    st.sampled_from(["worker of app.service", "/a", "/a/b", "kernel.pid_max", "x of unknown origin", "\0", ""])
    | st.text()
)


LIMITS = st.builds(fills, NAMES, st.integers(0, 10**9), st.integers(1, 10**9), st.floats(0, 1e9))
SORTS = st.sampled_from(["orphans", "zombies", "blocked", "limit", "else"])
ANY = st.builds(lambda one, what: one.model_copy(update={"what": what}), LIMITS, SORTS)


@given(st.lists(ANY, max_size=6))
def test_any_trends_have_an_answer_and_lose_no_finding(trends: list[Trend]) -> None:
    for text in (MANY, WORKERS, "pids /a 95 100", ""):
        report = seen(text)
        after = grown(report, *trends)
        assert {one.fingerprint for one in report.findings} <= {one.fingerprint for one in after}
        assert len({one.fingerprint for one in after}) == len(after)
