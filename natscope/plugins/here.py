"""Are all relays of a map on this computer? Then a run is about it alone, and its network is not asked."""

from __future__ import annotations

import ipaddress

from natscope.model.relay_map import RelayMap, RelayNode

ON_THIS_COMPUTER = "all relays of this map are on this computer: its network is not looked at"


def all_here(relay_map: RelayMap) -> bool:
    """Every node has loopback addresses, and no other."""
    nodes = [node for region in relay_map.measured_regions() for node in region.nodes]
    return bool(nodes) and all(_is_here(node) for node in nodes)


def why_not_network(relay_map: RelayMap) -> str:
    """The reason for a probe of this computer's network to be skipped, empty for none."""
    return ON_THIS_COMPUTER if all_here(relay_map) else ""


def _is_here(node: RelayNode) -> bool:
    """At least one address of the map is of this computer, and what is no address is switched off (`none`)."""
    texts = [text for text in (node.ipv4, node.ipv6) if text]
    found = [loops for text in texts if (loops := _loops(text)) is not None]
    return any(found) and all(found)


def _loops(text: str) -> bool | None:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return None
