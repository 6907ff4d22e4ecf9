"""A project with receivers, and audits kept where its `nr` reads them."""

import sqlite3
import subprocess
from collections.abc import Callable

from nornir_hygiene.history.audits import keep_audit
from nornir_hygiene.history.runs import save_run
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.report import json as report_json
from tests.cli.command import Home

Done = subprocess.CompletedProcess[str]
Nr = Callable[..., Done]
FILE = """\
receivers:
  - name: storage
    url: {env: NR_STORAGE}
    from_severity: warning
    at_most_every: 1h
"""


def receivers(home: Home, text: str) -> None:
    (home.project / "notification.yaml").write_text(text)


def seen(*reports: AuditReport) -> None:
    """As `nr run audit` keeps them."""
    for report in reports:
        save_run(report.run_id, report_json.render(report).encode("ascii"))
        store = open_store()
        keep_audit(store, report)
        store.dispose()


def an_hour_later(home: Home) -> None:
    """What was told is older; the clock itself cannot be turned."""
    with sqlite3.connect(home.folder / "data/nornir-hygiene/history.sqlite") as connection:
        connection.execute("UPDATE notices SET told_at = datetime(told_at, '-61 minutes')")
    connection.close()
