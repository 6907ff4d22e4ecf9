"""Gone is said by the detector that found it, and never by silence."""

from collections.abc import Iterable

import pytest

from nornir_hygiene.models.host import Gap
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.models.runbook import Gone
from nornir_hygiene.remediate.proof import await_gone, seen_gone
from tests.diagnose.clusters import recorded
from tests.remediate.played import PlayedGround, PlayedTime, play_time
from tests.remediate.problems import CLEAN, HANGS_ON_RBD, STOPPED, ZOMBIES, absent, audit, planned, seen

(TARGET,) = planned("reap-zombies", audit(seen("host-1", ZOMBIES))).targets
WELL = seen("host-1", CLEAN)
BLIND = WELL.model_copy(update={"gaps": (Gap(section="stack", why="not root"),)})
AGAIN = seen("host-1", ZOMBIES.replace("looked", "looked start=9999"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> PlayedTime:
    return play_time(monkeypatch)


@pytest.mark.parametrize(
    ("report", "why_not"),
    [
        (seen("host-1", ZOMBIES), "the parent app-test (pid 700) does not reap"),
        (absent("host-1"), "host-1 was not observed: deadline"),
        (seen("host-2"), "host-1 was not observed"),
        (WELL.model_copy(update={"complete": False}), "host-1 was seen by halves only"),
        (BLIND, "less was seen than when this was planned: host-1: stack"),
        (AGAIN, "it came back: 3 zombies"),
    ],
    ids=["still there", "not observed", "not in the report", "by halves", "less coverage", "another process"],
)
def test_what_is_not_gone_says_why(report: HostReport, why_not: str) -> None:
    verdict = seen_gone(TARGET, audit(report))
    assert not verdict.gone
    assert why_not in verdict.why_not


@pytest.mark.parametrize("text", [CLEAN, STOPPED, ZOMBIES.split("701")[0]])
def test_it_is_gone_when_it_is_not_seen_any_more_whatever_else_is(text: str) -> None:
    assert seen_gone(TARGET, audit(seen("host-1", text))).gone


def test_what_hangs_in_another_way_by_now_is_not_gone() -> None:
    hung = ZOMBIES.replace("700 1   S app-test hrtimer_nanosleep", "700 1   D app-test io_schedule age=95")
    now = seen("host-1", hung)
    assert {finding.kind for finding in now.findings} == {"zombie-parent-blocked"}
    verdict = seen_gone(TARGET, audit(now))
    assert not verdict.gone
    assert "it came back" in verdict.why_not
    (both,) = planned("reap-zombies", audit(seen("host-1", ZOMBIES))).targets
    assert seen_gone(both.model_copy(update={"others": (now.findings[0].fingerprint,)}), audit(now)).gone


def test_what_could_not_be_seen_before_either_is_no_less_than_before() -> None:
    (target,) = planned("reap-zombies", audit(seen("host-1", ZOMBIES).model_copy(update={"gaps": BLIND.gaps}))).targets
    assert seen_gone(target, audit(BLIND)).gone


def test_what_was_there_besides_is_another_problem() -> None:
    first, second = planned("reap-zombies", audit(seen("host-1", ZOMBIES + ZOMBIES.replace("70", "80")))).targets
    other = audit(seen("host-1", ZOMBIES.replace("70", "80")))
    assert (seen_gone(first, other).gone, seen_gone(second, other).gone) == (True, False)


def test_a_cause_is_gone_when_none_of_its_sufferers_suffers() -> None:
    both = [seen(name, HANGS_ON_RBD) for name in ("worker-1", "worker-2")]
    (target,) = planned("restart-ceph-osd", audit(*both, views=recorded("stuck"))).targets
    assert not seen_gone(target, audit(seen("worker-1"), both[1])).gone
    assert not seen_gone(target, audit(seen("worker-1"), absent("worker-2"))).gone
    assert seen_gone(target, audit(seen("worker-1"), seen("worker-2"))).gone


class Story(PlayedGround):
    """Another report with each look; the last one stays."""

    def __init__(self, *reports: HostReport) -> None:
        super().__init__({})
        self.reports = list(reports)
        self.looks = 0

    def look(self, names: Iterable[str]) -> AuditReport:
        self.looks += 1
        return audit(self.reports.pop(0) if len(self.reports) > 1 else self.reports[0])


def test_it_has_to_stay_gone(clock: PlayedTime) -> None:
    ill = seen("host-1", ZOMBIES)
    story = Story(ill, WELL, WELL, ill, WELL)
    begun = clock.now
    assert await_gone(TARGET, story, Gone(within_s=60, stays_s=5)).gone
    assert clock.now - begun == 8 + 5  # four looks in vain or too short, then until it has been gone for five seconds
    assert story.looks == 8


def test_it_is_given_up_after_its_time(clock: PlayedTime) -> None:
    begun = clock.now
    verdict = await_gone(TARGET, Story(seen("host-1", ZOMBIES)), Gone(within_s=20, stays_s=5))
    assert (verdict.gone, clock.now - begun) == (False, 20)


def test_a_host_that_is_away_for_a_moment_is_waited_for(clock: PlayedTime) -> None:
    assert await_gone(TARGET, Story(absent("host-1"), absent("host-1"), WELL), Gone(within_s=20, stays_s=5)).gone


def test_what_goes_only_at_the_last_moment_still_has_to_stay_gone(clock: PlayedTime) -> None:
    ill = seen("host-1", ZOMBIES)
    late = Story(*[ill] * 10, WELL, ill)
    assert not await_gone(TARGET, late, Gone(within_s=20, stays_s=5)).gone


def test_without_a_time_to_stay_one_look_is_enough(clock: PlayedTime) -> None:
    story = Story(WELL)
    assert await_gone(TARGET, story, Gone(within_s=1, stays_s=0)).gone
    assert story.looks == 1
