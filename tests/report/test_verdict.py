import pytest

from nornir_hygiene.errors import ExitCode
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.run import HostReport
from nornir_hygiene.report.verdict import verdict
from tests.report.samples import absent, cannot_fork, clean, partial, report, sick

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL

TABLE: list[tuple[list[HostReport], Severity, bool, int]] = [
    ([], WARNING, False, 0),
    ([clean()], WARNING, False, 0),
    ([partial()], WARNING, True, 0),
    ([sick(severity=INFO)], WARNING, False, 0),
    ([sick(severity=INFO)], INFO, False, 1),
    ([sick(severity=WARNING)], WARNING, False, 1),
    ([sick(severity=WARNING)], CRITICAL, False, 0),
    ([sick()], CRITICAL, False, 1),
    ([absent()], WARNING, False, 3),
    ([absent()], WARNING, True, 3),
    ([absent(), sick()], WARNING, False, 1),
    ([absent(), sick()], WARNING, True, 3),
    ([absent(), sick(severity=WARNING)], CRITICAL, False, 3),
    ([clean(), sick()], WARNING, True, 1),
    ([cannot_fork()], WARNING, False, 1),
    ([cannot_fork()], CRITICAL, False, 1),
    ([cannot_fork()], WARNING, True, 3),
]


@pytest.mark.parametrize(("hosts", "fail_on", "require_all", "code"), TABLE)
def test_the_exit_code_follows_from_the_report_alone(
    hosts: list[HostReport], fail_on: Severity, require_all: bool, code: int
) -> None:
    assert verdict(report(*hosts), fail_on, require_all=require_all) == code


@pytest.mark.parametrize("require_all", [True, False])
def test_an_interrupted_run_is_130_whatever_was_found(require_all: bool) -> None:
    interrupted = report(sick(), absent(), interrupted=True)
    assert verdict(interrupted, WARNING, require_all=require_all) == ExitCode.INTERRUPTED
