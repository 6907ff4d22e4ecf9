"""Prints the whole report of recorded answers, put in in an order drawn from the first argument.

A program of its own, because the order of sets and of hashes is fixed when Python starts (PYTHONHASHSEED).
"""

import random
import sys
from datetime import UTC, datetime

from nornir_hygiene.collect.cluster import read_cluster_answer
from nornir_hygiene.fleet.audit import judged
from nornir_hygiene.fleet.causes import causes_of, explained
from nornir_hygiene.fleet.replay import seen_in
from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.cluster import ClusterView
from nornir_hygiene.models.run import HostReport, Recording
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.report import json
from nornir_hygiene.report.assemble import RunFrame, assemble
from tests.diagnose.clusters import CASES, HOSTS, NONCE
from tests.diagnose.rhel.made import base_text, faults

TAKEN = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
_CLIENT_OF = "ac8270dd-04cb-4130-beab-ab95e0180985"


def report_of(fault: str, number: int, fsid: str) -> HostReport:
    """One host per fault; kernel clients of Ceph are clients of the recorded cluster."""
    text = base_text(fault).replace(_CLIENT_OF, fsid).replace("pvc-g48", "kube-a1")
    answer = Answer(stdout=text.encode(), exit_status=0)
    thresholds = Thresholds(blocked_warning_s=3, zombie_warning_s=3, settled_s=3)
    recording = Recording(host=f"host-{number:02}", taken_at=TAKEN, nonce=NONCE, answer=answer, thresholds=thresholds)
    return judged(recording.host, seen_in(recording))


def views() -> list[ClusterView]:
    """A cluster in which osd.1 is stuck."""
    answers = {host: Answer(stdout=(CASES / f"stuck.{host}.bin").read_bytes()) for host in HOSTS}
    return [read_cluster_answer(answer, NONCE, host, 5.0, TAKEN) for host, answer in answers.items()]


def told(order: int) -> str:
    """The JSON of the whole run; `order` shuffles what comes in."""
    draw = random.Random(order)
    asked = views()
    fsid = asked[0].fsid
    reports = [report_of(fault, number, fsid) for number, fault in enumerate(faults())]
    draw.shuffle(reports)
    draw.shuffle(asked)
    causes = causes_of(reports, asked)
    frame = RunFrame(run_id="20261121T233000Z-000000", started_at=TAKEN, selection="recorded")
    return json.render(assemble(frame, explained(reports, causes), TAKEN, interrupted=False, causes=causes))


if __name__ == "__main__":
    sys.stdout.write(told(int(sys.argv[1])))
