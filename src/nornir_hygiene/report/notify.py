"""Sends one message to one receiver, by Apprise. Its URL is a secret: nothing here shows more of it than the scheme."""

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from nornir_hygiene.errors import ConfigError, NrError
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.notification import Reference

if TYPE_CHECKING:
    import apprise

# For one service, repetitions included; the parts of it have shorter deadlines of their own.
_DEADLINE_S = 30.0
# A service that answers late has taken the message all the same: told again, it would come twice.
_ANSWER_S = 15.0
_INSTALL = "pip install 'nornir-hygiene[notification]'"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://.")
# What Apprise logs may hold the URL: it is only searched for these, and our own words are said.
_REASONS = (
    (r"\berror=(40[13])\b", "it refused the login or the token (HTTP {})"),
    (r"\berror=([1-5]\d\d)\b", "it answered with HTTP {}"),
    (r"SMTPAuthenticationError|\(53[045], ", "it refused the login"),
    (r"SMTPRecipientsRefused|SMTPSenderRefused|SMTPDataError|\(55\d, ", "the mail server refused the message"),
    (r"[Cc]onnection refused", "connection refused"),
    (r"Name or service not known|[Nn]ame resolution|nodename nor servname|getaddrinfo", "its name is not known"),
    (r"CERTIFICATE_VERIFY_FAILED|SSLError|SSL:", "TLS: its certificate was not accepted"),
    (r"[Tt]imed out|[Tt]imeout", "no answer in time"),
    (r"unreachable|No route to host", "no way to it"),
    (r"[Cc]onnection (reset|aborted)|closed", "it closed the connection"),
    (r"Invalid|invalid|not specified|Could not load|Unsupported", "the URL is not what this scheme needs"),
)


class Sent(NamedTuple):
    """Empty `failure`: the service took it. `scheme` is all that is shown of a URL."""

    scheme: str
    failure: str = ""


def send(reference: Reference, subject: str, body: str, severity: Severity | None) -> Sent:
    """One message, as one. Never raises for a receiver that cannot be reached; ConfigError if Apprise is missing.

    `severity` None: nothing bad, such as a digest.
    """
    apprise_module()
    try:
        url = _url(reference)
    except NrError as error:
        return Sent("", str(error.what))
    found = _SCHEME.match(url)
    if found is None:
        return Sent("", f"{reference} holds no URL")
    return Sent(found[1].lower(), _pushed(url, subject, body, severity))


def apprise_module() -> None:
    """Raises ConfigError, and says what to install, if it is not there."""
    with _quiet():
        try:
            import apprise  # noqa: F401
        except ImportError:
            raise ConfigError("notification needs Apprise", "notification.yaml", hint=_INSTALL) from None


def _url(reference: Reference) -> str:
    """Raises NrError, which names the place and never what is there."""
    url = os.environ.get(reference.env, "") if reference.env else _from_keyring(reference)
    if not url.strip():
        raise NrError(f"{reference} is not set")
    return url.strip()


def _from_keyring(reference: Reference) -> str:
    service, _, name = reference.keyring.partition("/")
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise NrError(f"{reference}: keyring is missing: {_INSTALL}") from None
    try:
        return keyring.get_password(service, name) or ""
    except (KeyringError, OSError, RuntimeError) as error:
        # Its text may be a stranger's; the class says enough: NoKeyringError, KeyringLocked, InitError.
        raise NrError(f"{reference} cannot be read: {type(error).__name__}") from None


def _pushed(url: str, subject: str, body: str, severity: Severity | None) -> str:
    """Empty, or why not."""
    import apprise

    with _quiet() as heard:
        asset = apprise.AppriseAsset(
            app_id="nr",
            app_desc="nornir-hygiene",
            app_url="",
            storage_mode=apprise.PersistentStoreMode.MEMORY,
            service_timeout=_DEADLINE_S,
        )
        service = apprise.Apprise.instantiate(url, asset=asset)
        if not isinstance(service, apprise.NotifyBase):
            return "Apprise does not know this scheme, or the URL is not what it needs"
        # One message stays one: what is too long for a service is cut, not sent in parts.
        service.overflow_mode = apprise.OverflowMode.TRUNCATE
        service.socket_read_timeout = max(service.socket_read_timeout, _ANSWER_S)
        services = apprise.Apprise(asset=asset)
        services.add(service)
        done = services.notify(
            title=subject, body=body, notify_type=_type(severity), body_format=apprise.NotifyFormat.TEXT
        )
    return "" if done else heard.reason()


def _type(severity: Severity | None) -> "apprise.NotifyType":
    import apprise

    types = {Severity.CRITICAL: apprise.NotifyType.FAILURE, Severity.WARNING: apprise.NotifyType.WARNING}
    return types.get(severity, apprise.NotifyType.INFO) if severity else apprise.NotifyType.INFO


class _Ear(logging.Handler):
    """Hears all that Apprise logs and keeps none of it but the sort of failure."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._found: set[int] = set()
        self._said: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """One message of Apprise."""
        text = record.getMessage()
        for rank, (pattern, words) in enumerate(_REASONS):
            found = re.search(pattern, text)
            if found:
                self._said.setdefault(rank, words.format(*found.groups()))

    def reason(self) -> str:
        """The plainest one."""
        return self._said[min(self._said)] if self._said else "the service did not take it"


@contextmanager
def _quiet() -> Iterator[_Ear]:
    """Apprise logs URLs, requests warns with host names: for this time only we hear them."""
    logger, ear = logging.getLogger("apprise"), _Ear()
    before = (logger.handlers[:], logger.level, logger.propagate)
    logger.handlers, logger.propagate = [ear], False
    logger.setLevel(logging.DEBUG)
    for name in ("urllib3", "requests", "asyncio"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield ear
    finally:
        logger.handlers, logger.propagate = before[0], before[2]
        logger.setLevel(before[1])
