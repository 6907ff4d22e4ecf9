"""What every format says alike."""

from io import StringIO

from nornir_hygiene.models.suppression import Suppressed
from nornir_hygiene.report import html, hygiene_text, markdown
from nornir_hygiene.report.glance import suppressed_prints
from tests.report import hygiene_samples


def test_a_cause_says_how_many_of_its_findings_are_suppressed_in_every_format_for_people() -> None:
    found = hygiene_samples.finding("worker-1")
    by = Suppressed(reason="known", owner="me", expires_at=hygiene_samples.before(hours=-24))
    made = hygiene_samples.report(
        (hygiene_samples.host("worker-1"),),
        findings=(hygiene_samples.reported(found, suppressed=by),),
        causes=(hygiene_samples.cause("osd.1", (found,)),),
    )
    for text in (markdown.render(made), html.render(made), hygiene_text.rendered(made, StringIO())):
        assert "1 finding on 1 host, all suppressed" in text


def test_what_was_suppressed_and_went_is_not_there_and_suppressed() -> None:
    by = Suppressed(reason="known", owner="me", expires_at=hygiene_samples.before(hours=-24))
    there, gone, loud = (hygiene_samples.finding(name) for name in ("worker-1", "worker-2", "worker-3"))
    made = hygiene_samples.report(
        findings=(
            hygiene_samples.reported(there, suppressed=by),
            hygiene_samples.reported(gone, "gone", suppressed=by),
            hygiene_samples.reported(loud),
        )
    )
    assert suppressed_prints(made) == {there.fingerprint}
