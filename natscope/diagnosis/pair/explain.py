"""Why a peer is reached as it is: direct, relayed, not at all, or not tried."""

from __future__ import annotations

from natscope.model.address_space import is_inside
from natscope.model.finding import Certainty
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.mesh_status import MeshNode, MeshStatus, Way
from natscope.model.pair import Blame, Explanation
from natscope.model.report import Report


def explain_peer(
    status: MeshStatus,
    peer: MeshNode,
    *,
    details: PeerDetails | None = None,
    report: Report | None = None,
    report_age_s: float | None = None,
    changes: tuple[PathChange, ...] | None = None,
    pings: tuple[PingAnswer, ...] = (),
) -> Explanation:
    """What is known of the way to `peer`; never raises. `report` is this host's, `changes` None: no history is told."""
    if peer.is_expired:
        said = "Its key has expired: it cannot take part until somebody logs it in again."
        return _settled("key expired", said, Blame.PEER, causes=("NS-CTL-05",))
    if details is not None and details.is_authorized is False:
        return _settled("not approved", "Nobody has approved this node yet.", Blame.PEER, causes=("NS-CTL-05",))
    if peer.is_online is False:
        seen = f"last seen {peer.last_seen:%Y-%m-%d %H:%M} UTC" if peer.last_seen else "offline"
        return _settled(seen, f"It is not connected to the control server ({seen}).", Blame.PEER)
    if peer.way is Way.IDLE:
        said = "Nothing was sent to it lately, so no way was tried. That is no fault."
        return _settled("no traffic, not tested", said, Blame.NOBODY, causes=("NS-CTL-08",))
    if peer.way is Way.DIRECT and peer.current is not None:
        kind = "LAN" if is_inside(peer.current.ip) else f"IPv{peer.current.family}"
        return _settled(f"direct, {kind}", f"Packets go straight to {peer.current}.", Blame.NOBODY)
    return _unsettled(peer)


def _unsettled(peer: MeshNode) -> Explanation:
    """Relayed, or told by nobody: the reason takes what both sides know."""
    if peer.way is Way.UNKNOWN:
        return Explanation(short="not told", sentence="Nobody tells by which way it is reached.")
    through = f"relay {peer.relay}" if peer.way is Way.RELAYED else "a peer relay"
    return Explanation(
        short="reason not known yet",
        sentence=f"Its packets go through {through}; why no direct way was found takes both sides' reports.",
        unknowable=("what the peer's router does",),
        peer_command="natscope netcheck --json > peer.json",
    )


def _settled(short: str, sentence: str, blame: Blame, causes: tuple[str, ...] = ()) -> Explanation:
    return Explanation(short=short, sentence=sentence, blame=blame, certainty=Certainty.CERTAIN, causes=causes)
