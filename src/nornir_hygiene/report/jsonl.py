"""AuditReport -> JSON lines: one HostReport per line, then one line with everything but the hosts."""

from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.report.json import dumps, to_json


def render(report: AuditReport) -> str:
    """Each line is one JSON object; only the last has the key `totals`."""
    lines = [to_json(host) for host in report.hosts]
    lines.append(dumps(report.model_dump(mode="json", exclude={"hosts"})))
    return "\n".join(lines) + "\n"
