"""Two nodes: by which ways packets could go between them, and why they do not go directly.

`this` is the side that asks, `peer` the other one. Values only; `natscope.diagnosis.pair` computes them.
"""

from __future__ import annotations

import enum

import msgspec

from natscope.model.finding import Certainty, Fix
from natscope.model.tri import Tri


class Via(enum.StrEnum):
    """What kind of way a candidate is."""

    LAN = "lan"
    """Private or unique local addresses: only inside one network."""
    CGNAT = "cgnat"
    """An address in 100.64.0.0/10 (RFC 6598): at most inside one carrier's network."""
    V4 = "v4"
    """A public IPv4 address, or what a router shows as one."""
    V6 = "v6"
    """A global IPv6 address."""
    PORT_MAPPING = "port-mapping"
    """A port that a router opened on request, or that somebody forwards."""
    PORT_GUESSING = "port-guessing"
    """The public port would have to be guessed."""
    PEER_RELAY = "peer-relay"
    """Through another node of the mesh."""
    UNKNOWN = "unknown"


class Outcome(enum.StrEnum):
    """What comes of a candidate: of a prediction, or of a trial where `tried` is yes."""

    DIRECT = "direct"
    GUESS = "guess"
    NO = "no"
    UNKNOWN = "unknown"


class Blame(enum.StrEnum):
    """On whose side the reason lies. `NOBODY`: there is nothing wrong (direct, or nothing was sent)."""

    THIS = "this"
    PEER = "peer"
    BOTH = "both"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


class CandidatePath(msgspec.Struct, frozen=True, kw_only=True):
    """One way. `endpoint` is the peer's, `ip:port`, empty where none is known for this kind of way.

    `tried` and `answered` are facts of the node that tried (its history, its pings), `result` what follows from all
    that is known, `reason` one clause for people, `cause` the id of the catalogue's entry behind a `no` (may be empty).
    `probability` of success, 0.0 to 1.0, only where a formula gives one (guessed ports). `evidence` names what it rests
    on: observation ids of this side's report, `peer:` and an observation id or field of what is told of the peer.
    """

    via: Via
    endpoint: str = ""
    tried: Tri = Tri.UNKNOWN
    answered: Tri = Tri.UNKNOWN
    result: Outcome = Outcome.UNKNOWN
    reason: str = ""
    cause: str = ""
    probability: float | None = None
    evidence: tuple[str, ...] = ()


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """`path`: `direct`, `relay` or `unknown`, by the best candidate; `via`: that candidate's kind (a relay: `unknown`).

    `probability` of a direct path, 0.0 to 1.0, only where a formula gives one (guessed ports). `relay` is the code of
    the best region for both, with the round trip through it in milliseconds where both sides are known. `reason` is
    one sentence.
    """

    path: str
    via: Via = Via.UNKNOWN
    probability: float | None = None
    relay: str = ""
    relay_rtt_ms: float | None = None
    reason: str = ""
    candidates: tuple[CandidatePath, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a peer is reached as it is.

    `short` fits a table cell (at most 40 characters), `sentence` stands alone. `this_side` and `peer_side` say in a
    clause what is known of each side's router, `causes` are ids of the catalogue, `fixes` stand cheapest first.
    `unknowable` are things that only the other side's report could tell, `peer_command` the one command to run there
    (empty: not needed).
    """

    short: str
    sentence: str
    blame: Blame = Blame.UNKNOWN
    certainty: Certainty | None = None
    causes: tuple[str, ...] = ()
    this_side: str = ""
    peer_side: str = ""
    fixes: tuple[Fix, ...] = ()
    unknowable: tuple[str, ...] = ()
    peer_command: str = ""
    prediction: Prediction | None = None
