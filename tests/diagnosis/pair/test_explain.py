"""Why a peer is reached as it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from natscope.diagnosis.pair.explain import explain_peer
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.pair import Blame

SEEN = datetime(2026, 11, 21, 18, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("peer", "short", "blame"),
    [
        (MeshNode(is_active=True, current=Endpoint.parse("192.168.1.7:41641")), "direct, LAN", Blame.NOBODY),
        (MeshNode(is_active=True, current=Endpoint.parse("[2001:db8::7]:41641")), "direct, IPv6", Blame.NOBODY),
        (MeshNode(is_active=True, relay="fra"), "run natscope netcheck here", Blame.UNKNOWN),
        (MeshNode(is_active=False, relay="fra"), "no traffic, not tested", Blame.NOBODY),
        (MeshNode(is_online=False, last_seen=SEEN), "last seen 2026-11-21 18:02 UTC", Blame.PEER),
        (MeshNode(is_expired=True, is_active=True, relay="fra"), "key expired", Blame.PEER),
        (MeshNode(), "not told", Blame.UNKNOWN),
    ],
)
def test_states(peer: MeshNode, short: str, blame: Blame) -> None:
    explained = explain_peer(MeshStatus(), peer)
    assert (explained.short, explained.blame) == (short, blame)


def test_not_approved() -> None:
    peer = MeshNode(is_active=True, relay="fra")
    explained = explain_peer(MeshStatus(), peer, details=PeerDetails(is_authorized=False))
    assert explained.short == "not approved"
