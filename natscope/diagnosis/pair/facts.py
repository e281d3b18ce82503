"""Everything that is known of two nodes, as causes that take both sides ask for it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from natscope.diagnosis.pair.classes import CONES, HARD, possible
from natscope.diagnosis.pair.neighbours import Neighbours, neighbours
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.side import Side
from natscope.diagnosis.pair.star import Star
from natscope.diagnosis.pair.trial import NO_TRIAL, Trial
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.pair import Prediction
from natscope.model.report import Report
from natscope.model.tri import Tri


@dataclass(frozen=True)
class PairFacts:
    """`node` and `details` are what the mesh tells of the peer, `report` is this side's own.

    `own_version` is that of this side's mesh program. `status` is that program's, `own` what the mesh tells others of
    this node; `is_of_now`: was `report` measured just now on the computer of that status; `peer_is_recent`: is the
    peer's own report of the last minutes. `star` is about an address behind the peer that somebody asked for.
    """

    this: Side
    peer: Side
    trial: Trial = NO_TRIAL
    node: MeshNode | None = None
    own_version: str = ""
    details: PeerDetails | None = None
    report: Report | None = None
    status: MeshStatus | None = None
    own: PeerDetails | None = None
    is_of_now: Tri = Tri.UNKNOWN
    peer_is_recent: Tri = Tri.UNKNOWN
    star: Star | None = None

    @property
    def sides(self) -> tuple[Side, Side]:
        """This one first."""
        return self.this, self.peer

    @functools.cached_property
    def near(self) -> Neighbours:
        """Are the two in one network, or behind one router."""
        return neighbours(self.this, self.peer)

    @functools.cached_property
    def prediction(self) -> Prediction:
        """With what was tried."""
        return predict(self.this, self.peer, self.trial)

    def hard(self) -> tuple[Side, ...]:
        """Sides that show each peer another port over IPv4, for sure."""
        return tuple(side for side in self.sides if not side.blurred and possible(side.v4) <= HARD)

    def easy(self) -> tuple[Side, ...]:
        """Sides with one public port for all over IPv4, for sure."""
        return tuple(side for side in self.sides if not side.blurred and possible(side.v4) <= CONES)

    def is_this(self, side: Side) -> bool:
        """Whose side is it."""
        return side is self.this

    def blocked(self) -> tuple[Side, ...]:
        """Sides on which nothing comes back over UDP."""
        return tuple(side for side in self.sides if not side.blurred and side.udp.value is Tri.NO)
