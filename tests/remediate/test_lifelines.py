"""The machine we work on, and hosts that others are reached through, are never the ones that go away."""

import socket
from pathlib import Path

import pytest
from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory

from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.guards import refusals
from nornir_hygiene.remediate.lifelines import Lifelines, named_in
from tests.remediate.problems import FROZEN, STOPPED, ZOMBIES, audit, planned, runbook, seen, the_case

OWN_BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def inventory(*hosts: tuple[str, str], **settings: object) -> Inventory:
    """Every host with its address; `settings` are those of all."""
    defaults = Defaults(data={"nornir_hygiene": {"transport": "openssh", "ssh_config": "/dev/null", **settings}})
    made = {name: Host(name=name, hostname=address, defaults=defaults) for name, address in hosts}
    return Inventory(hosts=Hosts(made), groups=Groups(), defaults=defaults)


def guard(known: Inventory, name: str, risk: Risk = Risk.DISRUPTIVE) -> str:
    refusal = Lifelines(known).against(name, risk)
    return refusal.guard if refusal else ""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "own"])
def test_the_machine_this_is_done_from_is_left_alone(address: str) -> None:
    own = socket.gethostbyname(socket.gethostname()) if address == "own" else address
    known = inventory(("here", own))
    assert guard(known, "here") == "not-this-machine"
    assert guard(known, "here", Risk.SAFE) == ""
    known.hosts["here"].port = 2222  # somebody else behind a forwarded port
    assert guard(known, "here") == ""


@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::7", "nobody.invalid"])
def test_another_machine_is_not(address: str) -> None:
    assert guard(inventory(("there", address)), "there") == ""
    assert guard(inventory(("there", address)), "unknown") == ""


@pytest.mark.parametrize(
    "line",
    [
        "ProxyJump 198.51.100.1",
        "proxyjump=root@198.51.100.1:2222",
        "  ProxyJump other.invalid,ssh://root@198.51.100.1:22",
        "ProxyJump gate",
        "ProxyJump way-in",
        "ProxyCommand ssh -W %h:%p root@198.51.100.1",
        'ProxyCommand "nc -X connect -x 198.51.100.1:3128 %h %p"',
        "ProxyJump [198.51.100.1]:22",
        "Include more",
    ],
)
def test_a_host_that_others_are_reached_through_is_left_alone(line: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    (tmp_path / "more").write_text("ProxyJump way-in\n")
    line = line.replace("Include more", f"Include {tmp_path}/mo*")
    config.write_text(f"Host way-in\n  HostName 198.51.100.1\nHost inner*\n  {line}\n")
    known = inventory(("gate", "198.51.100.1"), ("inner-1", "198.51.100.2"), ssh_config=str(config))
    assert guard(known, "gate") == "not-the-way"
    assert (guard(known, "gate", Risk.SAFE), guard(known, "inner-1")) == ("", "")


@pytest.mark.parametrize("line", ["ProxyJump none", "# ProxyJump 198.51.100.1", "ProxyJump 198.51.100.11", "User gate"])
def test_a_host_nobody_is_reached_through_is_not(line: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"{line}\n")
    known = inventory(("gate", "198.51.100.1"), ("inner-1", "198.51.100.2"), ssh_config=str(config))
    assert guard(known, "gate") == ""


def test_options_of_the_inventory_name_the_way_as_well() -> None:
    known = inventory(("gate", "198.51.100.1"), ("inner-1", "198.51.100.2"), ssh_options={"ProxyJump": "gate"})
    assert guard(known, "gate") == "not-the-way"


def test_transports_that_know_no_way_over_another_host_have_none() -> None:
    known = inventory(("gate", "198.51.100.1"), transport="paramiko", ssh_options={"ProxyJump": "gate"})
    assert guard(known, "gate") == ""


def test_a_file_that_includes_itself_or_is_not_there_comes_to_an_end(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(f"Include {config}\nProxyJump gate\n")
    assert set(named_in(config)) == {"gate"}
    assert list(named_in(tmp_path / "none")) == []


def test_it_is_in_the_plan_as_well() -> None:
    plan = planned("thaw", audit(seen("here", FROZEN)))
    guarded = Lifelines(inventory(("here", "127.0.0.1"))).guarded(plan)
    assert [refusal.guard for refusal in guarded.targets[0].refused] == ["not-this-machine"]
    assert Lifelines(inventory(("here", "198.51.100.1"))).guarded(plan) == plan


def test_whoever_is_in_our_own_boot_is_this_machine_under_whatever_address() -> None:
    for name, text, refused in (("reap-zombies", ZOMBIES, True), ("resume-stopped", STOPPED, False)):
        case = the_case(name, text)
        (report,) = case.report.hosts
        assert report.facts
        here = report.model_copy(update={"facts": report.facts.model_copy(update={"boot_id": OWN_BOOT})})
        same = type(case)(audit(here), case.findings, None, case.host)
        guards = [refusal.guard for refusal in refusals(same, runbook(name))]
        assert ("not-this-machine" in guards) is refused
        assert "not-this-machine" not in [refusal.guard for refusal in refusals(case, runbook(name))]
