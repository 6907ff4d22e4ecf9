"""Each guard refuses what it is there for, and lets its healthy twin pass."""

import pytest

from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.models.runbook import Runbook
from nornir_hygiene.remediate.case import Case, cases
from nornir_hygiene.remediate.guards import ALWAYS, GUARDS, refusals, unhealthy
from tests.diagnose.clusters import changed, recorded
from tests.remediate.problems import (
    FROZEN,
    FROZEN_SOMEWHERE,
    FULL,
    FULL_POD,
    HANGS_ON_RBD,
    ZOMBIES,
    absent,
    audit,
    runbook,
    seen,
    the_case,
)

OSD = runbook("restart-ceph-osd")


def because(case: Case, book: Runbook) -> dict[str, str]:
    return {refusal.guard: refusal.why for refusal in refusals(case, book)}


def osd_case(state: str = "stuck", **update: object) -> Case:
    report = audit(seen("worker-1", HANGS_ON_RBD), views=changed(recorded(state), **update))
    return cases(OSD, report)[0]


def within(case: Case, report: AuditReport) -> Case:
    """The same case, if this had been seen of the hosts."""
    return Case(report, case.findings, case.cause, case.host, case.admin)


@pytest.mark.parametrize(("book", "text"), [("reap-zombies", ZOMBIES), ("thaw", FROZEN), ("raise-pids-limit", FULL)])
def test_nothing_speaks_against_the_cases_a_runbook_is_made_for(book: str, text: str) -> None:
    assert because(the_case(book, text), runbook(book)) == {}


def test_nothing_speaks_against_one_osd_that_is_stuck_by_all_accounts() -> None:
    assert because(osd_case(), OSD) == {}


def test_nothing_is_done_about_what_was_not_seen_or_by_halves() -> None:
    case = the_case("reap-zombies", ZOMBIES)
    halves = seen("host-1", ZOMBIES).model_copy(update={"complete": False})
    for report, why in (
        (audit(absent("host-1")), "host-1 was not observed"),
        (audit(seen("host-2")), "host-1 was not observed"),
        (audit(halves), "host-1 was seen by halves only"),
    ):
        assert because(within(case, report), runbook("reap-zombies")) == {"observed": why}


def test_a_cause_that_lives_nowhere_is_not_acted_on() -> None:
    case = osd_case()
    lost = Case(case.report, case.findings, case.cause, "", case.admin)
    assert because(lost, OSD) == {"place-known": "nobody knows which host the cause lives on"}


def test_steps_for_the_cluster_need_a_host_that_reaches_it() -> None:
    case = osd_case()
    unreached = Case(case.report, case.findings, case.cause, case.host, "")
    assert because(unreached, OSD) == {"place-known": "no host of the cluster reached its monitors"}
    only_on_it = OSD.model_copy(update={"rungs": OSD.rungs[:1]})
    assert because(unreached, only_on_it) == {}


def test_a_cause_on_a_guess_is_not_acted_on() -> None:
    assert "the monitors gave no answer" in because(osd_case("mon-stopped"), OSD)["cause-established"]


def test_a_finding_on_a_guess_is_only_acted_on_where_the_runbook_does_not_mind() -> None:
    case = the_case("thaw", FROZEN_SOMEWHERE)
    assert "which filesystem" in because(case, runbook("thaw"))["cause-established"]
    assert because(case, runbook("collect-evidence")) == {}


def test_two_culprits_are_both_left_alone() -> None:
    case = osd_case()
    assert case.cause
    other = case.cause.model_copy(update={"name": "ceph-osd osd.2 on ceph-3"})
    pool = other.model_copy(update={"sort": "pool"})
    two = case.report.model_copy(update={"causes": (case.cause, other)})
    assert because(within(case, two), OSD) == {
        "one-culprit": "there is more than one culprit: ceph-osd osd.2 on ceph-3"
    }
    apart = case.report.model_copy(update={"causes": (case.cause, pool)})
    assert because(within(case, apart), OSD) == {}


def test_what_lives_in_a_container_is_its_controllers_to_do_where_the_runbook_says_so() -> None:
    case = the_case("raise-pids-limit", FULL_POD)
    assert "that is its controller's to do" in because(case, runbook("raise-pids-limit"))["not-in-a-container"]
    without = runbook("raise-pids-limit").model_copy(update={"guards": ()})
    assert because(case, without) == {}


def test_those_that_always_hold_are_guards() -> None:
    assert set(ALWAYS) < set(GUARDS)


@pytest.mark.parametrize(("ill", "refused"), [(1, False), (2, False), (3, True), (4, True)])
def test_where_most_hosts_are_unhealthy_a_person_looks_first(ill: int, refused: bool) -> None:
    """A host that is not observed is not healthy; findings that are no more than a warning do not count."""
    critical = seen("host-0", FROZEN.replace("age=45", "age=4500"))
    assert critical.findings[0].severity == "critical"
    sick = [critical, absent("host-1"), absent("host-2"), absent("host-3")][:ill]
    report = audit(*sick, *(seen(f"host-{number}", ZOMBIES) for number in range(ill, 4)))
    refusal = unhealthy(report, runbook("thaw"))
    assert (refusal is not None) == refused
    if refusal:
        assert refusal.why == f"{ill} of 4 hosts are unhealthy, more than 50 %: a person looks first"


def test_what_is_safe_or_heals_them_all_is_not_held_back_by_their_number() -> None:
    report = audit(*(absent(f"host-{number}") for number in range(4)))
    for name in ("resume-stopped", "restart-ceph-osd", "collect-evidence"):
        assert unhealthy(report, runbook(name)) is None
    assert unhealthy(audit(), runbook("thaw")) is None
    # Whoever asks for one host asks for the one that is ill.
    assert unhealthy(audit(seen("host-0", FROZEN.replace("age=45", "age=4500"))), runbook("thaw")) is None
