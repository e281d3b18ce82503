"""What to write into a relay map so that clients find this relay: a region of its own, ready to be copied."""

from __future__ import annotations

import ipaddress

from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import DEFAULT_DERP_PORT, DEFAULT_STUN_PORT, RelayMap, RelayNode, RelayRegion

REGION = 900
"""The first of those that upstream keeps for relays of one's own."""
PLAIN_PORT = 80


def map_entry(
    host_name: str, pin: str, listen: tuple[Endpoint, ...], stun: tuple[Endpoint, ...], http: tuple[Endpoint, ...]
) -> RelayMap:
    """A map of one region with one node; ports that are the usual ones are left out."""
    port = listen[0].port
    stun_port = stun[0].port if stun else -1
    try:
        ip = ipaddress.ip_address(host_name)
    except ValueError:
        ip = None
    node = RelayNode(
        name=f"{REGION}a",
        region_id=REGION,
        host_name=host_name,
        cert_name=f"sha256-raw:{pin}" if pin else "",
        ipv4=host_name if ip is not None and ip.version == 4 else "",
        ipv6=host_name if ip is not None and ip.version == 6 else "",
        derp_port=0 if port == DEFAULT_DERP_PORT else port,
        stun_port=0 if stun_port == DEFAULT_STUN_PORT else stun_port,
        can_port80=any(end.port == PLAIN_PORT for end in http),
    )
    region = RelayRegion(region_id=REGION, region_code="custom", region_name="Custom", nodes=(node,))
    return RelayMap(regions=(region,))
