"""A second opinion on the kind of NAT, held beside ours."""

from __future__ import annotations

import msgspec

from natscope.model.tri import Tri


class CrossCheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What another program says of IPv4's router. `says` are its own words, empty where it said nothing (`reason`).

    `means` is the same in RFC 3489's name as `NatFamilyReport.rfc3489_name` writes it. `agrees` holds it beside that;
    `explanation` says why two opinions differ, and which one to believe.
    """

    tool: str = "pystun3"
    server: str = ""
    says: str = ""
    means: str = ""
    agrees: Tri = Tri.UNKNOWN
    explanation: str = ""
    reason: str = "not asked"
    evidence: tuple[str, ...] = ()
