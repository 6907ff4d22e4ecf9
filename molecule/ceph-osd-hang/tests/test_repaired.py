"""The OSD is back, the cluster is whole, and the check ended by itself."""

import json


def test_the_osd_was_restarted_on_its_own_host(result) -> None:
    told = result("restart-ceph-osd")
    assert told["end"] == "repaired"
    assert told["host"] in ("ceph-1", "ceph-2")
    steps = [(name, step["outcome"]) for name, step in told["rungs"][0]["steps"]]
    assert ("restart", "changed") in steps
    assert steps[-1] == ("take back: hold its place", "changed")


def test_the_cluster_is_whole_and_noout_is_gone(on) -> None:
    dump = json.loads(on("ceph-1").check_output("ceph --connect-timeout 10 osd dump -f json"))
    assert all(osd["up"] and osd["in"] for osd in dump["osds"])
    assert "noout" not in dump["flags"]
    assert not any("noout" in osd["state"] for osd in dump["osds"])
    states = json.loads(on("ceph-1").check_output("ceph --connect-timeout 10 pg stat -f json"))
    assert {each["name"] for each in states["pg_summary"]["num_pg_by_state"]} == {"active+clean"}


def test_the_check_ended_by_itself(on) -> None:
    worker = on("worker-1")
    assert not worker.check_output("ps -eo comm= | grep '^fsck' || true")
    assert "files (" in worker.check_output("journalctl -o cat -u 'volume-check-*'")
