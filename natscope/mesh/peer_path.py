"""The way to one peer in full: its candidates, the history with equal steps folded, prediction against fact. Pure."""

from __future__ import annotations

import msgspec

from natscope.diagnosis.pair.candidates import via_of_address
from natscope.diagnosis.pair.explain import pair_facts
from natscope.diagnosis.pair.predict import predict
from natscope.mesh.history import Step, fold, told_endpoints
from natscope.mesh.overview import ACTIVE, Overview, PeerLine, PeerState, ReportUse
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.pair import CandidatePath, Outcome, Prediction, Via
from natscope.model.tri import Tri


class PathView(msgspec.Struct, frozen=True, kw_only=True):
    """`overview` has this one peer as its only line. `steps` None: no history is kept, or it may not be read.

    `prediction` is what both sides' facts foretell without looking at what came of any try, `agrees` whether that is
    so; `candidates` know the tries. `pings` are those that were sent for this view.
    """

    overview: Overview
    line: PeerLine
    candidates: tuple[CandidatePath, ...] = ()
    steps: tuple[Step, ...] | None = None
    pings: tuple[PingAnswer, ...] = ()
    prediction: Prediction | None = None
    agrees: Tri = Tri.UNKNOWN


def judge_ways(
    status: MeshStatus,
    peer: MeshNode,
    *,
    report: ReportUse | None = None,
    changes: tuple[PathChange, ...] | None = None,
    details: PeerDetails | None = None,
    pings: tuple[PingAnswer, ...] = (),
) -> tuple[Prediction, tuple[CandidatePath, ...]]:
    """What is foretold without the tries, and the candidates with them."""
    usable = report.report if report is not None else None
    age_s = report.age_s if report is not None else None
    is_of_now = report.is_of_now if report is not None else Tri.UNKNOWN
    facts = pair_facts(status, peer, details, usable, age_s, changes, pings, is_of_now=is_of_now)
    return predict(facts.this, facts.peer), predict(facts.this, facts.peer, facts.trial).candidates


def build_path(
    overview: Overview,
    line: PeerLine,
    *,
    prediction: Prediction | None = None,
    candidates: tuple[CandidatePath, ...] = (),
    changes: tuple[PathChange, ...] | None = None,
    details: PeerDetails | None = None,
    pings: tuple[PingAnswer, ...] = (),
) -> PathView:
    """From one line of the overview, what `judge_ways` says, and what was asked for it."""
    return PathView(
        overview=overview,
        line=line,
        candidates=candidates + _missing(candidates, line, changes or (), details),
        steps=None if changes is None else fold(changes),
        pings=pings,
        prediction=prediction,
        agrees=_agrees(prediction, line.state),
    )


def _agrees(prediction: Prediction | None, state: PeerState) -> Tri:
    """Unknown while either side of the comparison is."""
    if prediction is None or prediction.path not in ("direct", "relay"):
        return Tri.UNKNOWN
    if state is PeerState.DIRECT:
        return Tri.of(prediction.path == "direct")
    if state in (PeerState.RELAYED, PeerState.PEER_RELAY):
        return Tri.of(prediction.path == "relay")
    return Tri.UNKNOWN


def _missing(
    rows: tuple[CandidatePath, ...], line: PeerLine, changes: tuple[PathChange, ...], details: PeerDetails | None
) -> tuple[CandidatePath, ...]:
    """Endpoints that somebody named and no row has: with their kind, and what is known of them alone."""
    told = [str(endpoint) for endpoint in details.endpoints] if details is not None else []
    told += told_endpoints(changes)
    current = str(line.endpoint) if line.endpoint is not None else ""
    known = {row.endpoint for row in rows}
    found = dict.fromkeys([*([current] if current else []), *told])
    tried = Tri.YES if line.state in ACTIVE and line.state is not PeerState.UNKNOWN else Tri.UNKNOWN
    return tuple(
        CandidatePath(
            via=_via(text),
            endpoint=text,
            tried=tried,
            answered=Tri.YES if text == current else Tri.UNKNOWN,
            result=Outcome.DIRECT if text == current else Outcome.UNKNOWN,
            reason="packets go there" if text == current else "",
        )
        for text in found
        if text not in known
    )


def _via(text: str) -> Via:
    try:
        return via_of_address(Endpoint.parse(text).ip)
    except ValueError:
        return Via.UNKNOWN
