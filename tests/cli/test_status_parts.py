"""What stands in the last column of the status, by what was found."""

from __future__ import annotations

import pytest

from natscope.cli.status_parts import note_of
from natscope.mesh.overview import PeerLine, PeerState
from natscope.model.mesh_status import MeshNode
from natscope.model.pair import Blame, Explanation


@pytest.mark.parametrize(
    ("state", "short", "blame", "causes", "note"),
    [
        (PeerState.DIRECT, "direct, LAN", Blame.NOBODY, (), ""),
        (PeerState.DIRECT, "no traffic, not tested", Blame.NOBODY, ("NS-CTL-08",), ""),
        (PeerState.DIRECT, "direct, by a detour", Blame.UNKNOWN, ("NS-PERF-02",), "direct, by a detour"),
        (
            PeerState.DIRECT,
            "direct, inside another tunnel",
            Blame.THIS,
            ("NS-PERF-04",),
            "direct, inside another tunnel",
        ),
        (PeerState.RELAYED, "its router: random ports", Blame.PEER, ("NS-NAT-01",), "its router: random ports"),
        (PeerState.EXPIRED, "key expired", Blame.PEER, ("NS-CTL-05",), "log in again on it"),
    ],
)
def test_a_note_where_there_is_something_to_say(
    state: PeerState, short: str, blame: Blame, causes: tuple[str, ...], note: str
) -> None:
    why = Explanation(short=short, sentence=f"{short}.", blame=blame, causes=causes)
    assert note_of(PeerLine(node=MeshNode(key="k"), state=state, why=why)) == note
