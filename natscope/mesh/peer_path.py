"""The way to one peer in full: its candidates, the history with equal steps folded, prediction against fact. Pure."""

from __future__ import annotations

import msgspec

from natscope.mesh.history import Step, fold, told_endpoints
from natscope.mesh.overview import ACTIVE, Overview, PeerLine, PeerState
from natscope.model.address_space import is_inside
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.pair import CandidatePath, Outcome, Prediction, Via
from natscope.model.tri import Tri


class PathView(msgspec.Struct, frozen=True, kw_only=True):
    """`overview` has this one peer as its only line. `steps` None: no history is kept, or it may not be read.

    `agrees`: does the prediction say what is. `pings` are those that were sent for this view.
    """

    overview: Overview
    line: PeerLine
    candidates: tuple[CandidatePath, ...] = ()
    steps: tuple[Step, ...] | None = None
    pings: tuple[PingAnswer, ...] = ()
    agrees: Tri = Tri.UNKNOWN

    @property
    def prediction(self) -> Prediction | None:
        """What the two sides' facts foretell."""
        return self.line.why.prediction


def build_path(
    overview: Overview,
    line: PeerLine,
    *,
    changes: tuple[PathChange, ...] | None = None,
    details: PeerDetails | None = None,
    pings: tuple[PingAnswer, ...] = (),
) -> PathView:
    """From one line of the overview and what was asked for it."""
    prediction = line.why.prediction
    rows = prediction.candidates if prediction is not None else ()
    return PathView(
        overview=overview,
        line=line,
        candidates=rows + _missing(rows, line, changes or (), details),
        steps=None if changes is None else fold(changes),
        pings=pings,
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
        ip = Endpoint.parse(text).ip
    except ValueError:
        return Via.UNKNOWN
    if is_inside(ip):
        return Via.LAN
    return Via.V4 if ip.version == 4 else Via.V6
