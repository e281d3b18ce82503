"""Named kinds of NAT do what their names promise."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.errors import UserError
from natscope.machines.nat.packet import TCP
from natscope.machines.nat.presets import PRESETS, preset
from natscope.model.endpoint import Endpoint
from tests.machines.nat.site import PUBLIC, Site, end

A = end("a:0").ip
APD, AD, EI, NONE = "apd", "ad", "ei", "none"
KINDS = {
    "full-cone": (EI, EI, True),
    "restricted": (EI, AD, True),
    "port-restricted": (EI, APD, True),
    "symmetric-random": (APD, APD, False),
    "symmetric-sequential": (APD, APD, False),
    "symmetric-open": (APD, EI, False),
    "address-dependent": (AD, AD, False),
    "voip-helper": (EI, AD, False),
    "rfc-4787": (EI, EI, True),
    "upstream-easy": (EI, APD, False),
    "upstream-easyaf": (EI, AD, False),
    "upstream-hard": (APD, APD, False),
    "linux-masquerade": (EI, APD, True),
    "linux-masquerade-open-input": (EI, APD, True),
    "linux-fully-random": (APD, APD, False),
    "pf": (APD, APD, False),
    "cgnat": (EI, EI, False),
    "cgnat-symmetric": (APD, APD, False),
    "one-to-one": (EI, EI, True),
    "firewall": (NONE, APD, True),
    "firewall-address": (NONE, AD, True),
}
"""Mapping, filtering and port preservation as hosts and peers see them."""


def site(name: str) -> Site:
    return Site(preset(name, [PUBLIC], dmz=A if name == "one-to-one" else None))


def test_every_kind_is_in_the_table() -> None:
    assert list(PRESETS) == list(KINDS)
    assert all(p.what.endswith(".") for p in PRESETS.values())


@pytest.mark.parametrize("name", PRESETS)
def test_a_kind_is_what_its_row_says(name: str) -> None:
    behind = site(name)
    first, port, address = (behind.seen("a:50000", to) for to in ("r:1", "r:2", "s:1"))
    mapping = NONE if first == end("a:50000") else EI if first == address else AD if first == port else APD
    fresh = site(name)
    outside = fresh.seen("a:50000", "r:1")
    by_port, by_address = (fresh.come(who, outside) == end("a:50000") for who in ("r:2", "s:1"))
    filtering = EI if by_address else AD if by_port else APD
    assert (mapping, filtering, outside.port == 50000) == KINDS[name]


def test_upstream_ports_are_high_and_its_filter_needs_outbound_packets() -> None:
    behind = site("upstream-easy")
    assert all(behind.seen(f"a:{port}", "r:1").port >= 32768 for port in (53, 5000, 60000))
    outside = behind.seen("a:5000", "r:1")
    for _ in range(2):
        behind.wait(200)
        answer = behind.come("r:1", outside)
    assert answer == "no mapping", "inbound packets do not keep it"


def test_upstream_hard_forgets_nothing() -> None:
    behind = site("upstream-hard")
    outside = behind.seen("a:5000", "r:1")
    behind.wait(86400)
    assert behind.come("r:1", outside) == end("a:5000")


def test_linux_burns_a_port_only_without_an_input_rule() -> None:
    """Measured: the peer's early packet moves our later one to that peer to another port, others are unaffected."""
    for name, moves in (("linux-masquerade", False), ("linux-masquerade-open-input", True)):
        behind = site(name)
        assert behind.seen("a:5001", "s:1").port == 5001
        assert behind.come("r:1", "nat:5001") == "filtered"
        assert (behind.seen("a:5001", "r:1").port != 5001) is moves
        assert behind.seen("a:5001", "t:1").port == 5001


def test_linux_random_keeps_low_ports_low_and_picks_connections_up() -> None:
    behind = site("linux-fully-random")
    ports = [behind.seen("a:53", f"r:{n}").port for n in range(1, 9)]
    assert len(set(ports)) > 5
    assert max(ports) < 1024
    assert isinstance(behind.out("a:5000", "r:443", TCP, 0x10), Endpoint)


def test_one_to_one_lets_anything_in_for_its_host() -> None:
    behind = site("one-to-one")
    assert behind.come("r:1", "nat:4000") == end("a:4000")
    assert behind.come("s:1", "nat:80", TCP, 2) == end("a:80")
    assert behind.come("s:7", "nat:0", 1) == end("a:0"), "ping"


def test_mistakes_are_named() -> None:
    with pytest.raises(UserError) as error:
        preset("cone", [PUBLIC])
    assert "full-cone" in error.value.hint
    with pytest.raises(UserError, match="inside host"):
        preset("one-to-one", [PUBLIC])
    with pytest.raises(ValueError, match="external address"):
        preset("full-cone")


def test_a_kind_may_translate_ipv6() -> None:
    public = ipaddress.IPv6Address("2001:db8::1")
    assert preset("port-restricted", [public]).family == 6
