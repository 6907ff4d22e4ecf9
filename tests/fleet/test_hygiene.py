"""What `nr report` gathers, told from stories, on SQLite and PostgreSQL."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

import tests.history.conftest as databases
from nornir_hygiene.fleet.hygiene import Span, hygiene_report
from nornir_hygiene.fleet.scope import Scope
from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.folder import runs_folder
from nornir_hygiene.history.runs import save_run
from nornir_hygiene.history.schedules import save_schedule
from nornir_hygiene.history.store import URL_VARIABLE, open_store
from nornir_hygiene.models.census import WaitCount
from nornir_hygiene.models.finding import Evidence, Fact, Finding, Severity
from nornir_hygiene.models.host import HostFacts
from nornir_hygiene.models.hygiene import HygieneReport, ImageSum, WaitShare
from nornir_hygiene.models.run import AuditReport, HostReport
from nornir_hygiene.models.suppression import Suppression
from nornir_hygiene.report.json import render
from tests.history.causes import OSD, hung, stopped_osd
from tests.history.journal_stories import run_of
from tests.history.schedules import schedule
from tests.history.stories import at, audit, census, finding, host, silent

# The same databases as the history's own tests have.
postgres, url, store = databases.postgres, databases.url, databases.store

WHOLE = Span(at(-1), at(200))
ALL = Scope(words="all hosts")


@pytest.fixture(autouse=True)
def _own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def kept(store: Engine, *reports: AuditReport) -> None:
    """As `nr run audit` keeps them."""
    for report in reports:
        save_run(report.run_id, render(report).encode("ascii"))
        assert keep_audit(store, report)


def story(store: Engine) -> None:
    """One OSD behind w1 and w2; w2 was well in between; w3 was repaired and came back; w4 went; w5 is silent."""
    both = (hung("w1"), hung("w2"))
    ill, gone = finding("w3"), finding("w4")
    kept(store, behind_osd(audit(0, *hosts(*both, ill, gone)), *both))
    kept(store, behind_osd(audit(30, *hosts(both[0], ill, gone), host("w2"), silent("w5")), both[0]))
    run_of(store, 40, {ill: "repaired"})
    kept(store, behind_osd(audit(60, *hosts(*both), host("w3"), host("w4"), silent("w5")), *both))
    kept(store, behind_osd(audit(90, *hosts(*both, ill), host("w4"), silent("w5")), *both))


def hosts(*found: Finding) -> tuple[HostReport, ...]:
    return tuple(host(one.host, one) for one in found)


def behind_osd(report: AuditReport, *found: Finding) -> AuditReport:
    return report.model_copy(update={"causes": (stopped_osd(found),)})


def test_an_empty_history_gives_a_report_of_zeros(store: Engine) -> None:
    made = hygiene_report(store, WHOLE, ALL)
    assert (made.made_at, made.since, made.scope) == (at(200), at(-1), "all hosts")
    assert (made.coverage.totals.selected, made.coverage.audits, made.coverage.last_at) == (0, 0, None)
    assert (made.hosts, made.findings, made.causes, made.moments, made.explanations) == ((), (), (), (), ())


def test_the_fleet_is_told_as_its_newest_audits_left_it(store: Engine) -> None:
    story(store)
    made = hygiene_report(store, WHOLE, ALL)
    assert [(one.host, one.outcome, one.findings, one.worst) for one in made.hosts] == [
        ("w1", "with_findings", 1, Severity.CRITICAL),
        ("w2", "with_findings", 1, Severity.CRITICAL),
        ("w3", "with_findings", 1, Severity.WARNING),
        ("w4", "clean", 0, None),
        ("w5", "not_observed", 0, None),
    ]
    assert (made.coverage.audits, made.coverage.reasons) == (4, (("deadline", 1),))
    assert [(one.at, one.critical, one.warning) for one in made.moments] == [
        (at(0), 2, 2),
        (at(30), 1, 2),
        (at(60), 2, 0),
        (at(90), 2, 1),
    ]
    assert [one.name for one in made.explanations] == ["rbd-io-hang"]


def test_findings_stand_worst_first_with_their_past_and_what_the_run_told(store: Engine) -> None:
    story(store)
    found = hygiene_report(store, Span(at(10), at(200)), ALL).findings
    assert [(one.kept.host, one.change, one.times_back, one.back_after) for one in found] == [
        ("w1", "still", 0, ""),
        ("w2", "still", 1, ""),
        ("w3", "still", 1, "restart-owner"),
        ("w4", "gone", 0, ""),
    ]
    assert [one.finding for one in found] == [hung("w1"), hung("w2"), finding("w3"), finding("w4")]


def test_a_cause_has_only_the_findings_that_are_there(store: Engine) -> None:
    story(store)
    kept(store, audit(120, host("w1")))
    (cause,) = hygiene_report(store, WHOLE, ALL).causes
    assert (cause.name, cause.hosts, cause.fingerprints) == (OSD, ("w2",), (hung("w2").fingerprint,))


def test_one_cause_told_by_audits_of_different_hosts_is_one(store: Engine) -> None:
    for minute, name in enumerate(("w1", "w2", "w3")):
        kept(store, behind_osd(audit(minute, host(name, hung(name))), hung(name)))
    (cause,) = hygiene_report(store, WHOLE, ALL).causes
    assert cause.hosts == ("w1", "w2", "w3")
    assert len(cause.fingerprints) == 3


def test_a_cause_nobody_tells_any_more_is_not_told(store: Engine) -> None:
    story(store)
    kept(store, audit(120, *hosts(hung("w1"), hung("w2"))))
    assert hygiene_report(store, WHOLE, ALL).causes == ()


def test_a_repair_and_what_came_back_after_it_are_told(store: Engine) -> None:
    story(store)
    (use,) = hygiene_report(store, WHOLE, ALL).runbooks
    assert (use.runbook, use.runs, use.repaired, use.came_back) == ("restart-owner", 1, 1, 1)


def test_a_group_is_told_alone_and_names_who_was_never_audited(store: Engine) -> None:
    story(store)
    names = frozenset({"w2", "w4", "w9"})
    made = hygiene_report(store, WHOLE, Scope(words="group db", hosts=names, expected=names))
    assert [one.host for one in made.hosts] == ["w2", "w4"]
    assert (made.coverage.never, made.coverage.totals.selected) == (("w9",), 2)
    assert {one.kept.host for one in made.findings} == {"w2", "w4"}
    assert [cause.hosts for cause in made.causes] == [("w2",)]
    assert (made.runbooks, {one.selected for one in made.moments}) == ((), {2})


def test_a_host_of_the_inventory_without_an_audit_in_the_span_keeps_what_it_had(store: Engine) -> None:
    kept(store, audit(0, host("w1", finding("w1")), host("w2", finding("w2"))), audit(60, host("w3")))
    made = hygiene_report(store, Span(at(30), at(90)), Scope(words="all hosts", expected=frozenset({"w1"})))
    assert (made.coverage.never, [one.host for one in made.hosts]) == (("w1",), ["w3"])
    assert [(one.kept.host, one.change) for one in made.findings] == [("w1", "still")]


def test_without_its_run_file_a_finding_is_told_in_the_words_of_the_history(store: Engine) -> None:
    story(store)
    for path in runs_folder().glob("*.json"):
        path.unlink()
    made = hygiene_report(store, WHOLE, ALL)
    assert [one.finding for one in made.findings] == [None] * 4
    assert made.findings[0].kept.summary == "tasks wait for rbd3"
    assert (made.causes, made.waits, made.images) == ((), (), ())


@pytest.mark.parametrize("content", [b"", b"{", b'{"schema_version": 9}', b"\xff\xfe"])
def test_a_broken_run_file_costs_only_what_it_told(store: Engine, content: bytes) -> None:
    kept(store, audit(0, host("w1", finding("w1"))), audit(30, host("w2", finding("w2"))))
    (runs_folder() / f"{audit(30).run_id}.json").write_bytes(content)
    found = hygiene_report(store, WHOLE, ALL).findings
    assert [(one.kept.host, one.finding is None) for one in found] == [("w1", False), ("w2", True)]


def test_a_run_that_calls_itself_a_path_reads_no_other_file(store: Engine, tmp_path: Path) -> None:
    climbing = audit(0, host("w1", finding("w1"))).model_copy(update={"run_id": "../secret"})
    keep_audit(store, climbing)
    runs_folder().mkdir(parents=True)
    (runs_folder().parent / "secret.json").write_bytes(render(climbing).encode())
    (found,) = hygiene_report(store, WHOLE, ALL).findings
    assert found.finding is None


def test_only_the_newest_files_are_read_whatever_the_month_was(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from nornir_hygiene.history import evidence

    for minute in range(100):
        kept(store, audit(minute, host("w1", finding("w1")), host("w2")))
    read: list[Path] = []
    parse = evidence._report

    def told(path: Path) -> AuditReport | None:
        read.append(path)
        return parse(path)

    monkeypatch.setattr(evidence, "_report", told)
    assert hygiene_report(store, WHOLE, ALL).findings[0].finding == finding("w1")
    assert [path.stem for path in read] == [audit(99).run_id]


def test_what_is_suppressed_today_counts_last_and_an_expired_one_is_told(store: Engine) -> None:
    story(store)
    words = {"kind": "rbd-io-hang", "reason": "new disks", "owner": "storage"}
    now = Suppression.model_validate({**words, "group": "db", "expires": at(300).isoformat(), "where": "s.yaml:1"})
    over = Suppression.model_validate({**words, "host": "w2", "expires": at(10).isoformat()})
    scope = Scope(words="all hosts", groups={"w1": frozenset({"db"}), "w2": frozenset({"web"})})
    made = hygiene_report(store, WHOLE, scope, (now, over))
    assert [(one.kept.host, one.suppressed is not None) for one in made.findings] == [
        ("w2", False),
        ("w3", False),
        ("w1", True),
        ("w4", False),
    ]
    assert made.findings[2].finding is not None
    assert made.findings[2].finding.suppressed == made.findings[2].suppressed
    assert [one.what for one in made.expired] == ["rbd-io-hang on w2"]


def test_images_and_waits_are_told_from_the_newest_run(store: Engine) -> None:
    image = Evidence(facts=(Fact(name="rbd image", value="kube/csi-1"),))
    nameless = Evidence(facts=(Fact(name="rbd image", value="?/?"),))
    found = [finding(name).model_copy(update={"evidence": image}) for name in ("w1", "w2")]
    lost = finding("w2", "rbd9").model_copy(update={"evidence": nameless})
    kept(
        store,
        audit(0, loaded("w1", 3, WaitCount(wait="nfs-wait", tasks=7)), loaded("w9", 50)),
        audit(
            30,
            loaded("w1", 3, WaitCount(wait="io", tasks=2), found=(found[0],)),
            loaded("w2", 5, WaitCount(wait="io", tasks=1), WaitCount(wait="fuse", tasks=9), found=(found[1], lost)),
            loaded("w3", 5, kernel="w2"),
            loaded("w9", 1),
        ),
    )
    made = hygiene_report(store, WHOLE, ALL)
    assert made.images == (ImageSum(image="kube/csi-1", hosts=2, findings=2),)
    # w2 and w3 share a kernel, which tells its runners once; the reader of the figure is none of them.
    assert made.waits == (
        WaitShare(wait="running", tasks=6, hosts=3),
        WaitShare(wait="fuse", tasks=9, hosts=1),
        WaitShare(wait="io", tasks=3, hosts=2),
    )


def loaded(name: str, running: int, *waits: WaitCount, kernel: str = "", found: tuple[Finding, ...] = ()) -> HostReport:
    facts = HostFacts(boot_id=kernel or name, kernel="6.1", hostname=name, uptime_s=9, tasks_running=running)
    counts = census().model_copy(update={"waits": waits})
    return host(name, *found, counts=counts).model_copy(update={"facts": facts})


def test_both_databases_give_the_same_report(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[HygieneReport] = []
    for place in (f"sqlite:///{tmp_path}/one.sqlite", postgres):
        monkeypatch.setenv(URL_VARIABLE, place)
        engine = open_store()
        try:
            story(engine)
            made.append(hygiene_report(engine, WHOLE, Scope(words="all hosts", expected=frozenset({"w9", "w1"}))))
        finally:
            engine.dispose()
    assert made[0] == made[1]
    assert made[0].findings


def test_hosts_are_found_by_the_names_they_are_stored_under(store: Engine) -> None:
    name = "w\x00"
    kept(store, audit(0, host(name, finding(name))))
    scope = Scope(words="one", hosts=frozenset({name}), expected=frozenset({name, "w2"}))
    made = hygiene_report(store, Span(at(0) - timedelta(minutes=1), at(10)), scope)
    assert (made.coverage.never, made.coverage.audits, len(made.hosts)) == (("w2",), 1, 1)
    assert made.findings[0].finding is not None


def test_runs_are_missed_only_by_schedules_of_these_hosts(store: Engine) -> None:
    for name, groups_of, hosts_of in (
        ("all", (), ()),
        ("web", ("web",), ()),
        ("db", ("db",), ()),
        ("w1", (), ("w1",)),
        ("w9", (), ("w9",)),
    ):
        save_schedule(schedule(name=name, selection=name, groups=groups_of, hosts=hosts_of))

    def missed(scope: Scope) -> set[str]:
        return {one.schedule for one in hygiene_report(store, WHOLE, scope).coverage.missed}

    groups = {"w1": frozenset({"web"}), "w2": frozenset({"web"}), "w9": frozenset({"db"})}
    assert missed(ALL) == {"all", "web", "db", "w1", "w9"}
    assert missed(Scope(words="web", hosts=frozenset({"w1", "w2"}), groups=groups)) == {"all", "web", "w1"}
    assert missed(Scope(words="w2", hosts=frozenset({"w2"}), groups=groups)) == {"all", "web"}
    # Without an inventory nobody knows who is in which group.
    assert missed(Scope(words="w2", hosts=frozenset({"w2"}))) == {"all", "web", "db"}
