"""The routing table on packed integers chooses as the typed addresses say, whatever the order of changes."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from natscope.model.endpoint import IPAddress
from natscope.sim.routes import IPNetwork, Routes


def networks(version: int) -> st.SearchStrategy[IPNetwork]:
    bits = 32 if version == 4 else 128
    top = st.integers(0, 255).map(lambda n: n << (bits - 8))
    return st.tuples(top, st.integers(0, 12)).map(
        lambda pair: ipaddress.ip_network((pair[0] if version == 4 else ipaddress.IPv6Address(pair[0]), pair[1]), False)
    )


ENTRIES = st.lists(st.tuples(st.one_of(networks(4), networks(6)), st.integers(0, 3)), max_size=12)
ADDRESSES = st.one_of(
    st.integers(0, (1 << 32) - 1).map(ipaddress.IPv4Address), st.integers(0, (1 << 128) - 1).map(ipaddress.IPv6Address)
)


def expected(entries: list[tuple[IPNetwork, int]], ip: IPAddress) -> int | None:
    """Longest prefix, then lowest metric, then first."""
    fitting = [
        (-net.prefixlen, metric, number)
        for number, (net, metric) in enumerate(entries)
        if net.version == ip.version and ip in net
    ]
    return min(fitting)[2] if fitting else None


@given(ENTRIES, st.lists(ADDRESSES, max_size=6))
def test_lookup_agrees_with_typed_addresses(entries: list[tuple[IPNetwork, int]], addresses: list[IPAddress]) -> None:
    routes: Routes[int] = Routes()
    for number, (network, metric) in enumerate(entries):
        for ip in addresses:  # fill the cache in between: it must not remember what has changed
            routes.lookup(int(ip), ip.version)
        routes.add(network, number, metric=metric)
    for ip in addresses:
        assert routes.lookup(int(ip), ip.version) == expected(entries, ip)


def test_a_removed_route_is_gone() -> None:
    routes: Routes[str] = Routes()
    everywhere, near = ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("192.0.2.0/24")
    routes.add(everywhere, "far")
    routes.add(near, "near")
    target = int(ipaddress.ip_address("192.0.2.9"))
    assert routes.lookup(target, 4) == "near"
    routes.remove("near")
    assert routes.lookup(target, 4) == "far"
    routes.remove("far", near)
    assert routes.lookup(target, 4) == "far"
    routes.remove("far", everywhere)
    assert routes.lookup(target, 4) is None


def test_equal_prefixes_follow_the_metric() -> None:
    routes: Routes[str] = Routes()
    everywhere = ipaddress.ip_network("::/0")
    routes.add(everywhere, "slow", metric=100)
    routes.add(everywhere, "quick", metric=1)
    assert routes.lookup(1 << 100, 6) == "quick"
    routes.remove("quick")
    assert routes.lookup(1 << 100, 6) == "slow"
