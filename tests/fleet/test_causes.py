"""The second round: whom it asks, what it costs, and what it leaves as it was."""

import time
from pathlib import Path
from typing import Any

from nornir.core.inventory import Group, Groups, Host, Hosts, Inventory, ParentGroups

from nornir_hygiene.fleet.causes import ask_cluster, causes_of, explained, hosts_to_ask
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import HostReport
from tests.cli.command import silent_port
from tests.diagnose.clusters import THREE_WORKERS, hung, recorded
from tests.fleet.loopback import Sshd


def inventory(ceph: dict[str, Host], **worker_data: Any) -> Inventory:
    groups = Groups({name: Group(name=name) for name in ("workers", "ceph", "other")})
    workers = {
        finding.host: Host(
            name=finding.host,
            hostname="127.0.0.1",
            groups=ParentGroups([groups["workers"]]),
            data={"nornir_hygiene": worker_data} if worker_data else {},
        )
        for finding in THREE_WORKERS
    }
    for host in ceph.values():
        host.groups = ParentGroups([groups["ceph"]])
    return Inventory(hosts=Hosts({**workers, **ceph}), groups=groups)


def ceph_host(name: str, port: int = 1, data: dict[str, Any] | None = None) -> Host:
    return Host(name=name, hostname="127.0.0.1", port=port, data=data or {})


HUNG = tuple(HostReport(host=finding.host, findings=(finding,)) for finding in THREE_WORKERS)
CEPH = {name: ceph_host(name) for name in ("ceph-1", "ceph-2")}


def test_the_clusters_hosts_are_asked_also_when_they_were_not_selected() -> None:
    assert hosts_to_ask(inventory(CEPH), HUNG) == ("ceph-1", "ceph-2")


def test_nobody_is_asked_when_no_finding_needs_it() -> None:
    clean = [HostReport(host=report.host) for report in HUNG]
    known = hung(cause=HUNG[0].findings[0].cause.model_copy(update={"established": True}))
    other = hung(kind="zombie-parent-not-waiting", evidence=known.evidence.model_copy(update={"facts": ()}))
    for reports in (clean, [HostReport(host="worker-1", findings=(known,))], [HostReport(host="w", findings=(other,))]):
        assert hosts_to_ask(inventory(CEPH), reports) == ()


def test_the_hung_host_names_its_clusters_group() -> None:
    assert hosts_to_ask(inventory(CEPH, cluster_group="other"), HUNG) == ()
    assert hosts_to_ask(inventory(CEPH, cluster_group="nowhere"), HUNG) == ()
    assert hosts_to_ask(inventory({}), HUNG) == ()


def test_a_host_that_hangs_costs_its_own_deadline_and_one_that_was_gone_costs_nothing() -> None:
    gone = NotObserved(reason="no-route", phase="connect", detail="no route")
    with silent_port() as port:
        whole = inventory({"ceph-1": ceph_host("ceph-1", port), "ceph-2": ceph_host("ceph-2", port)})
        begun = time.monotonic()
        reports = [*HUNG, HostReport(host="ceph-2", not_observed=gone)]
        views = ask_cluster(whole, ("ceph-1", "ceph-2"), reports, DeadlineRunner(4, timeout_s=4.0))
    assert time.monotonic() - begun < 20
    assert {view.host: view.not_observed.reason for view in views if view.not_observed} == {
        "ceph-1": "silent-listener",
        "ceph-2": "no-route",
    }
    (cause,) = causes_of(reports, views)
    assert not cause.established
    assert "ceph-1: silent-listener" in cause.vetoes[0]
    assert "ceph-2: no-route" in cause.vetoes[0]


def test_over_a_real_login_the_second_question_is_answered(sshd: Sshd, tmp_path: Path) -> None:
    settings = sshd.settings().model_dump(
        mode="json", include={"known_hosts", "identity_file", "ssh_config", "use_agent"}
    )
    host = ceph_host("ceph-1", sshd.port, {"nornir_hygiene": settings})
    host.username = sshd.host().username
    (view,) = ask_cluster(inventory({"ceph-1": host}), ("ceph-1",), HUNG, DeadlineRunner(4, timeout_s=20.0))
    assert view.not_observed is None, view.not_observed
    assert view.complete
    assert view.hostname
    assert view.answered or view.why_not


def test_findings_name_the_cause_and_keep_their_fingerprints() -> None:
    causes = causes_of(HUNG, recorded("stuck"))
    after = explained(HUNG, causes)
    for before, report in zip(HUNG, after, strict=True):
        (old,), (new,) = before.findings, report.findings
        assert (new.fingerprint, new.subject, new.evidence) == (old.fingerprint, old.subject, old.evidence)
        assert (new.cause.name, new.cause.established) == ("ceph-osd osd.1 on ceph-2", True)
        assert old.cause.name in new.cause.because
        assert new.restores.startswith("Restart osd.1 on ceph-2")


def test_a_cause_that_is_not_established_only_says_why() -> None:
    causes = causes_of(HUNG, recorded("two-stopped"))
    for before, report in zip(HUNG, explained(HUNG, causes), strict=True):
        (old,), (new,) = before.findings, report.findings
        assert (new.cause.name, new.cause.established, new.restores) == (old.cause.name, False, old.restores)
        assert "suspect network or mon" in new.cause.missing


def test_reports_without_a_cause_are_the_same_objects() -> None:
    clean = HostReport(host="calm-1")
    assert explained([clean], causes_of(HUNG, recorded("stuck")))[0] is clean
