"""NS-UDP-04: WireGuard's look gets lost beside others that do not."""

from __future__ import annotations

from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.causes.udp.test_udp_03_stun_filtered import shaped
from tests.diagnosis.judging import claim, found, scene

ID = "NS-UDP-04"


def test_a_live_trial_is_certain() -> None:
    finding = found(scene("wireguard-filtered"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert len(finding.evidence) == 3


def test_it_passes_or_is_not_known() -> None:
    assert claim(shaped("healthy", wireguard=Tri.YES), ID) is None
    assert claim(shaped("healthy", wireguard=Tri.UNKNOWN), ID) is None
    assert claim(scene("healthy"), ID) is None
