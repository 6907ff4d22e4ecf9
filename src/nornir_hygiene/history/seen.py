"""One observed host of one audit, on its way into the history."""

from datetime import datetime
from typing import NamedTuple

from nornir_hygiene.models.run import HostReport


class Seen(NamedTuple):
    """`whole`: it was seen to the end, and no later audit has been kept of it: what is missing there is gone."""

    host_id: int
    at: datetime
    report: HostReport
    whole: bool

    @property
    def gaps(self) -> frozenset[str]:
        """The sections that could not be seen."""
        return frozenset(gap.section for gap in self.report.gaps)
