"""The second round of a recording asks whom an audit asks, and keeps what came as it came."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nornir_hygiene.fleet.causes import ask_cluster, causes_of, view_of
from nornir_hygiene.fleet.cluster_recordings import judged_recording, record_cluster
from nornir_hygiene.fleet.runner import DeadlineRunner
from nornir_hygiene.models.host import NotObserved
from nornir_hygiene.models.run import ClusterRecording, HostReport
from tests.cli.command import closed_port
from tests.fleet.loopback import Sshd
from tests.fleet.test_causes import HUNG, ceph_host, inventory
from tests.fleet.test_replay import hung_worker


def test_the_answer_over_a_real_login_is_kept_as_bytes_and_read_the_same_again(sshd: Sshd, tmp_path: Path) -> None:
    settings = sshd.settings().model_dump(
        mode="json", include={"known_hosts", "identity_file", "ssh_config", "use_agent"}
    )
    host = ceph_host("ceph-1", sshd.port, {"nornir_hygiene": settings})
    host.username = sshd.host().username
    (recorded,) = record_cluster(inventory({"ceph-1": host}), ("ceph-1",), HUNG, DeadlineRunner(4, timeout_s=20.0))
    assert recorded.answer is not None, recorded.not_observed
    assert recorded.answer.stdout.startswith(f"@{recorded.nonce} begin".encode())
    again = ClusterRecording.model_validate_json(recorded.model_dump_json())
    assert view_of(again) == view_of(recorded)
    assert view_of(again).hostname


def test_a_host_that_refuses_is_kept_with_its_reason() -> None:
    whole = inventory({"ceph-1": ceph_host("ceph-1", closed_port()), "ceph-2": ceph_host("ceph-2", closed_port())})
    gone = HostReport(host="ceph-2", not_observed=NotObserved(reason="no-route", phase="connect", detail="no route"))
    recorded = record_cluster(whole, ("ceph-1", "ceph-2"), [*HUNG, gone], DeadlineRunner(4, timeout_s=5.0))
    reasons = {one.host: one.not_observed.reason for one in recorded if one.not_observed}
    assert reasons == {"ceph-1": "connection-refused", "ceph-2": "no-route"}
    asked = ask_cluster(whole, ("ceph-1", "ceph-2"), [*HUNG, gone], DeadlineRunner(4, timeout_s=5.0))
    told = [causes_of(HUNG, views)[0].why_not for views in (asked, map(view_of, recorded))]
    assert told[0] == told[1]


def test_a_recording_is_judged_as_an_audit_judges_its_host() -> None:
    found = judged_recording("worker-1", hung_worker("worker-1"))
    assert found.findings[0].kind == "rbd-io-hang"
    late = NotObserved(reason="deadline", phase="probe", detail="late")
    assert judged_recording("worker-2", late).not_observed is late


def test_a_file_of_the_second_round_holds_one_of_both() -> None:
    with pytest.raises(ValueError, match="an answer or the reason"):
        ClusterRecording(host="ceph-1", taken_at=datetime(2026, 11, 21, tzinfo=UTC))
