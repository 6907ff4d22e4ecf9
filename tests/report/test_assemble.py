import re
from datetime import UTC, datetime

from nornir_hygiene.report.assemble import new_run_id
from tests.report.samples import absent, clean, partial, report, sick


def test_every_host_counts_once_so_that_the_parts_add_up() -> None:
    half_sick = sick("b").model_copy(update={"complete": False})
    totals = report(clean(), sick("a"), half_sick, absent(), partial()).totals
    assert (totals.clean, totals.with_findings, totals.not_observed, totals.incomplete) == (1, 2, 1, 1)
    assert totals.selected == 5


def test_hosts_stand_in_the_order_of_their_names() -> None:
    assert [host.host for host in report(clean("c"), clean("a"), clean("b")).hosts] == ["a", "b", "c"]


def test_run_ids_sort_by_time_and_never_repeat() -> None:
    earlier, later = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 10, tzinfo=UTC)
    assert new_run_id(earlier) < new_run_id(later)
    assert new_run_id(later) != new_run_id(later)
    assert re.fullmatch(r"20260102T000000Z-[0-9a-f]{6}", new_run_id(earlier))
