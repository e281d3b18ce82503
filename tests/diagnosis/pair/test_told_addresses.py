"""What the addresses that a node tells say of it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from natscope.diagnosis.pair.side import Side
from natscope.diagnosis.pair.told_addresses import is_out_of_reach, several_ports, told_kinds
from natscope.model.endpoint import Endpoint


def telling(*ends: str) -> Side:
    return Side(endpoints=tuple(map(Endpoint.parse, ends)), tells_all=True)


PUBLIC, PRIVATE, CARRIER, SIX = "198.51.100.60:1", "192.168.1.5:2", "100.70.3.4:3", "[2001:db8::1]:4"


@pytest.mark.parametrize(
    ("ends", "words", "out_of_reach"),
    [
        ((), "tells no address", True),
        ((PRIVATE,), "tells private addresses only", True),
        (("[fd00::5]:1",), "tells private addresses only", True),
        ((CARRIER, PRIVATE), "tells no public address, but one of a carrier's network (CGNAT)", True),
        (("127.0.0.1:1", "0.0.0.0:1"), "tells no usable address", True),
        ((SIX, PRIVATE), "tells IPv6 addresses, but no public IPv4 one", False),
        ((SIX, CARRIER), "tells IPv6 addresses, but no public IPv4 one, and one of a carrier's network (CGNAT)", False),
        ((PUBLIC, CARRIER), "tells an address of a carrier's network (CGNAT) too", False),
        ((PUBLIC, PRIVATE, SIX), "", False),
    ],
)
def test_kinds(ends: tuple[str, ...], words: str, out_of_reach: bool) -> None:
    side = telling(*ends)
    assert (told_kinds(side), is_out_of_reach(side)) == (words, out_of_reach)
    part = replace(side, tells_all=False)
    assert (told_kinds(part), is_out_of_reach(part)) == ("", False), "nobody knows what it tells besides"


def test_what_a_history_names_was_told_too() -> None:
    also = (Endpoint.parse(PUBLIC),)
    assert (told_kinds(telling(), also), is_out_of_reach(telling(), also)) == ("", False)


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ((PUBLIC, PRIVATE), None),
        ((PUBLIC, "198.51.100.60:7"), ("198.51.100.60", 2)),
        (("198.51.100.13:42085", "198.51.100.13:41641", "198.51.100.13:43288", PUBLIC), ("198.51.100.13", 3)),
        ((PUBLIC, "198.51.100.61:7"), None),
        ((PRIVATE, "192.168.1.5:3", CARRIER, "100.70.3.4:9", SIX, "[2001:db8::1]:5"), None),
    ],
)
def test_several_ports(ends: tuple[str, ...], found: tuple[str, int] | None) -> None:
    expected = None if found is None else (ip_address(found[0]), found[1])
    assert several_ports(telling(*ends)) == expected
    assert several_ports(replace(telling(*ends), tells_all=False)) is None, "a report's are of several sockets"
