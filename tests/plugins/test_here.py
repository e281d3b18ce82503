"""Whether a map is about this computer alone."""

from __future__ import annotations

import pytest

from natscope.model.relay_map import RelayMap, RelayNode, RelayRegion
from natscope.plugins.here import ON_THIS_COMPUTER, all_here, why_not_network


def mapped(*addresses: tuple[str, str]) -> RelayMap:
    nodes = tuple(
        RelayNode(name=str(n), region_id=1, host_name="r.test", ipv4=v4, ipv6=v6)
        for n, (v4, v6) in enumerate(addresses)
    )
    return RelayMap(regions=(RelayRegion(region_id=1, region_code="a", region_name="A", nodes=nodes),))


@pytest.mark.parametrize(
    ("addresses", "here"),
    [
        ([("127.0.0.1", "::1")], True),
        ([("127.77.1.1", "none")], True),
        ([("127.0.0.1", "")], True),
        ([("none", "none")], False),
        ([("", "")], False),
        ([("127.0.0.1", "2001:db8::1")], False),
        ([("127.0.0.1", "::1"), ("198.51.100.1", "")], False),
        ([("192.168.1.7", "")], False),
        ([], False),
    ],
)
def test_only_loopback_addresses_are_here(addresses: list[tuple[str, str]], here: bool) -> None:
    relay_map = mapped(*addresses)
    assert all_here(relay_map) is here
    assert why_not_network(relay_map) == (ON_THIS_COMPUTER if here else "")
