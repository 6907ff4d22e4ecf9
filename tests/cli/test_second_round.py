"""What the command makes of findings that need a cluster's word, without a cluster."""

from functools import partial

from nornir.core.inventory import Group, Groups, Host, Hosts, Inventory, ParentGroups

from nornir_hygiene.cli.formats import Format
from nornir_hygiene.cli.request import RunRequest
from nornir_hygiene.cli.watched import watched_behind
from nornir_hygiene.fleet.rounds import second_round
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.run import HostReport
from tests.cli.command import Home, closed_port
from tests.diagnose.clusters import THREE_WORKERS

HUNG = [HostReport(host=finding.host, findings=(finding,)) for finding in THREE_WORKERS]


REQUEST = RunRequest(
    task="audit",
    groups=(),
    hosts=(),
    filters=(),
    inventory=None,
    output=Format.TEXT,
    fail_on=Severity.WARNING,
    require_all=False,
    timeout_s=5.0,
    workers=4,
)


def inventory() -> Inventory:
    groups = Groups({"ceph": Group(name="ceph")})
    workers = {report.host: Host(name=report.host) for report in HUNG}
    ceph = Host(name="ceph-1", hostname="127.0.0.1", port=closed_port(), groups=ParentGroups([groups["ceph"]]))
    return Inventory(hosts=Hosts({**workers, "ceph-1": ceph}), groups=groups)


def test_a_cluster_that_refuses_is_a_reason_in_every_finding() -> None:
    found = second_round(inventory(), HUNG, partial(watched_behind, REQUEST))
    (cause,) = found.causes
    assert "ceph-1: connection-refused" in cause.vetoes[0]
    for before, after in zip(HUNG, found.hosts, strict=True):
        assert after.findings[0].fingerprint == before.findings[0].fingerprint
        assert "connection-refused" in after.findings[0].cause.missing


def test_without_a_second_round_nobody_is_asked_and_that_is_said() -> None:
    found = second_round(inventory(), HUNG, None)
    assert all("no host of its cluster was asked" in cause.missing for cause in found.causes)


def test_the_option_is_known_to_the_command(home: Home) -> None:
    folder = home.inventory(closed_port(), "w1")
    done = home.nr("run", "audit", "--inventory", str(folder), "--no-second-round", "-o", "json")
    assert done.returncode == 3, done.stderr
    assert '"causes": []' in done.stdout
