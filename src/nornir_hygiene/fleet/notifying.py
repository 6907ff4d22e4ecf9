"""Tells the receivers of `notification.yaml` what is new, worse or gone since they were last told."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from nornir_hygiene.content import notification_data
from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.fleet.hygiene import Span, hygiene_report
from nornir_hygiene.fleet.open_now import open_now
from nornir_hygiene.fleet.scope import Scope, refuse_strangers, scope_of
from nornir_hygiene.fleet.strict_yaml import checked, wrong
from nornir_hygiene.fleet.suppressing import suppressions
from nornir_hygiene.history.notices import keep_told, telling, told_to
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.notification import NO_LITERAL_URL, News, Notice, Notification, OpenFinding, Receiver
from nornir_hygiene.report.digest import digest_text
from nornir_hygiene.report.news import changes_for, digest_due, name_of, notice_of, open_causes
from nornir_hygiene.report.notices_text import body_of, subject_of
from nornir_hygiene.report.notify import apprise_module, send

# Kept among the notices, so that it comes once a day; no cause is called like this.
_DIGEST = "(digest)"


@dataclass(frozen=True)
class Told:
    """What one receiver was told, or would be; `failure`: why it was not. Without a subject there was nothing new."""

    receiver: str
    scheme: str = ""
    subject: str = ""
    body: str = ""
    failure: str = ""


@dataclass(frozen=True)
class Addressed:
    """A receiver and the hosts it is told of."""

    receiver: Receiver
    scope: Scope


@dataclass(frozen=True)
class Order:
    """`digest`: send it also before its hour. `dry_run`: nothing is sent, and no secret is looked up."""

    digest: bool = False
    dry_run: bool = False


def receivers(where: str | None) -> tuple[Addressed, ...]:
    """Those of the project; `where` as in --inventory. Raises UsageError if there is no file, ConfigError."""
    try:
        file = notification_data()
    except ConfigError as error:
        # What is no YAML may be quoted in the complaint, and it may be a URL somebody wrote down all the same.
        raise ConfigError(NO_LITERAL_URL, error.where) from None if "://" in error.what else error
    if file is None:
        hint = "it stands beside nr.yaml of a project: docs/notification.md"
        raise UsageError("there is no notification.yaml", hint)
    every = scope_of(where)
    given = checked(Notification, file.content or {}, file.path).receivers
    return tuple(Addressed(each, _scope(each, number, where, every, file.path)) for number, each in enumerate(given))


def tell(engine: Engine, addressed: Sequence[Addressed], order: Order, now: datetime | None = None) -> tuple[Told, ...]:
    """At most one message of news and one digest each; who cannot be reached costs the others nothing.

    Raises ConfigError if Apprise is missing, UsageError if another process tells and does not finish.
    """
    if not order.dry_run:
        apprise_module()
    with nullcontext() if order.dry_run else telling(engine):
        moment = now or datetime.now(UTC)
        groups = {host: each for one in addressed for host, each in one.scope.groups.items()}
        found = open_now(engine, suppressions(), groups, moment)
        messages = (_Desk(engine, each, order, moment) for each in addressed)
        return tuple(told for desk in messages for told in desk.told(found))


@dataclass(frozen=True)
class _Desk:
    """Where one receiver is dealt with."""

    engine: Engine
    to: Addressed
    order: Order
    now: datetime

    def told(self, found: Sequence[OpenFinding]) -> tuple[Told, ...]:
        """The news first, then the digest if its time has come."""
        known = told_to(self.engine, self.to.receiver.name)
        digest = known.pop(_DIGEST, None)
        done = [self._news(found, known)]
        last = digest.told_at if digest else None
        wanted = self.order.digest and self.to.receiver.digest != "none"
        if wanted or digest_due(self.to.receiver, last, self.now):
            done = [one for one in done if one.subject] + [self._digest(last)]
        return tuple(done)

    def _news(self, found: Sequence[OpenFinding], known: dict[str, Notice]) -> Told:
        receiver, hosts = self.to.receiver, self.to.scope.hosts
        mine = [one for one in found if hosts is None or one.kept.host in hosts]
        causes = open_causes((one for one in mine if not one.suppressed), receiver.from_severity)
        suppressed = {name_of(one) for one in mine if one.suppressed}
        news, noted = changes_for(receiver, causes, known, self.now, suppressed)
        if noted and not self.order.dry_run:
            self._keep(noted)
        if not news:
            return Told(receiver.name)
        told = self._sent(subject_of(news), body_of(news), _worst(news))
        if not told.failure and not self.order.dry_run:
            self._keep([notice_of(one, self.now) for one in news])
        return told

    def _digest(self, last: datetime | None) -> Told:
        # Since the last one; asked for before its hour, of a whole day or week all the same.
        whole = self.now - timedelta(days=7 if self.to.receiver.digest == "weekly" else 1)
        since = min(last or whole, whole)
        report = hygiene_report(self.engine, Span(since, self.now), self.to.scope, suppressions())
        told = self._sent(*digest_text(report), None)
        if not told.failure and not self.order.dry_run:
            self._keep([Notice(cause=_DIGEST, told_at=self.now, severity=Severity.INFO, hosts=0)])
        return told

    def _sent(self, subject: str, body: str, severity: Severity | None) -> Told:
        name = self.to.receiver.name
        if self.order.dry_run:
            return Told(name, subject=subject, body=body)
        sent = send(self.to.receiver.url, subject, body, severity)
        return Told(name, sent.scheme, subject, body, sent.failure)

    def _keep(self, told: Sequence[Notice]) -> None:
        keep_told(self.engine, self.to.receiver.name, told, self.now - self.to.receiver.at_most_every)


def _worst(news: Sequence[News]) -> Severity | None:
    """Of what is there; that something is gone is nothing bad."""
    return max((one.severity for one in news if one.now), key=lambda severity: severity.rank, default=None)


def _scope(receiver: Receiver, number: int, where: str | None, every: Scope, path: Path) -> Scope:
    if not receiver.groups and not receiver.hosts:
        return every
    key = "groups" if receiver.groups else "hosts"
    try:
        if receiver.hosts and every.expected:
            refuse_strangers(receiver.hosts, every.expected)
        return scope_of(where, receiver.groups, receiver.hosts)
    except UsageError as error:
        raise wrong(error.what, path, ("receivers", number, key), error.hint) from None
