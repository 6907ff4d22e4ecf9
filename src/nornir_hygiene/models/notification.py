"""Who is told what the audits found, and how often (`notification.yaml`); and what there is to tell."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.finding import Finding, Severity
from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.past import KeptFinding
from nornir_hygiene.models.span import parse_span

Telling = Literal["new", "worse", "gone"]
NO_LITERAL_URL = (
    "a URL holds passwords and tokens, so it stands in no file of a project: "
    "write url: {env: NAME} or url: {keyring: SERVICE/NAME}"
)


def _no_literal(given: object) -> object:
    """Never repeats what was given: it may be the secret itself."""
    texts = [*given, *given.values()] if isinstance(given, dict) else [given]
    if any("://" in text for text in texts if isinstance(text, str)) or not isinstance(given, dict):
        raise ValueError(NO_LITERAL_URL)
    return given


def _span(given: object) -> object:
    return parse_span(given) if isinstance(given, str) else given


class Reference(Frozen):
    """Where an Apprise URL is kept: a variable of the environment, or an entry of the keyring."""

    env: str = Field("", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="name of a variable")
    keyring: str = Field("", pattern=r"^[^/]+/.+$", description="SERVICE/NAME, as in: keyring set SERVICE NAME")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.env) == bool(self.keyring):
            raise ValueError("needs one of both, env or keyring")
        return self

    def __str__(self) -> str:
        return f"environment variable {self.env}" if self.env else f"keyring entry {self.keyring}"


class Receiver(Frozen):
    """One who is told. Without `groups` and `hosts` it is all hosts of the history."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    url: Annotated[Reference, BeforeValidator(_no_literal)]
    groups: tuple[str, ...] = Field((), description="hosts of these groups of the inventory")
    hosts: tuple[str, ...] = Field((), description="and these hosts")
    from_severity: Severity = Field(Severity.WARNING, description="what is less than that is not told")
    tell: tuple[Telling, ...] = Field(("new", "worse", "gone"), description="which changes of a cause are told")
    at_most_every: Annotated[timedelta, BeforeValidator(_span, json_schema_input_type=str)] = Field(
        timedelta(hours=1), description="one cause is told no more often: a number and s, m, h, d or w"
    )
    digest: Literal["none", "daily", "weekly"] = Field("none", description="weekly: on Mondays")
    digest_hour: int = Field(7, ge=0, le=23, description="UTC")


class Notification(Frozen):
    """All of `notification.yaml`."""

    receivers: tuple[Receiver, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [each.name for each in self.receivers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two receivers are called {twice[0]}")
        return self


class OpenFinding(Frozen):
    """A finding that is there now, with what the newest saved run told of it, where that run is kept.

    `cause`: the one thing behind findings of several hosts, if that run knew one.
    """

    kept: KeptFinding
    finding: Finding | None = None
    cause: FleetCause | None = None
    suppressed: bool = False


class OpenCause(Frozen):
    """What is told as one: a cause of the fleet, or of one host. `name` is the same as long as it is the same cause."""

    name: str
    headline: str
    severity: Severity
    hosts: tuple[str, ...]
    kinds: tuple[str, ...]
    since: datetime
    because: str = ""
    restores: str = ""


class Notice(Frozen):
    """What one receiver was last told of one cause. `gone`: that it is over."""

    cause: str
    told_at: datetime
    severity: Severity
    hosts: int
    gone: bool = False


class News(Frozen):
    """One change of one cause. `now` is None for what is gone, `before` for what nobody was told yet."""

    change: Telling
    name: str
    now: OpenCause | None = None
    before: Notice | None = None

    @property
    def severity(self) -> Severity:
        """Of what is there, else of what was."""
        return self.now.severity if self.now else self.before.severity if self.before else Severity.INFO

    @property
    def hosts(self) -> int:
        """How many have it, else had it."""
        return len(self.now.hosts) if self.now else self.before.hosts if self.before else 0
