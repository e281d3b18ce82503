"""Which routers may be asked."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from natscope.machines.portmap_client.gateways import MAX_GATEWAYS, Way, choose

OWN = IPv4Address("192.168.1.20")


def way(gateway: str | None = "192.168.1.1", name: str = "eth0", kind: str = "ethernet", metric: int = 0) -> Way:
    return Way(name, kind, OWN, None if gateway is None else IPv4Address(gateway), metric)


@pytest.mark.parametrize("gateway", ["192.168.1.1", "10.0.0.1", "172.31.0.1", "100.64.0.1", "169.254.1.1"])
def test_private_gateways_are_asked(gateway: str) -> None:
    [choice] = choose([way(gateway)])
    assert choice.is_asked


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        (way("203.0.113.1"), "public"),
        (way(None), "no gateway"),
        (way(kind="tunnel"), "tunnel"),
        (way(name="wg0"), "tunnel"),
        (way(name="tailscale0"), "tunnel"),
        (way(name="utun4", kind="unknown"), "tunnel"),
        (way(name="Meta", kind="virtual"), "tunnel"),
        (Way("eth0", "ethernet", None, IPv4Address("192.168.1.1")), "no address"),
    ],
)
def test_nobody_else_is(unfit: Way, reason: str) -> None:
    [choice] = choose([unfit])
    assert not choice.is_asked
    assert reason in choice.reason


def test_every_gateway_once_the_preferred_first() -> None:
    ways = [
        way("192.168.2.1", "wlan0", metric=600),
        way(metric=100),
        way(metric=100),
        way("10.8.0.1", "tun0", metric=50),
    ]
    found = choose(ways)
    assert [(c.way.interface, c.is_asked) for c in found] == [("tun0", False), ("eth0", True), ("wlan0", True)]
    assert [c.way.interface for c in choose(ways, "wlan0") if c.is_asked] == ["wlan0"]


def test_there_is_a_limit() -> None:
    found = choose([way(f"192.168.{n}.1", f"eth{n}") for n in range(6)])
    assert sum(c.is_asked for c in found) == MAX_GATEWAYS
    assert "more than" in found[-1].reason


SIX = IPv6Address("2001:db8:1::20")


@pytest.mark.parametrize("gateway", ["fe80::1%eth0", "2001:db8:1::1", "fd00::1"])
def test_near_gateways_of_ipv6_are_asked(gateway: str) -> None:
    [choice] = choose([Way("eth0", "ethernet", SIX, IPv6Address(gateway))])
    assert choice.is_asked
    assert choice.way.family == 6


@pytest.mark.parametrize(
    ("own", "gateway", "reason"),
    [
        (SIX, "2001:db8:2::1", "not in this network"),
        (IPv6Address("fe80::20"), "fe80::1", "no IPv6 address"),
        (None, "fe80::1", "no IPv6 address"),
    ],
)
def test_other_gateways_of_ipv6_are_not(own: IPv6Address | None, gateway: str, reason: str) -> None:
    [choice] = choose([Way("eth0", "ethernet", own, IPv6Address(gateway))])
    assert reason in choice.reason
