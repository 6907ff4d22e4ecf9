"""The zombies are gone because their parent was restarted, once, by its service."""


def test_the_zombies_are_gone(on, states) -> None:
    assert not [pid for pid, stat in states(on("worker-1")).items() if stat.startswith("Z")]


def test_the_service_was_restarted_and_runs(on, result) -> None:
    assert result("reap-zombies")["end"] == "repaired"
    assert on("worker-1").service("ledger-rehearsal").is_running
