"""Whatever comes in: an answer that covers every finding, in a stable order, and nothing established against a veto."""

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nornir_hygiene.diagnose.correlate import correlate
from nornir_hygiene.models.cluster import ClusterView, OsdEntry, OsdOp, OsdProcess, OsdSocket, PoolEntry
from tests.diagnose.clusters import HOSTS, POOL, THREE_WORKERS, WHEN, hung, osdc, recorded

STOPPED = recorded("stopped")


def test_the_order_of_what_comes_in_does_not_matter() -> None:
    expected = correlate(THREE_WORKERS, STOPPED)
    for findings, views in itertools.product(itertools.permutations(THREE_WORKERS), itertools.permutations(STOPPED)):
        assert correlate(findings, views) == expected


_ids = st.integers(0, 3)
_text = st.sampled_from(["", "ceph-1", "ceph-2.example.org", POOL, "other", "\x1b[31m", "x" * 500])
_op = st.builds(
    OsdOp,
    description=st.sampled_from(["osd_op(client.1:1 2.7 x)", "osd_repop(a 2.1 e1)", "pg_update", "("]),
    age_s=st.floats(0, 1e6),
    flag_point=st.sampled_from(["no flag points reached", "delayed", "waiting for sub ops", ""]),
    event=_text,
    waits_for=st.lists(_ids, max_size=3).map(tuple),
    pool=st.none() | _ids,
)
_view = st.builds(
    ClusterView,
    host=st.sampled_from(HOSTS),
    taken_at=st.just(WHEN),
    hostname=_text,
    answered=st.booleans(),
    why_not=_text,
    fsid=st.sampled_from(["", "a", "b"]),
    quorum=st.lists(_text, max_size=1).map(tuple),
    osds=st.lists(st.builds(OsdEntry, osd=_ids, host=st.none() | _text, up=st.none() | st.booleans())).map(tuple),
    pools=st.lists(
        st.builds(PoolEntry, pool=_ids, name=st.none() | _text, osds=st.lists(_ids).map(tuple)), max_size=3
    ).map(tuple),
    processes=st.lists(
        st.builds(OsdProcess, osd=_ids, pid=_ids, state=st.sampled_from("STDtZ"), threads=_ids), max_size=3
    ).map(tuple),
    sockets=st.lists(
        st.builds(
            OsdSocket,
            osd=_ids,
            answer=st.sampled_from(["answered", "silent", "refused", "unknown"]),
            ops=st.lists(_op, max_size=3).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    complete=st.booleans(),
)
_finding = st.builds(
    lambda host, image, rows, homeless: hung(host, image, *osdc(*rows, homeless=homeless)),
    st.sampled_from(["w1", "w2"]),
    st.sampled_from([f"{POOL}/a", "other/b", "?/?", ""]),
    st.lists(st.sampled_from(["osd0", "osd1", "osd-1", "osd2 0x1\tP"]), max_size=3),
    st.integers(0, 2),
)


@settings(max_examples=100)
@given(
    findings=st.lists(_finding, max_size=4, unique_by=lambda one: one.fingerprint),
    views=st.lists(_view, max_size=3, unique_by=lambda view: view.host),
)
def test_any_views_give_an_answer_that_covers_every_finding_and_never_establishes_against_a_veto(
    findings: list[Any], views: list[ClusterView]
) -> None:
    causes = correlate(findings, views)
    assert {print_ for cause in causes for print_ in cause.fingerprints} == {one.fingerprint for one in findings}
    for cause in causes:
        assert cause.established is not bool(cause.vetoes or cause.missing)
        if cause.established:
            assert cause.osd is not None
            assert any(view.answered and view.quorum for view in views)
    assert causes == correlate(findings[::-1], views[::-1])
