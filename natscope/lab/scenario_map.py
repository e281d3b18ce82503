"""The relay map of a scenario, as a value and as the JSON file that a client reads."""

from __future__ import annotations

import json

from natscope.lab.scenario import MapStyle, Scenario, ScenarioRelay
from natscope.lab.tls_inspector import relay_pin
from natscope.model.relay_map import MapProblem, RelayMap, RelayNode, RelayRegion
from natscope.wire.relay_map_json import decode_relay_map_json, encode_relay_map_json


def relay_map(scenario: Scenario, seed: int | None = None) -> RelayMap:
    """As it should be: every relay is the only node of its region. With names alone addresses are left to the DNS.

    `seed` replaces the scenario's own: pins depend on it.
    """
    chosen = scenario.seed if seed is None else seed
    return RelayMap(regions=tuple(_region(relay, scenario.map_style, chosen) for relay in scenario.relays.values()))


def relay_map_json(scenario: Scenario, seed: int | None = None) -> bytes:
    """In upstream's JSON form, with the fields that the scenario writes otherwise."""
    whole = encode_relay_map_json(relay_map(scenario, seed))
    if not any(relay.node for relay in scenario.relays.values()):
        return whole
    tree = json.loads(whole)
    for relay in scenario.relays.values():
        tree["Regions"][str(relay.region_id)]["Nodes"][0] |= relay.node
    return json.dumps(tree, indent=2).encode() + b"\n"


def read_relay_map(scenario: Scenario, seed: int | None = None) -> tuple[RelayMap, tuple[MapProblem, ...]]:
    """What a client reads, and what is wrong with it."""
    return decode_relay_map_json(relay_map_json(scenario, seed))


def _region(relay: ScenarioRelay, style: MapStyle, seed: int) -> RelayRegion:
    literal = style is MapStyle.ADDRESSES
    node = RelayNode(
        name=f"{relay.region_id}a",
        region_id=relay.region_id,
        host_name=relay.host_name,
        ipv4=str(relay.ipv4) if literal else "",
        ipv6="" if not literal else "none" if relay.ipv6 is None else str(relay.ipv6),
        can_port80=True,
        cert_name=f"sha256-raw:{relay_pin(relay, seed)}" if relay.pinned else "",
    )
    return RelayRegion(
        region_id=relay.region_id, region_code=relay.name, region_name=relay.name.capitalize(), nodes=(node,)
    )
