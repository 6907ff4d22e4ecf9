"""A second person's signature, made and checked with the real ssh-keygen.

The check runs as another user, for whom not every file is writable as it is for root.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nornir_hygiene.errors import ConfigError, NrError, UsageError
from nornir_hygiene.history.journal import Journal
from nornir_hygiene.history.store import open_store
from nornir_hygiene.models.plan import Plan
from nornir_hygiene.models.policy import Approvals, Policy
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.approval import NAMESPACE, Approval, Approved, approved, digest_of, sign, statement_path
from nornir_hygiene.remediate.start import refuse_if_used
from tests.remediate.problems import FROZEN, audit, planned, seen

_NOBODY = 65534
PLAN = planned("thaw", audit(seen("host-1", FROZEN)))


@dataclass
class Office:
    """A folder everybody may read and only root may write: keys of three people, and who of them is known."""

    folder: Path
    policy: Policy

    @property
    def signers(self) -> Path:
        return self.folder / "signers"

    @property
    def plan_file(self) -> Path:
        return self.folder / "plans" / f"{PLAN.plan_id}.json"

    def key(self, name: str) -> Path:
        return self.folder / name

    def know(self, **keys: str) -> None:
        """Who signs with whose key: `anna="bert"` is a name of anna with the key of bert."""
        rows = [f"{who} {self.key(key).with_suffix('.pub').read_text()}" for who, key in keys.items()]
        self.signers.write_text("".join(rows))

    def signed(self, name: str, plan: Plan = PLAN) -> None:
        sign(plan, self.policy, self.plan_file, self.key(name))

    def checked(self, plan: Plan = PLAN, policy: Policy | None = None, applier: str = "anna@here") -> Approved | None:
        """By a user who owns nothing of it. Raises what was raised there."""
        return as_nobody(lambda: approved(plan, policy or self.policy, self.plan_file, applier))

    def why_not(self, plan: Plan = PLAN, policy: Policy | None = None) -> str:
        with pytest.raises(NrError) as caught:
            self.checked(plan, policy)
        return str(caught.value)


def as_nobody(check: Callable[[], Approved | None]) -> Approved | None:
    """`check` in a child that has become another user."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            try:
                found = check()
                told = ["ok", found.model_dump() if found else None]
            except (UsageError, ConfigError) as error:
                told = [type(error).__name__, str(error)]
            os.write(writing, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        how, what = json.loads(stream.read() or b'["", "the child died"]')
    os.waitpid(child, 0)
    if how == "ok":
        return Approved.model_validate(what) if what else None
    assert how in ("UsageError", "ConfigError"), what
    raise UsageError(what) if how == "UsageError" else ConfigError(what, Path("there"))


@pytest.fixture(scope="module")
def keys() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("anna", "bert", "carl"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", f"{folder}/{name}"], check=True
            )
        yield Path(folder)


@pytest.fixture
def office(keys: Path) -> Iterator[Office]:
    """Not in pytest's own folder: only root may enter that one."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody else")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "plans").mkdir()
        for key in keys.iterdir():
            (folder / key.name).write_bytes(key.read_bytes())
            (folder / key.name).chmod(0o600 if key.suffix != ".pub" else 0o644)
        office = Office(folder, Policy(allowed_signers=folder / "signers"))
        office.know(anna="anna", bert="bert")
        yield office


def test_what_another_person_signed_is_approved(office: Office) -> None:
    office.signed("bert")
    found = office.checked()
    assert found
    assert (found.by, len(found.signature)) == ("bert", 64)


def test_what_nobody_signed_says_who_does_what_next(office: Office) -> None:
    why = office.why_not()
    assert "disruptive and nobody has approved it" in why
    assert f"another person runs: nr approve {PLAN.plan_id}" in why
    office.signed("bert")
    statement_path(office.plan_file).with_name(f"{PLAN.plan_id}.approval.sig").unlink()
    assert "nobody has approved it" in office.why_not()


def test_a_key_that_is_nobodys_approves_nothing(office: Office) -> None:
    office.signed("carl")
    assert "a key that is nobody's" in office.why_not()


def test_nobody_approves_what_he_applies(office: Office) -> None:
    office.signed("anna")
    assert "anna approved the plan and applies it" in office.why_not()
    office.know(**{"anna@example.org": "anna"})
    assert "anna@example.org approved the plan and applies it" in office.why_not()


@pytest.mark.parametrize("names", ["*", "*@example.org", "a?na", "anna,bert", "bert,anna", "!anna,*"])
def test_a_pattern_of_names_names_nobody(office: Office, names: str) -> None:
    """Else whoever applies it could hide behind it."""
    office.know(**{names: "anna"})
    office.signed("anna")
    assert f"{names} may be more than one person" in office.why_not()


def test_a_key_with_two_names_is_nobodys(office: Office) -> None:
    office.know(bert="anna", anna="anna")
    office.signed("anna")
    assert "anna has the key of bert" in office.why_not()
    office.signers.write_text(f"# bert left\n\n{office.signers.read_text().splitlines()[0]}\n")
    assert office.checked()


def test_a_key_for_another_use_approves_nothing(office: Office) -> None:
    office.signers.write_text(f'bert namespaces="git" {office.key("bert.pub").read_text()}')
    office.signed("bert")
    assert "approval" in office.why_not()


def test_a_signature_for_another_use_approves_nothing(office: Office) -> None:
    office.signed("bert")
    statement = statement_path(office.plan_file)
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", office.key("bert"), statement],
        check=True, input=b"y\n", capture_output=True,
    )  # fmt: skip
    assert "approval" in office.why_not()


def test_the_approval_of_another_plan_is_none_of_this_one(office: Office) -> None:
    office.signed("bert", PLAN.model_copy(update={"plan_id": "plan-other"}))
    assert "is for another plan" in office.why_not()


def test_every_change_after_the_signature_makes_it_worthless(office: Office) -> None:
    office.signed("bert")
    (target,) = PLAN.targets
    for update in (
        {"runbook_digest": "0" * 64},
        {"targets": (*PLAN.targets, target)},
        {"targets": (target.model_copy(update={"host": "host-2"}),)},
        {"targets": (target.model_copy(update={"rungs": ()}),)},
        {"expires_at": PLAN.expires_at + timedelta(days=1)},
        {"inventory": "elsewhere"},
        {"risk": Risk.DESTRUCTIVE},
    ):
        assert "has changed since" in office.why_not(PLAN.model_copy(update=update)), update
    for policy in (
        office.policy.model_copy(update={"approval_valid_s": 86400}),
        office.policy.model_copy(update={"approval": Approvals(safe="signature")}),
    ):
        assert "the policy has changed since" in office.why_not(policy=policy)
    assert office.checked()


def test_a_statement_changed_after_the_signature_is_not_good(office: Office) -> None:
    office.signed("bert")
    statement = statement_path(office.plan_file)
    statement.write_text(statement.read_text().replace('"valid_until":"2', '"valid_until":"3'))
    assert "signature is not good" in office.why_not()


@pytest.mark.parametrize(("text", "words"), [("", "is not an approval"), ("{}", "is not an approval")])
def test_a_signed_text_that_is_no_approval_approves_nothing(office: Office, text: str, words: str) -> None:
    signed_by_hand(office, text)
    assert words in office.why_not()


def signed_by_hand(office: Office, text: str) -> None:
    statement = statement_path(office.plan_file)
    statement.write_text(text)
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(office.key("bert")), str(statement)]
    subprocess.run(words, check=True, capture_output=True)


@pytest.mark.parametrize(("seconds", "good"), [(-1, False), (60, True)])
def test_it_is_good_for_its_time_only(office: Office, seconds: int, good: bool) -> None:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    approval = Approval(plan_id=PLAN.plan_id, digest=digest_of(PLAN, office.policy), valid_until=until)
    signed_by_hand(office, approval.model_dump_json())
    if good:
        assert office.checked()
    else:
        assert "was good until" in office.why_not()


def test_whoever_can_change_the_signers_is_not_believed(office: Office) -> None:
    office.signed("bert")
    office.signers.chmod(0o666)
    assert "can change who may approve it" in office.why_not()
    office.signers.chmod(0o644)
    office.folder.chmod(0o777)
    assert "can change who may approve it" in office.why_not()
    office.folder.chmod(0o755)
    assert office.checked()


def test_without_known_signers_nobody_can_approve(office: Office) -> None:
    assert "names no allowed signers" in office.why_not(policy=Policy())
    assert "no such file" in office.why_not(policy=Policy(allowed_signers=office.folder / "nowhere"))


def test_what_needs_nobody_is_not_asked_for(office: Office) -> None:
    assert office.checked(PLAN.model_copy(update={"risk": Risk.SAFE}), Policy()) is None
    alone = Policy(approval=Approvals(disruptive="none"))
    assert office.checked(policy=alone) is None


def test_a_key_that_cannot_sign_is_told_in_its_own_words(office: Office) -> None:
    with pytest.raises(UsageError, match="the plan could not be signed"):
        sign(PLAN, office.policy, office.plan_file, office.key("nobody"))


def test_an_approval_and_a_plan_are_good_for_one_run(tmp_path: Path) -> None:
    journal = Journal(open_store(tmp_path / "history.sqlite"), "anna@here")
    agreed = Approved(by="bert", signature="5" * 64)
    refuse_if_used(journal, PLAN, agreed)
    journal.append("apply-1", "run-started", plan=PLAN.model_dump(mode="json"), approved=agreed.model_dump())
    with pytest.raises(UsageError, match="was used by apply-1"):
        refuse_if_used(journal, PLAN.model_copy(update={"plan_id": "plan-other"}), agreed)
    with pytest.raises(UsageError, match="was applied already, by apply-1"):
        refuse_if_used(journal, PLAN, None)
