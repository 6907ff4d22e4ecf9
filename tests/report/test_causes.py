import io
import json

import jsonschema
import pytest
from rich.console import Console

from nornir_hygiene.models.cluster import FleetCause
from nornir_hygiene.models.run import AuditReport
from nornir_hygiene.report import json as as_json
from nornir_hygiene.report import jsonl
from nornir_hygiene.report.causes import headline
from nornir_hygiene.report.text import render
from tests.report.samples import clean, report, sick
from tests.report.test_json import PUBLISHED
from tests.report.test_text import HOSTILE, piped

STUCK = FleetCause(
    sort="osd",
    name="ceph-osd osd.1 on ceph-2",
    sick="stuck",
    established=True,
    because="it answers, but 2 operations are old",
    host="ceph-2",
    osd=1,
    hosts=("worker-1", "worker-2"),
    fingerprints=("a", "b", "c"),
    restores="Restart osd.1 on ceph-2",
)
OPEN = STUCK.model_copy(
    update={"established": False, "missing": "which one", "vetoes": ("no quorum",), "sick": "unknown"}
)


def with_causes(*causes: FleetCause) -> AuditReport:
    return report(sick(), clean()).model_copy(update={"causes": causes})


def test_the_cause_stands_above_those_that_suffer_from_it() -> None:
    text = piped(with_causes(STUCK))
    assert text.index("one cause, many hosts") < text.index("rbd-io-hang")
    assert "ceph-osd osd.1 on ceph-2 is stuck: 3 findings on 2 hosts\n" in text
    assert "hosts: worker-1, worker-2\n" in text
    assert "restores: Restart osd.1 on ceph-2\n" in text


def test_what_is_not_established_says_so_with_what_speaks_against_it_and_no_cure() -> None:
    text = piped(with_causes(OPEN))
    assert "cause not established: ceph-osd osd.1 on ceph-2: 3 findings on 2 hosts\n" in text
    assert "against it: no quorum\n" in text
    assert "missing: which one\n" in text
    assert "Restart osd.1" not in text
    assert OPEN.why_not == "no quorum; which one"


def test_without_causes_there_is_no_such_section() -> None:
    assert "one cause" not in piped(with_causes())


def test_a_hundred_hosts_are_counted_and_a_dozen_named() -> None:
    hosts = tuple(f"w{number:03}" for number in range(100))
    text = piped(with_causes(STUCK.model_copy(update={"hosts": hosts})))
    assert "w011 and 88 more\n" in text
    assert "w012" not in text
    assert headline(STUCK.model_copy(update={"hosts": ("w",), "fingerprints": ("f",)})).endswith("1 finding on 1 host")


@pytest.mark.parametrize("width", [60, 160])
def test_hostile_words_of_a_cluster_never_reach_the_screen_raw(width: int) -> None:
    words = dict.fromkeys(("name", "because", "missing", "restores", "host"), HOSTILE)
    evil = STUCK.model_copy(update={**words, "hosts": (HOSTILE,), "vetoes": (HOSTILE,), "established": False})
    stream = io.StringIO()
    render(with_causes(evil), Console(file=stream, width=width, markup=False, emoji=False, highlight=False))
    assert not set(stream.getvalue()) & set("\x1b\x9b\x00\u202e\udcff\r")


def test_json_and_json_lines_carry_the_causes_and_keep_to_the_schema() -> None:
    shown = with_causes(STUCK, OPEN)
    data = json.loads(as_json.render(shown))
    jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text())).validate(data)
    assert [cause["sick"] for cause in data["causes"]] == ["stuck", "unknown"]
    assert json.loads(jsonl.render(shown).splitlines()[-1])["causes"] == data["causes"]
    assert AuditReport.model_validate_json(as_json.render(shown)) == shown


def test_a_report_saved_before_there_were_causes_is_still_read() -> None:
    data = json.loads(as_json.render(report(clean())))
    del data["causes"]
    assert AuditReport.model_validate(data).causes == ()
