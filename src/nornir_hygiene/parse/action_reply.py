"""What an action script said: an ActionResult. Total: any bytes give one, and doubt gives `unknown`."""

from typing import get_args

from nornir_hygiene.models.answer import Answer
from nornir_hygiene.models.plan import ActionResult, Outcome
from nornir_hygiene.parse.frames import Frames, parse_frames

_OUTCOMES: dict[str, Outcome] = {outcome: outcome for outcome in get_args(Outcome)}
_FACTS_KEPT = 50


def parse_action_reply(answer: Answer, nonce: str) -> ActionResult:
    """Lines `outcome WORD`, `detail TEXT`, `fact NAME TEXT` between the markers; of each the last one counts."""
    frames = parse_frames(answer.stdout, nonce)
    lines = frames.lines("begin")
    outcome = _OUTCOMES.get(_last(lines, "outcome"))
    if not frames.ended or outcome is None:
        return ActionResult(outcome="unknown", detail=_why_unknown(answer, frames))
    return ActionResult(outcome=outcome, detail=_last(lines, "detail"), facts=dict(_facts(lines)))


def evidence_in(answer: Answer, nonce: str) -> dict[str, str]:
    """The texts an action collected, by name: its lines `evidence NAME TEXT`."""
    texts: dict[str, list[str]] = {}
    for line in parse_frames(answer.stdout, nonce).lines("begin"):
        word, _, rest = line.partition(" ")
        if word == "evidence":
            name, _, text = rest.partition(" ")
            texts.setdefault(name, []).append(text)
    return {name: "\n".join(each) + "\n" for name, each in texts.items()}


def _last(lines: list[str], word: str) -> str:
    return next((line.partition(" ")[2] for line in reversed(lines) if line.startswith(f"{word} ")), "")


def _facts(lines: list[str]) -> list[tuple[str, str]]:
    told = [line.split(" ", 2) for line in lines if line.startswith("fact ")]
    return [(parts[1], parts[2]) for parts in told if len(parts) == 3][:_FACTS_KEPT]


def _why_unknown(answer: Answer, frames: Frames) -> str:
    if not frames.named("begin"):
        said = answer.stderr_tail.decode("utf-8", "backslashreplace").strip()[-200:]
        return f"the host ran nothing of it that could be seen ({answer.ended}){': ' + said if said else ''}"
    return f"the answer broke off ({answer.ended}) before it said what came of it"
