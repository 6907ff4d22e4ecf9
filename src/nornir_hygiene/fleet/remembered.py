"""An audit together with what earlier ones counted: the history is read, and growth becomes findings."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Engine

from nornir_hygiene.diagnose.growth import Growing, with_growth
from nornir_hygiene.history.series import growing_with
from nornir_hygiene.history.tables import storable
from nornir_hygiene.models.past import Trend
from nornir_hygiene.models.run import HostReport
from nornir_hygiene.models.settings import Thresholds


def remembered(
    reports: Iterable[HostReport], engine: Engine, at: datetime, thresholds_of: Callable[[str], Thresholds]
) -> tuple[HostReport, ...]:
    """Copies of the reports of an audit that began `at`. Who was not seen whole keeps what it has.

    Reads only. Raises SQLAlchemyError.
    """
    known = tuple(reports)
    counted = {one.host: one.census for one in known if one.census and one.complete and not one.not_observed}
    by_host: dict[str, list[Trend]] = defaultdict(list)
    for trend in growing_with(engine, counted, at):
        by_host[trend.host].append(trend)
    return tuple(
        with_growth(Growing(one, tuple(trends), thresholds_of(one.host), at))
        if one.host in counted and (trends := by_host.get(storable(one.host), []))
        else one
        for one in known
    )
