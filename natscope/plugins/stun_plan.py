"""The probe plan as data: which relay is asked what, over which family, and when.

`natscope.netcheck.plan.make_plan` makes it; the relay probe and `natscope targets` read it.
"""

from __future__ import annotations

import ipaddress

import msgspec

from natscope.model.endpoint import Family, IPAddress
from natscope.model.relay_map import RelayNode

TAILSCALE_FORM = "tailscale"
"""A relay answers nothing but the 40-byte form with SOFTWARE `tailnode` and FINGERPRINT."""
PLAIN_FORM = "plain"
"""The 20-byte request of RFC 8489 for every other server."""


class PlannedSend(msgspec.Struct, frozen=True):
    """One STUN request. `at_s` counts from the start of the run; `round` from 0.

    `only_if_silent` sends are dropped when the region has answered by then, over whatever family.
    """

    at_s: float
    family: Family
    region_id: int
    node: str
    round: int
    form: str = TAILSCALE_FORM
    only_if_silent: bool = False


class ProbePlan(msgspec.Struct, frozen=True):
    """All sends in order of time. `silent_after_s`: when a region without an answer counts as silent."""

    sends: tuple[PlannedSend, ...] = ()
    silent_after_s: float = 1.5
    regions: tuple[int, ...] = ()

    @property
    def families(self) -> tuple[Family, ...]:
        """The families that are asked at all, 4 before 6."""
        asked = {send.family for send in self.sends}
        return tuple(sorted(asked))


def stun_literal(node: RelayNode, family: Family) -> IPAddress | None:
    """The address the map itself gives for STUN: STUNTestIP before the family's own field."""
    if node.stun_test_ip:
        try:
            ip = ipaddress.ip_address(node.stun_test_ip)
        except ValueError:
            return None
        return ip if ip.version == family else None
    return node.literal(family)
