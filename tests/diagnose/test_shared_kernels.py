"""A kernel in common is a hint where the rest of the fleet speaks for it, and nothing elsewhere."""

from nornir_hygiene.diagnose.shared_kernels import shared_kernels
from nornir_hygiene.fleet.causes import causes_of, explained
from nornir_hygiene.models.finding import Cause
from nornir_hygiene.models.host import HostFacts, NotObserved
from nornir_hygiene.models.run import HostReport
from tests.diagnose.clusters import hung

OLD, NEW = "6.1.0-18-amd64", "6.1.0-40-amd64"


def fleet(*, sick_old: int = 0, sick_new: int = 0, healthy_old: int = 0, healthy_new: int = 0) -> list[HostReport]:
    counts = {(OLD, True): sick_old, (NEW, True): sick_new, (OLD, False): healthy_old, (NEW, False): healthy_new}
    return [
        report(f"w{number}-{i}", *sort) for number, (sort, count) in enumerate(counts.items()) for i in range(count)
    ]


def report(host: str, kernel: str, sick: bool) -> HostReport:
    facts = HostFacts(boot_id=host, kernel=kernel, hostname=host, uptime_s=9)
    return HostReport(host=host, facts=facts, findings=(hung(host, kind="blocked-task"),) if sick else ())


def test_what_only_one_kernel_has_is_told_with_the_numbers_for_and_against() -> None:
    (hint,) = shared_kernels(fleet(sick_old=4, healthy_old=1, healthy_new=5))
    assert (hint.sort, hint.name, hint.established) == ("kernel", f"kernel {OLD}", False)
    assert "blocked-task on 4 hosts, all with this kernel; on none of 5 hosts with another" in hint.because
    assert "(1 with this kernel are free of it)" in hint.because
    assert len(hint.hosts) == len(hint.fingerprints) == 4


def test_no_hint_where_the_numbers_do_not_speak() -> None:
    for spared in (
        fleet(sick_old=4),  # the whole fleet runs it
        fleet(sick_old=2, healthy_new=9),  # two are an accident
        fleet(sick_old=4, healthy_new=2),  # too few others
        fleet(sick_old=4, sick_new=1, healthy_new=9),  # the other kernel has it, too
        fleet(sick_old=3, healthy_old=3, healthy_new=9),  # as many with this kernel are well
    ):
        assert shared_kernels(spared) == []


def test_what_has_a_known_cause_and_who_was_not_seen_count_for_nothing() -> None:
    known = hung("w", kind="blocked-task", cause=Cause(name="x", established=True, because="y"))
    reports = [one.model_copy(update={"findings": (known,) * len(one.findings)}) for one in fleet(sick_old=4)]
    assert shared_kernels([*reports, *fleet(healthy_new=5)]) == []
    away = NotObserved(reason="no-route", phase="connect", detail="no route")
    absent = [HostReport(host=f"away-{i}", not_observed=away) for i in range(9)]
    assert shared_kernels([*fleet(sick_old=4), *absent]) == []


def test_a_hint_changes_no_finding() -> None:
    reports = fleet(sick_old=4, healthy_new=5)
    causes = causes_of(reports, ())
    assert [cause.sort for cause in causes if cause.sort == "kernel"] == ["kernel"]
    assert explained(reports, [cause for cause in causes if cause.sort == "kernel"]) == tuple(reports)
