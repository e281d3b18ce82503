"""Which regions and nodes the fallback probes (HTTPS, ICMP) ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.plugins.probe import FULL

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext, ProbeOptions


def is_on_demand(options: ProbeOptions, wanted: bool) -> bool:
    """Whether every relay is asked, not just silent ones."""
    return wanted or options.profile == FULL


def regions_to_ask(ctx: ProbeContext, *, everything: bool) -> tuple[RelayRegion, ...]:
    """All measured regions, or those that gave no answer over UDP (without the ones the map wants avoided)."""
    answered = ctx.answered_regions()
    return tuple(
        region
        for region in ctx.relay_map.measured_regions()
        if everything or (region.region_id not in answered and not region.avoid)
    )


def nodes_to_ask(region: RelayRegion) -> tuple[RelayNode, ...]:
    """The region's first two relays, without those that only do STUN."""
    return tuple(node for node in region.nodes if not node.stun_only)[:2]
