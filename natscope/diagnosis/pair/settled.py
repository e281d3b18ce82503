"""Peers about which there is nothing to find out: expired, not approved, offline, idle, direct."""

from __future__ import annotations

from natscope.diagnosis.cause import Cause, Support
from natscope.diagnosis.claim import Claim
from natscope.diagnosis.pair.addresses import word_of
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.judge import blame, short
from natscope.diagnosis.pair.side import Side
from natscope.diagnosis.pair.trial import Trial
from natscope.model.finding import Certainty
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshNode, Way
from natscope.model.pair import Blame, Explanation
from natscope.model.report import Report
from natscope.model.tri import Tri

STALE_HANDSHAKE_S = 300.0
"""WireGuard makes new keys every two minutes while packets flow, and uses none for longer than three."""


def explain_settled(
    peer: MeshNode, trial: Trial, details: PeerDetails | None, report: Report | None
) -> Explanation | None:
    """None where somebody has to look closer."""
    if peer.is_expired or (details is not None and details.is_authorized is False):
        return _admission(peer, details)
    if trial.answered:
        return _direct(peer, trial, report)
    if peer.is_online is False and not trial.relayed and not trial.by_peer_relay:
        return _offline(peer)
    if peer.way is Way.IDLE and not trial.relayed and not trial.by_peer_relay and not trial.silent:
        return _idle()
    if peer.way is Way.UNKNOWN and trial.is_tried is not Tri.YES and not trial.silent:
        return Explanation(short="not told", sentence="Nobody tells by which way it is reached.")
    return None


def claimed(claim: Claim, sentence: str = "") -> Explanation:
    """One cause as an explanation of its own."""
    return Explanation(
        short=short(claim),
        sentence=sentence or claim.support.title or claim.cause.title,
        blame=blame(claim),
        certainty=claim.certainty,
        causes=(claim.cause.id,),
        fixes=claim.cause.fixes if claim.support.fixes is None else claim.support.fixes,
    )


def _admission(peer: MeshNode, details: PeerDetails | None) -> Explanation:
    from natscope.diagnosis.causes.ctl import ctl_05_not_admitted as admitted

    return claimed(_claim(admitted.CAUSE, admitted.pair_evidence(_facts(peer, details))))


def _idle() -> Explanation:
    """The words of NS-CTL-08, without the catalogue: a mesh has thousands of idle peers."""
    return Explanation(
        short="no traffic, not tested",
        sentence="Nothing was sent to it lately, so no way was tried. That is no fault.",
        blame=Blame.NOBODY,
        certainty=Certainty.CERTAIN,
        causes=("NS-CTL-08",),
    )


def _offline(peer: MeshNode) -> Explanation:
    seen = f"last seen {peer.last_seen:%Y-%m-%d %H:%M} UTC" if peer.last_seen else "offline"
    return Explanation(
        short=seen,
        sentence=f"It is not connected to the control server ({seen}): switched off, asleep or without a network.",
        blame=Blame.PEER,
        certainty=Certainty.CERTAIN,
    )


def _direct(peer: MeshNode, trial: Trial, report: Report | None) -> Explanation:
    end = peer.current if peer.current in trial.answered and peer.current is not None else trial.answered[0]
    wrapped = _wrapped(trial, report)
    if wrapped is not None:
        return wrapped
    handshake = handshake_age_s(peer)
    rest = ""
    if handshake is not None and handshake > STALE_HANDSHAKE_S:
        rest = " But WireGuard made no new keys for a while: its packets may not get through."
    return Explanation(
        short=f"direct, {word_of(end.ip)}",
        sentence=f"Packets go straight to {end}.{rest}",
        blame=Blame.NOBODY,
        certainty=Certainty.CERTAIN,
    )


def handshake_age_s(peer: MeshNode) -> float | None:
    """Between the last handshake and the last packet sent: None where either is not told."""
    if peer.last_handshake is None or peer.last_write is None:
        return None
    return (peer.last_write - peer.last_handshake).total_seconds()


def _wrapped(trial: Trial, report: Report | None) -> Explanation | None:
    from natscope.diagnosis.causes.perf import perf_04_inside_tunnel as inside

    support = inside.pair_evidence(PairFacts(Side(), Side(), trial=trial, report=report))
    return claimed(_claim(inside.CAUSE, support)) if support.holds is Tri.YES else None


def _facts(peer: MeshNode, details: PeerDetails | None) -> PairFacts:
    from natscope.diagnosis.pair.side import named

    return PairFacts(Side(), Side(names=named(peer.short_name)), node=peer, details=details)


def _claim(cause: Cause, support: Support) -> Claim:
    return Claim(cause, support)
