"""Who has to agree before what: `policy.yaml` in the project folder."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from nornir_hygiene.models.frozen import Frozen

Agreement = Literal["none", "signature"]


class Approvals(Frozen):
    """What each risk needs. Without a policy only what is safe may be done without a second person."""

    safe: Agreement = "none"
    disruptive: Agreement = "signature"
    destructive: Agreement = "signature"


class Policy(Frozen):
    """`allowed_signers` is a file as in ssh-keygen(1), ALLOWED SIGNERS; relative to the policy's folder."""

    approval: Approvals = Approvals()
    allowed_signers: Path | None = None
    approval_valid_s: int = Field(3600, ge=10, le=86400, description="how long a signature is good for")
