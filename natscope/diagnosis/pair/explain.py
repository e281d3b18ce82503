"""Why a peer is reached as it is: direct, relayed, not at all, or not tried.

A peer about which there is nothing to find out (offline, idle, expired, direct) costs little: a mesh has thousands.
"""

from __future__ import annotations

from dataclasses import replace

from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.from_mesh import from_network
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.public_addresses import public_of_node, public_of_report
from natscope.diagnosis.pair.relayed import explain_relayed
from natscope.diagnosis.pair.remarks import with_remarks
from natscope.diagnosis.pair.settled import explain_settled
from natscope.diagnosis.pair.side import YOU, Side, named
from natscope.diagnosis.pair.star import Star
from natscope.diagnosis.pair.trial import read_trial
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_path import PathChange, PingAnswer
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.pair import Explanation
from natscope.model.report import Report
from natscope.model.tri import Tri

ANOTHER_NETWORK = "a fresh report: the last one was of another network (natscope netcheck)"


def explain_peer(
    status: MeshStatus,
    peer: MeshNode,
    *,
    details: PeerDetails | None = None,
    report: Report | None = None,
    report_age_s: float | None = None,
    changes: tuple[PathChange, ...] | None = None,
    pings: tuple[PingAnswer, ...] = (),
    own: PeerDetails | None = None,
    is_of_now: Tri = Tri.UNKNOWN,
    star: Star | None = None,
) -> Explanation:
    """What is known of the way to `peer`; never raises.

    `report` is this host's, `report_age_s` seconds old (None: of now); `changes` None: no history is told. `own`,
    `is_of_now` and `star` are as in `PairFacts`. Names in the texts are as the mesh tells them: clean them before they
    are drawn.
    """
    trial = read_trial(peer, changes, pings)
    known = explain_settled(peer, trial, details, report)
    if known is None:
        known = explain_relayed(
            pair_facts(status, peer, details, report, report_age_s, changes, pings, own=own, is_of_now=is_of_now)
        )
    return with_remarks(known, status, peer, trial, details, star)


def pair_facts(
    status: MeshStatus,
    peer: MeshNode,
    details: PeerDetails | None = None,
    report: Report | None = None,
    report_age_s: float | None = None,
    changes: tuple[PathChange, ...] | None = None,
    pings: tuple[PingAnswer, ...] = (),
    *,
    own: PeerDetails | None = None,
    is_of_now: Tri = Tri.UNKNOWN,
) -> PairFacts:
    """All that is known of this node and that peer, for the prediction and the causes."""
    this = _this(status, report, report_age_s, is_of_now, own)
    named_here = report is not None and not report.has_masked_relays
    codes = {r.region_id: r.region_code for r in report.relays} if report is not None and named_here else {}
    endpoints = details.endpoints if details is not None and details.endpoints else peer.endpoints
    other = from_network(
        details.network if details is not None else None,
        endpoints,
        names=named(peer.short_name),
        home=peer.relay,
        codes=codes,
        tells_all=details is not None or bool(endpoints),
    )
    return PairFacts(
        this=this,
        peer=other,
        trial=read_trial(peer, changes, pings),
        node=peer,
        own_version=status.version,
        details=details,
        report=report if this.is_measured else None,
        status=status,
        own=own,
        is_of_now=is_of_now if this.is_measured else Tri.UNKNOWN,
    )


def _this(
    status: MeshStatus, report: Report | None, age_s: float | None, is_of_now: Tri, details: PeerDetails | None
) -> Side:
    """By its report, where that is of this network; else by what this node tells the mesh of itself. What was measured
    just now on this computer is of this network, whatever the node tells.
    """
    own = status.this.endpoints if status.this is not None else ()
    home = status.this.relay if status.this is not None else ""
    missing = "its netcheck (natscope netcheck)"
    if report is not None:
        side = from_report(report, YOU, age_s=age_s)
        elsewhere = not side.blurred and is_of_now is not Tri.YES and is_elsewhere(status, report)
        if side.is_measured and not elsewhere:
            return side
        missing = side.missing if not side.is_measured else ANOTHER_NETWORK
    network = details.network if details is not None else None
    side = from_network(network, own, names=YOU, home=home, source="this", tells_all=bool(own))
    return replace(side, missing=missing)


def is_elsewhere(status: MeshStatus, report: Report) -> bool:
    """The node tells public IPv4 endpoints, and none has an address that the report knows: it was measured somewhere
    else. A masked report cannot say.
    """
    if report.is_masked:
        return False
    now, then = public_of_node(status), public_of_report(report)
    return bool(now) and bool(then) and not now & then
