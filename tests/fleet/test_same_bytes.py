"""The same answers give the same bytes: diagnosis, correlation and JSON, whatever the hashes and the order."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from nornir_hygiene.fleet.audit import judged
from nornir_hygiene.fleet.replay import seen_in
from nornir_hygiene.models.run import AuditReport, Recording
from nornir_hygiene.models.settings import Thresholds
from nornir_hygiene.report.json import to_json
from tests.fleet.large import answer
from tests.fleet.retold import TAKEN

_ROOT = Path(__file__).parents[2]


def printed(hash_seed: str, order: int) -> bytes:
    command = [sys.executable, "-m", "tests.fleet.retold", str(order)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_hash_seeds_and_the_order_of_hosts_and_views_change_no_byte() -> None:
    outputs = [printed(seed, order) for seed, order in (("0", 0), ("1", 1), ("4242", 2))]
    assert len({hashlib.sha256(output).hexdigest() for output in outputs}) == 1
    report = AuditReport.model_validate_json(outputs[0])
    assert len({finding.kind for host in report.hosts for finding in host.findings}) > 15
    assert ("osd", True) in {(cause.sort, cause.established) for cause in report.causes}


def test_the_same_answer_gives_the_same_bytes() -> None:
    recording = Recording(
        host="h1", taken_at=TAKEN, nonce="0123456789abcdef", answer=answer("0123456789abcdef"), thresholds=Thresholds()
    )
    assert len({to_json(judged("h1", seen_in(recording))) for _ in range(5)}) == 1
