"""A person looks, and says yes, before the rung goes on."""

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.runbook import Risk
from nornir_hygiene.remediate.actions.action import Action, Text


class PauseArguments(Frozen):
    """`text`: what the person is asked."""

    text: Text


PAUSE = Action(
    name="pause",
    risk=Risk.SAFE,
    about="Asks a person to say yes before the rung goes on; whoever did stands in the journal. Only as the first step "
    "of a rung: nothing is set up or locked while somebody thinks, and all evidence is taken again after the yes. "
    "Without a terminal, or on any other answer, the run ends as `waiting`, and `nr resume RUN --confirmed` goes on.",
    arguments=PauseArguments,
    says=lambda told: f"wait for a person to say yes to: {told.text}",
    by_a_person=True,
)
