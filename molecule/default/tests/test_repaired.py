"""The zombies went with their parent, the orphans were ended and their service lives, or went with its restart."""


def test_the_zombies_are_gone_and_their_service_runs(on, states, result) -> None:
    assert not [pid for pid, stat in states(on("worker-1")).items() if stat.startswith("Z")]
    assert on("worker-1").service("zombies-rehearsal").is_running
    assert result("reap-zombies")["end"] == "repaired"


def test_the_orphans_are_gone_and_their_service_was_not_touched(on, result) -> None:
    host = on("worker-2")
    alike = host.check_output("pgrep --full orphans-rehearsal.py").split()
    assert alike == [host.check_output("systemctl show --property=MainPID --value orphans-rehearsal")]
    assert host.service("orphans-rehearsal").is_running
    assert host.check_output("systemctl show --property=NRestarts --value orphans-rehearsal") == "0"
    assert result("terminate-orphans", "worker-2")["end"] == "repaired"


def test_where_jobs_of_people_may_be_only_the_service_was_restarted(on, result) -> None:
    host = on("worker-3")
    alike = host.check_output("pgrep --full cron-rehearsal.py").split()
    assert alike == [host.check_output("systemctl show --property=MainPID --value cron-rehearsal")]
    assert result("terminate-orphans", "worker-3")["end"] == "refused"
    (told,) = (each for rung in result("restart-owner")["rungs"] for _, each in rung["steps"])
    assert (told["outcome"], told["facts"]["unit"]) == ("changed", "cron-rehearsal.service")
    now = host.check_output("systemctl show --property=InvocationID --value cron-rehearsal")
    assert told["facts"]["invocation"].endswith(f" to {now}")
    assert result("restart-owner")["end"] == "repaired"
