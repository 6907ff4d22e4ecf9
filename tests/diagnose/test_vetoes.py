"""Each veto of domain facts 3.3 alone, against evidence that would otherwise be enough."""

import pytest

from nornir_hygiene.models.cluster import ClusterView
from tests.diagnose.clusters import POOL, changed, hung, osdc, recorded, the_cause, with_pool

STOPPED = recorded("stopped")
FULL = [{"code": "OSD_FULL", "message": "1 full osd(s)"}]
CLIENT = ("client", f"{STOPPED[0].fsid}.client4117")
VETOES: dict[str, tuple[tuple[ClusterView, ...], tuple[tuple[str, str], ...], str]] = {
    "homeless": (STOPPED, (CLIENT, *osdc("osd1", homeless=2)), "homeless"),
    "homeless row": (STOPPED, (CLIENT, *osdc("osd1", "osd-1")), "homeless"),
    "paused request": (STOPPED, (CLIENT, *osdc("osd1 0x400014\tP")), "are paused"),
    "backoff": (STOPPED, (CLIENT, *osdc("osd1"), ("osdc", "osd1 2.0\t1\t…")), "hold requests back"),
    "flag full": (changed(STOPPED, flags=("full",)), (), "flag full"),
    "flag pauserd": (changed(STOPPED, flags=("pauserd",)), (), "flag pauserd"),
    "osd full": (
        tuple(ClusterView.model_validate({**view.model_dump(), "checks": FULL}) for view in STOPPED),
        (),
        "an OSD is full",
    ),
    "pool full": (with_pool(STOPPED, flags=("full",)), (), "it is full"),
    "groups inactive": (with_pool(STOPPED, pg_states=(("peering", 1), ("active+clean", 7))), (), "1 peering"),
    "no quorum": (changed(STOPPED, quorum=()), (), "no quorum"),
    "no monitors": (changed(STOPPED, answered=False, fsid="", why_not="timed out"), (), "monitors gave no answer"),
    "blocklisted": (
        changed(STOPPED, blocklist=("10.0.0.9:0/77",)),
        (("client address", "10.0.0.9:0/77"),),
        "on the cluster's blocklist",
    ),
    "lock": (STOPPED, (("waits", "page-io, rbd-exclusive-lock"),), "exclusive lock"),
}


@pytest.mark.parametrize("name", VETOES)
def test_a_veto_keeps_a_stopped_osd_from_being_the_established_cause(name: str) -> None:
    views, facts, word = VETOES[name]
    assert the_cause(STOPPED, hung()).established
    cause = the_cause(views, hung("worker-1", f"{POOL}/vol-1", *facts))
    assert not cause.established
    assert any(word in veto for veto in cause.vetoes), cause
    assert word in cause.why_not


def test_groups_the_manager_has_no_word_of_are_no_reason_against_an_osd_its_client_waits_for() -> None:
    unknown = with_pool(STOPPED, pg_states=(("unknown", 8),), osds=())
    cause = the_cause(unknown, hung())
    assert (cause.established, cause.vetoes) == (False, ())
    assert "the manager has had no word" in cause.missing
    assert the_cause(unknown, hung("worker-1", f"{POOL}/vol-1", CLIENT, *osdc("osd1"))).established
