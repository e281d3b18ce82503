"""What a run left out that would make a claim more certain, or rule it out: in words, with its command.

A claim names such a thing only where the run has not measured it, and where its own file looks at the outcome.
"""

from __future__ import annotations

from natscope.diagnosis.facts import Facts

PUBLIC_MAP = "https://controlplane.tailscale.com/derpmap/default"
ANOTHER_RELAY = f"answers of another relay (natscope netcheck --derp-map {PUBLIC_MAP})"
PUBLIC_CERTIFICATES = f"relays with public certificates (natscope netcheck --https --derp-map {PUBLIC_MAP})"
HTTPS = "answers over HTTPS (natscope netcheck --https)"
OWN_ADDRESS = "your router's own outside address (natscope netcheck --full)"
OVER_IPV4 = "the same over IPv4 (natscope netcheck)"
TWO_PORTS = "two ports of one server (a run with a helper among the relays: docs/helper.md)"
ELSEWHERE = "the same run from another network"


def over_https(facts: Facts) -> tuple[str, ...]:
    """HTTPS to relays, where none was asked that way."""
    return () if facts.seen("https.latency") else (HTTPS,)


def own_address(facts: Facts) -> tuple[str, ...]:
    """What the router calls its own outside address, where nobody asked it to open a port."""
    return () if any(o.kind.startswith("portmap.") for o in facts.observations) else (OWN_ADDRESS,)


def another_relay(facts: Facts) -> tuple[str, ...]:
    """A second opinion, where the map has one region: its relay's fault and the network's look the same."""
    return (ANOTHER_RELAY,) if facts.report.relay_map.regions == 1 else ()
