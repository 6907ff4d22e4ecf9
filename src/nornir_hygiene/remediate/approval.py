"""A second person's signature over exactly one plan: made and checked with ssh-keygen, good once, and for a time."""

import hashlib
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import Plan
from nornir_hygiene.models.policy import Policy

NAMESPACE = "nornir-hygiene-approval"
_SSH_KEYGEN_S = 30


class Approval(Frozen):
    """What is signed: which plan, by its digest, and until when."""

    plan_id: str
    digest: str
    valid_until: datetime


class Approved(Frozen):
    """Who agreed. `signature` is the SHA-256 of the signature, so that the journal knows it was used."""

    by: str
    signature: str


def digest_of(plan: Plan, policy: Policy) -> str:
    """Of the plan with its runbook's digest and targets, and of the policy: any change makes another one."""
    return hashlib.sha256(f"{plan.model_dump_json()}\n{policy.model_dump_json()}".encode()).hexdigest()


def statement_path(plan_file: Path) -> Path:
    """The text that is signed; its signature lies beside it with `.sig` behind its name."""
    return plan_file.with_suffix(".approval")


def sign(plan: Plan, policy: Policy, plan_file: Path, key: Path) -> Path:
    """Write the statement and sign it with the person's key. Raises UsageError with ssh-keygen's words."""
    until = datetime.now(UTC) + timedelta(seconds=policy.approval_valid_s)
    approval = Approval(plan_id=plan.plan_id, digest=digest_of(plan, policy), valid_until=until)
    statement = statement_path(plan_file)
    statement.write_text(approval.model_dump_json() + "\n", encoding="ascii")
    signature = statement.with_name(statement.name + ".sig")
    signature.unlink(missing_ok=True)
    done = _ssh_keygen("-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(statement))
    if done.returncode != 0 or not signature.is_file():
        raise UsageError(f"the plan could not be signed: {done.stderr.strip()}", "give another --key")
    return signature


def approved(plan: Plan, policy: Policy, plan_file: Path, applier: str) -> Approved | None:
    """Who approved the plan; None where its risk needs nobody. Raises UsageError with the reason why not."""
    if getattr(policy.approval, plan.risk.value) == "none":
        return None
    signers = _signers(policy)
    statement = statement_path(plan_file)
    signature = statement.with_name(statement.name + ".sig")
    if not statement.is_file() or not signature.is_file():
        raise UsageError(
            f"{plan.plan_id} is {plan.risk} and nobody has approved it",
            f"another person runs: nr approve {plan.plan_id}",
        )
    by = _verified(signers, statement, signature)
    _is_for(plan, policy, statement)
    if _same_person(by, applier):
        raise UsageError(f"{by} approved the plan and applies it", "the approver must be another person")
    return Approved(by=by, signature=hashlib.sha256(signature.read_bytes()).hexdigest())


def _signers(policy: Policy) -> Path:
    if policy.allowed_signers is None:
        raise UsageError(
            "the policy names no allowed signers, so nobody can approve this",
            "policy.yaml: allowed_signers: FILE, or approval: {disruptive: none} where one person may decide alone",
        )
    if not policy.allowed_signers.is_file():
        raise ConfigError("there is no such file of allowed signers", policy.allowed_signers)
    if os.access(policy.allowed_signers, os.W_OK) or os.access(policy.allowed_signers.parent, os.W_OK):
        raise ConfigError(
            "whoever applies the plan can change who may approve it",
            policy.allowed_signers,
            hint="let another user own the file and its folder; apply as a user who cannot write there",
        )
    _refuse_shared_keys(policy.allowed_signers)
    return policy.allowed_signers


def _refuse_shared_keys(signers: Path) -> None:
    """Behind a pattern, or a key with two names, whoever applies the plan could be the one who approved it."""
    owners: dict[str, str] = {}
    try:
        lines = signers.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error}", signers) from None
    for number, line in enumerate(lines, start=1):
        name, *words = line.split() or ["#"]
        if name.startswith("#"):
            continue
        key = next((word for word in words if word.startswith("AAAA")), "")  # as every SSH key does
        other = owners.setdefault(key, name)
        if set(name) & set('*?!,"') or other != name:
            what = f"{name} may be more than one person" if other == name else f"{name} has the key of {other}"
            raise ConfigError(
                what, signers, number, hint="one plain name for each key, so that an approval has one author"
            )


def _verified(signers: Path, statement: Path, signature: Path) -> str:
    """The principal whose key made the signature over the statement. Raises UsageError."""
    found = _ssh_keygen("-Y", "find-principals", "-f", str(signers), "-s", str(signature))
    principal = found.stdout.splitlines()[0].strip() if found.returncode == 0 and found.stdout.strip() else ""
    if not principal:
        raise UsageError("the approval is signed with a key that is nobody's", f"known keys: {signers}")
    done = _ssh_keygen(
        *("-Y", "verify", "-f", str(signers), "-I", principal, "-n", NAMESPACE, "-s", str(signature)),
        stdin=statement.read_bytes(),
    )
    if done.returncode != 0:
        raise UsageError(f"the approval's signature is not good: {(done.stderr or done.stdout).strip()}")
    return principal


def _is_for(plan: Plan, policy: Policy, statement: Path) -> None:
    try:
        told = Approval.model_validate_json(statement.read_bytes())
    except ValidationError as error:
        raise ConfigError("is not an approval", statement) from error
    if told.plan_id != plan.plan_id or told.digest != digest_of(plan, policy):
        raise UsageError(f"the approval is for another plan, or {plan.plan_id} or the policy has changed since")
    if told.valid_until <= datetime.now(UTC):
        raise UsageError(f"the approval was good until {told.valid_until:%Y-%m-%d %H:%M:%SZ}", "ask for a new one")


def _same_person(principal: str, applier: str) -> bool:
    """`anna@example.org` in the file of signers is `anna` on this machine."""
    return principal.partition("@")[0] == applier.partition("@")[0]


def _ssh_keygen(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["ssh-keygen", *arguments], input=stdin, capture_output=True, timeout=_SSH_KEYGEN_S, check=False
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )
