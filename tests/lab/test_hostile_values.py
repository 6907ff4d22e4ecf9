"""A hundred hostile values through every action on real hosts: what runs is what runs for a plain word, and no more.

The kernel's word for it: strace follows every process an order starts. The argument lists of a hostile value must be
those of a plain word with the value in the word's place, each in one piece.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from nornir_hygiene.fleet.inventories import inventory_from
from nornir_hygiene.lab import Lab
from nornir_hygiene.lab.host import LabHost
from nornir_hygiene.lab.places import INVENTORY_DIR
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.ground import Ground
from tests.lab.strange_orders import HOSTILE, PLAIN, Sent, every_action, orders_for
from tests.lab.witness import LEFT, Program, Witness

pytestmark = pytest.mark.lab

OURS = ("/run/nornir-hygiene.receipts", "/run/nornir-hygiene.locks")

# Sends nothing to a host, and why that is so; each has its own tests of what becomes of its text.
WITHOUT_SCRIPT = {
    "pause": "its text is shown to a person, on the machine of the one who applies",
    "ansible": "Ansible does it; the values lie in a file of variables marked as unsafe",
}


def wrong_on(host: LabHost, actions: list[Action], values: list[str]) -> tuple[set[str], list[str]]:
    """The programs that were given a hostile value, by name; and what should not have run."""
    witness = Witness(host)
    try:
        witness.ready()
        # No shell's word holds a NUL.
        among = {value for value in values if "\0" not in value}
        every = [
            (plain, [sent for sent in hostile if sent.value in among]) for plain, hostile in map(orders_for, actions)
        ]
        ran = witness.programs([sent.order for plain, hostile in every for sent in (*plain, *hostile)])
        wrong = [line for plain, hostile in every for sent in hostile for line in _wrong(sent, plain, ran)]
    finally:
        witness.end()
    given = {
        program.argv[0]
        for _, hostile in every
        for sent in hostile
        for program in ran[sent.order.token]
        if any(sent.value in word for word in program.argv)
    }
    return given, wrong


def _wrong(sent: Sent, plain: list[Sent], ran: dict[str, set[Program]]) -> Iterator[str]:
    """A text may begin like another form; then what ran for the word in that form is right for it as well."""
    text = f"{sent.before}{sent.value}{sent.behind}"
    right: set[Program] = set()
    for like in plain:
        if like.leaf == sent.leaf and text.startswith(like.before) and text.endswith(like.behind):
            value = text.removeprefix(like.before).removesuffix(like.behind)
            right |= {_general(program.about(PLAIN, value), like) for program in ran[like.order.token]}
    programs = ran[sent.order.token]
    if not any(program.argv[-1].endswith(f"{sent.order.token}/said") for program in programs):
        yield f"{sent.order.action.name} of {text!r} was not carried out"
    for program in programs:
        if _general(program, sent) not in right:
            yield f"{sent.order.action.name} of {text!r} ran {program}"


def _general(program: Program, sent: Sent) -> Program:
    return program.about(sent.order.token, "TOKEN").plain()


def shared_out(actions: list[Action]) -> list[list[Action]]:
    """Among the workers, those with much to do first."""
    busy = sorted(actions, key=lambda action: len(orders_for(action)[1]), reverse=True)
    return [busy[number::3] for number in range(3)]


# So far hostile values come: these programs are given one whole. With all values it takes its time.
SOME = {"logger", "fsfreeze", "cat", "timeout", "/bin/true"}


@pytest.mark.parametrize(
    ("every", "far"),
    [(6, SOME), pytest.param(1, {*SOME, "systemctl"}, marks=pytest.mark.long)],
    ids=["every 6th", "all"],
)
def test_only_the_declared_programs_run_with_the_declared_words(lab: Lab, every: int, far: set[str]) -> None:
    assert len(HOSTILE) >= 100
    actions = every_action()
    silent = [action for action in actions if not action.parts]
    assert {action.name for action in silent} <= set(WITHOUT_SCRIPT)
    workers = [lab.host(f"worker-{number}") for number in (1, 2, 3)]
    before = _names(workers)
    with ThreadPoolExecutor() as pool:
        shares = shared_out([action for action in actions if action.parts])
        told = list(pool.map(wrong_on, workers, shares, [HOSTILE[::every]] * len(workers)))
    assert [line for _, wrong in told for line in wrong] == []
    given = set[str]().union(*(given for given, _ in told))
    assert given >= far
    assert sorted(_names(workers) - before) == []


def test_every_hostile_value_sent_as_plans_send_it_is_answered_in_full(lab: Lab) -> None:
    """Over SSH, each with one of the actions that take it, in turn."""
    sent = [each for action in every_action() if action.parts for each in orders_for(action)[1]]
    takers = [[each for each in sent if each.value == value] for value in HOSTILE]
    chosen = [takes[number % len(takes)] for number, takes in enumerate(takers) if takes]
    refused = [value for value, takes in zip(HOSTILE, takers, strict=True) if not takes]
    assert [value for value in refused if not _no_argument(value)] == []
    workers = [lab.host(f"worker-{number}") for number in (1, 2, 3)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(_performed, workers, ([each] for each in chosen[:3])))  # a first login makes files
        before = _names(workers)
        results = [told for some in pool.map(_performed, workers, (chosen[n::3] for n in range(3))) for told in some]
    assert [result for result in results if result.outcome == "unknown"] == []
    assert sorted(_names(workers) - before) == []


def _no_argument(value: str) -> bool:
    """What no argument of a program can hold, or what is longer than any of ours."""
    return bool({"\0", "\udc80"} & set(value)) or len(value) > 4000


def _performed(host: LabHost, share: list[Sent]) -> list[ActionResult]:
    ground = Ground(inventory_from(str(INVENTORY_DIR)))
    try:
        return [ground.perform(host.spec.name, sent.order).result for sent in share]
    finally:
        host.run(["sh", "-c", f"rm -rf {LEFT}"])


def _names(hosts: list[LabHost]) -> set[tuple[str, str]]:
    """What lies where a stranger's program would have written."""
    places = ("/", "/root", "/home", "/tmp", "/var/tmp", "/run", "/etc", "/usr/local/bin", "/usr/local/sbin")
    found = {(host.spec.name, str(path)) for host in hosts for place in places for path in host.path(place).iterdir()}
    return {(host, path) for host, path in found if not path.endswith(OURS)}
