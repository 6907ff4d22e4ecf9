"""What a runbook may take from a finding, taken from findings the real diagnosis made."""

import pytest
from pydantic import TypeAdapter

from nornir_hygiene.models.plan import Argument
from nornir_hygiene.models.process import ProcessIdentity
from nornir_hygiene.remediate.case import Case, cases
from nornir_hygiene.remediate.values import VALUES, is_name
from tests.diagnose.clusters import recorded
from tests.remediate.problems import (
    FROZEN,
    FROZEN_CGROUP,
    FROZEN_CGROUP_V1,
    FULL,
    FUSE,
    HANGS_ON_RBD,
    STOPPED,
    TWO_DAEMONS,
    ZOMBIES,
    audit,
    runbook,
    seen,
    the_case,
)

ORPHANS = "600 1 Ss kuryr-daemon do_epoll_wait looked cg=/system.slice/kuryr.service\n" + "\n".join(
    f"{pid} 1 S kuryr-worker pipe_read sid=650 cg=/system.slice/kuryr.service" for pid in range(701, 707)
)
# All below the age at which zombies are a finding of their own.
FULL_OF_ZOMBIES = "600 1 Ss app pipe_read looked cg=/system.slice/app.service\n" + "\n".join(
    ["pids /system.slice/app.service 20 20 refused=7", *(f"{pid} 600 Z app - age=1" for pid in range(701, 720))]
)


def process(pid: int) -> ProcessIdentity:
    return ProcessIdentity(boot_id="b0071d", pid=pid, start_ticks=pid * 10)


TOLD: list[tuple[str, str, str, Argument | None]] = [
    ("finding.process", "resume-stopped", STOPPED, process(500)),
    ("finding.parent", "reap-zombies", ZOMBIES, process(700)),
    ("finding.parent", "resume-stopped", STOPPED, None),
    ("finding.daemon", "restart-fuse-daemon", FUSE, process(400)),
    ("finding.daemon", "restart-fuse-daemon", TWO_DAEMONS, None),
    ("finding.tracer", "restart-fuse-daemon", FUSE, None),
    ("finding.owned", "restart-owner", ZOMBIES, process(700)),
    ("finding.owned", "restart-owner", ORPHANS, process(701)),
    ("finding.owned", "restart-owner", FULL_OF_ZOMBIES, process(600)),
    ("finding.owned", "restart-owner", FULL, None),
    ("finding.orphans", "terminate-orphans", ORPHANS, None),
    ("finding.orphans", "thaw", FROZEN, None),
    ("finding.service", "terminate-orphans", ORPHANS, "kuryr.service"),
    ("finding.service", "terminate-orphans", ORPHANS.replace("system.slice/kuryr.service", "own"), None),
    ("finding.service", "raise-pids-limit", FULL, None),
    ("finding.mountpoint", "thaw", FROZEN, "/mnt/x"),
    ("finding.mountpoint", "thaw-cgroup", FROZEN_CGROUP, None),
    ("finding.cgroup", "thaw-cgroup", FROZEN_CGROUP, "/app.slice"),
    ("finding.cgroup", "thaw", FROZEN, None),
    ("finding.hierarchy", "thaw-cgroup", FROZEN_CGROUP, "2"),
    ("finding.hierarchy", "thaw-cgroup", FROZEN_CGROUP_V1, "1"),
    ("finding.hierarchy", "thaw", FROZEN, None),
    ("finding.pids-limit", "raise-pids-limit", FULL, 100),
    ("finding.pids-limit", "thaw", FROZEN, None),
    ("cause.osd", "thaw", FROZEN, None),
]


@pytest.mark.parametrize(("name", "book", "text", "value"), TOLD)
def test_a_value_is_what_the_finding_tells_or_nothing(name: str, book: str, text: str, value: Argument | None) -> None:
    assert VALUES[name].take(the_case(book, text)) == value


def test_every_value_is_of_its_sort_where_it_is_told() -> None:
    told = [(VALUES[name].sort, value) for name, *_, value in TOLD if value is not None]
    adapters = ((TypeAdapter[Argument](sort), value) for sort, value in told)
    assert all(adapter.validate_python(value, strict=True) == value for adapter, value in adapters)


def test_a_cause_tells_its_osd() -> None:
    (case,) = cases(runbook("restart-ceph-osd"), audit(seen("worker-1", HANGS_ON_RBD), views=recorded("stopped")))
    assert VALUES["cause.osd"].take(case) == 1


def test_of_two_parents_nobody_knows_which_is_meant() -> None:
    both = ZOMBIES + ZOMBIES.replace("70", "80")
    report = audit(seen("host-1", both))
    first, second = cases(runbook("reap-zombies"), report)
    assert {VALUES["finding.parent"].take(case) for case in (first, second)} == {process(700), process(800)}
    together = Case(report, (*first.findings, *second.findings), None, "host-1")
    assert VALUES["finding.parent"].take(together) is None


def test_a_process_whose_start_was_not_seen_is_never_acted_on() -> None:
    unknown = ZOMBIES.replace("looked sigcgt=0", "looked sigcgt=0 start=?")
    assert VALUES["finding.parent"].take(the_case("reap-zombies", unknown)) is None


def test_only_dotted_names_are_names() -> None:
    assert [is_name(given) for given in ("finding.x", "cause.x", "CHLD", "finding", 7)] == [True, True, *[False] * 3]
