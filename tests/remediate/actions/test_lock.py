"""Locks, really taken on this machine under names of our own."""

import secrets
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.evidence import COLLECT_EVIDENCE, NoArguments
from nornir_hygiene.remediate.actions.lock import LOCK, UNLOCK, LockArguments
from tests.remediate.actions.shells import LOCKS, RECEIPTS, RUN, SHELLS, order, said, script, told


@pytest.fixture
def name() -> str:
    return f"{RUN}-{secrets.token_hex(4)}"


def asked(shell: list[str], action: Action, name: str, holder: str, seconds: int = 600) -> ActionResult:
    return told(shell, order(action, LockArguments(name=name, holder=holder, seconds=seconds), "-"))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_one_holds_it_until_it_is_given_back(shell: list[str], name: str) -> None:
    assert asked(shell, LOCK, name, "anna").outcome == "changed"
    refused = asked(shell, LOCK, name, "bert")
    assert (refused.outcome, refused.detail.startswith(f"{name} is locked by anna for another ")) == ("refused", True)
    assert asked(shell, UNLOCK, name, "bert").outcome == "unchanged"
    assert asked(shell, LOCK, name, "bert").outcome == "refused"
    assert asked(shell, UNLOCK, name, "anna").outcome == "changed"
    assert asked(shell, LOCK, name, "bert").outcome == "changed"


def until_of(name: str) -> int:
    """Seconds since boot."""
    return int((LOCKS / name).read_text().split()[0])


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_its_holder_renews_it(shell: list[str], name: str) -> None:
    asked(shell, LOCK, name, "anna", 100)
    first = until_of(name)
    assert asked(shell, LOCK, name, "anna", 500).outcome == "changed"
    assert until_of(name) >= first + 400


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_after_its_time_it_is_nobodys(shell: list[str], name: str) -> None:
    asked(shell, LOCK, name, "anna")
    (LOCKS / name).write_text("1 anna\n")  # one second after boot
    assert asked(shell, LOCK, name, "bert").detail.startswith(f"{name} is locked by bert")


@pytest.mark.parametrize("text", ["", "\n", "x y\n"])
def test_a_file_that_is_no_lock_holds_nobody_off(name: str, text: str) -> None:
    asked(["dash"], LOCK, name, "anna")
    (LOCKS / name).write_text(text)
    assert asked(["dash"], LOCK, name, "bert").outcome == "changed"


def test_of_many_at_once_one_gets_it(name: str) -> None:
    holders = [f"plan-{number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda holder: asked(["dash"], LOCK, name, holder), holders))
    assert sorted(result.outcome for result in results) == ["changed", *["refused"] * 5]


def test_with_the_lock_the_receipts_of_its_run_are_given_back_and_no_others(name: str) -> None:
    other = f"{RUN}.{name}-20.1"
    for token in (f"{RUN}.{name}-2.1.1", f"{RUN}.{name}-2.2.1", other):
        told(["dash"], order(COLLECT_EVIDENCE, NoArguments(), token))
    asked(["dash"], LOCK, name, f"{RUN}.{name}-2")
    asked(["dash"], UNLOCK, name, f"{RUN}.{name}-2")
    assert [path.name for path in RECEIPTS.glob(f"{RUN}.{name}-2*")] == [other]


def test_without_root_it_says_what_it_needs(name: str) -> None:
    what = order(LOCK, LockArguments(name=name, holder="anna"), "-")
    done = subprocess.run(["dash", "-s"], input=script(what), capture_output=True, check=False, user=65534, group=65534)
    result = said(done.stdout)
    assert (result.outcome, "this needs root" in result.detail) == ("refused", True)
