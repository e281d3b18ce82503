"""What `natscope pair` says of two nodes: the prediction, what is known of each side, causes, changes that would help.

`natscope.pair/1`: fields are only added within major 1.
"""

from __future__ import annotations

import msgspec

from natscope.model.finding import Finding, Fix
from natscope.model.pair import Prediction
from natscope.model.tri import Tri

SCHEMA = "natscope.pair/1"


class PairSide(msgspec.Struct, frozen=True, kw_only=True):
    """One node. `by`: `natscope` or `tailscale`, whose report it is, or `mesh`, what others are told of it.

    `blurred` says why nothing that was measured is about its own network. `masked`: its addresses are masks,
    which say nothing beside the other side's. `varies`: is the public port another one for each peer; `lets_in` as RFC
    4787 names filtering, or `unknown`. `opens`: is a port open from outside.
    """

    name: str
    by: str
    age_s: float | None = None
    blurred: str = ""
    masked: bool = False
    says: str = ""
    udp: Tri = Tri.UNKNOWN
    ipv6: Tri = Tri.UNKNOWN
    public: tuple[str, ...] = ()
    translated: Tri = Tri.UNKNOWN
    varies: Tri = Tri.UNKNOWN
    lets_in: str = "unknown"
    opens: Tri = Tri.UNKNOWN
    home: str = ""
    unknown: tuple[str, ...] = ()


class PairReport(msgspec.Struct, frozen=True, kw_only=True):
    """`sentence` is the answer in one line. `findings` take both sides; `fixes` would make the prediction direct."""

    schema: str
    natscope: str
    this: PairSide
    peer: PairSide
    sentence: str
    prediction: Prediction
    findings: tuple[Finding, ...]
    fixes: tuple[Fix, ...]
