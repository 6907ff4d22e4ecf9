"""Why an answer holds no snapshot: read from how it ended, its exit status and the last words on stderr."""

from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.finding import Severity
from nornir_hygiene.models.host import NotObserved, Reason
from nornir_hygiene.parse.frames import Frames, text_of

_FORK_WORDS = ("cannot fork", "can't fork", "fork: retry", "resource temporarily unavailable", "fork failed")
_SUDO_WORDS = ("sudo: a password", "sudo: sorry", "is not in the sudoers", "sudo: no tty", "not allowed to")


def why_nothing(answer: Answer, frames: Frames) -> NotObserved:
    """The most exact reason the bytes allow."""
    words = text_of(answer.stderr_tail).lower()
    begun = bool(frames.named("begin"))
    if any(word in words for word in _FORK_WORDS):
        return _because("cannot-fork", answer, "the host is out of pids or memory", Severity.CRITICAL)
    if any(word in words for word in _SUDO_WORDS):
        return _because("sudo-refused", answer, "allow `sudo -n /bin/sh` for this user, or set sudo: false")
    if answer.ended == "limit":
        return _because("output-too-large", answer, "look at the login shell's start-up files")
    if answer.ended == "deadline" and not answer.stdout:
        hint = "the login shell never ran: PAM, home on NFS, or no memory"
        return _because("login-hung", answer, hint, Severity.CRITICAL)
    if begun:
        return _because("probe-cut-short", answer, "run it again; look for what kills shells on the host")
    if answer.ended == "deadline":
        return _because("deadline", answer, "raise --timeout, or look at why the login shell talks without end")
    if answer.ended == "lost":
        return _because("probe-cut-short", answer, "the connection broke; run it again")
    return _because("not-a-probe-answer", answer, "the login shell must run `exec /bin/sh -s` and give its output back")


def _because(reason: Reason, answer: Answer, hint: str, suspicion: Severity | None = None) -> NotObserved:
    return NotObserved(reason=reason, phase="probe", detail=_detail(answer), hint=hint, suspicion=suspicion)


def _detail(answer: Answer) -> str:
    said = text_of(answer.stderr_tail).strip().splitlines()
    parts = [f"{len(answer.stdout)} bytes came, then: {answer.ended}"]
    if answer.exit_status is not None:
        parts.append(f"exit status {answer.exit_status}")
    if said:
        parts.append(f"last words: {said[-1][:200]}")
    return "; ".join(parts)
