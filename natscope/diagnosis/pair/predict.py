"""Will two nodes connect directly, by which way, and which relay serves them best meanwhile."""

from __future__ import annotations

from natscope.diagnosis.pair.candidates import candidates
from natscope.diagnosis.pair.side import Side
from natscope.diagnosis.pair.trial import NO_TRIAL, Trial
from natscope.model.pair import CandidatePath, Outcome, Prediction, Via

DIRECT, RELAY, UNKNOWN = "direct", "relay", "unknown"


def predict(this: Side, peer: Side, trial: Trial = NO_TRIAL) -> Prediction:
    """Direct by the first way that is; unknown while a way that nobody knows of is left; else a relay."""
    rows = candidates(this, peer, trial)
    relay, rtt = best_relay(this, peer)
    direct = next((row for row in rows if row.result is Outcome.DIRECT), None)
    if direct is not None:
        return _prediction(DIRECT, direct, rows, relay, rtt)
    open_question = next((row for row in _by_weight(rows) if row.result is Outcome.UNKNOWN), None)
    if open_question is not None:
        return _prediction(UNKNOWN, open_question, rows, relay, rtt)
    return _prediction(RELAY, _nearest(rows), rows, relay, rtt)


def best_relay(this: Side, peer: Side) -> tuple[str, float | None]:
    """The region with the least sum of both round trips; where one side's are not known, the peer's home relay.

    What goes to a peer goes through its home relay (upstream wgengine/magicsock), so the sum is what is to be expected
    if that becomes the home of both. Masked codes are no relays: two reports may have the same mask for different ones.
    """
    if this.relays_masked or peer.relays_masked:
        return "" if peer.relays_masked else peer.home, None
    both = this.latency_ms.keys() & peer.latency_ms.keys()
    if both:
        rtt, code = min((this.latency_ms[code] + peer.latency_ms[code], code) for code in both)
        return code, round(rtt, 1)
    return peer.home or this.home, None


def _prediction(
    path: str, row: CandidatePath, rows: tuple[CandidatePath, ...], relay: str, rtt: float | None
) -> Prediction:
    via = Via.UNKNOWN if path == RELAY else row.via
    guess = next((r.probability for r in rows if r.result is Outcome.GUESS), None)
    return Prediction(
        path=path,
        via=via,
        probability=None if path == DIRECT else guess,
        relay=relay,
        relay_rtt_ms=rtt,
        reason=row.reason,
        candidates=rows,
    )


def _by_weight(rows: tuple[CandidatePath, ...]) -> list[CandidatePath]:
    """The question about IPv4 says most to people."""
    order = (Via.V4, Via.V6, Via.PORT_MAPPING, Via.LAN, Via.CGNAT, Via.PORT_GUESSING, Via.UNKNOWN)
    rows = tuple(row for row in rows if row.via is not Via.PORT_GUESSING)
    return sorted(rows, key=lambda row: order.index(row.via))


def _nearest(rows: tuple[CandidatePath, ...]) -> CandidatePath:
    """The way that fails most tellingly: IPv4's."""
    return next((row for row in rows if row.via is Via.V4), rows[0])
