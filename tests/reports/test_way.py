"""The way: what is unusual always, the rest on request; foreign text is cleaned."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.tri import Tri
from natscope_reports._text import way
from tests.reports.drawing import lines, scene


def test_a_carrier_is_shown() -> None:
    assert lines(way.draw, scene("cgnat")) == [
        "Way",
        "  Routers           1  192.168.1.1            look  2 translate, carrier's NAT",
        "                    2  100.64.0.1 (carrier)   look",
    ]


def test_a_black_hole_and_lost_pieces_are_shown() -> None:
    assert lines(way.draw, scene("mtu-black-hole"))[1:] == [
        "  Packets, IPv4     1280 bytes arrive         bad   too short for WireGuard",
        "                    longer ones vanish        bad   MTU black hole",
    ]
    assert lines(way.draw, scene("fragments-dropped"))[1:] == [
        "  Pieces, IPv4      get lost                  look  fragments",
    ]


def test_a_limit_of_udp_is_shown_and_a_way_without_one_on_request() -> None:
    assert lines(way.draw, scene("udp-policed"))[1:] == [
        "  UDP, sent         580 kbit/s pass           bad   TCP is faster",
    ]
    assert lines(way.draw, scene("udp-not-policed")) == []
    drawn = lines(way.draw, scene("udp-not-policed"), verbosity=1)
    assert "  UDP, sent         4 Mbit/s pass             good  no limit seen" in drawn
    assert "  UDP, received     4 Mbit/s pass             good  no limit seen" in drawn


def test_a_limit_of_packets_and_a_full_line_have_their_words() -> None:
    report = scene("udp-policed")
    out = msgspec.structs.replace(report.path.udp_rate.out, counted="packets")
    full = msgspec.structs.replace(out, limited=Tri.NO, bits_per_s=1_000_000)
    rate = msgspec.structs.replace(report.path.udp_rate, out=full, back=out)
    path = msgspec.structs.replace(report.path, udp_rate=rate)
    drawn = lines(way.draw, msgspec.structs.replace(report, path=path), verbosity=1)
    assert "  UDP, sent         1 Mbit/s at most                the line is full" in drawn
    assert "  UDP, received     72 packets/s pass         bad   the rest is dropped" in drawn


def test_closed_ports_and_nat64() -> None:
    assert "3478" in lines(way.draw, scene("udp-other-ports"))[1]
    assert any("64:ff9b::/96" in line for line in lines(way.draw, scene("nat64")))


@pytest.mark.parametrize("name", ["healthy", "double-nat-possible", "no-network"])
def test_what_is_usual_is_left_out(name: str) -> None:
    assert lines(way.draw, scene(name)) == []


def test_everything_on_request() -> None:
    drawn = lines(way.draw, scene("fragments-dropped"), verbosity=1)
    assert "  Packets, IPv4     up to 1500 bytes          good  WireGuard fits" in drawn
    assert any("192.168.1.1" in line for line in lines(way.draw, scene("double-nat-possible"), verbosity=1))


def test_foreign_text_is_cleaned() -> None:
    report = scene("nat64")
    nat64 = msgspec.structs.replace(report.path.nat64, prefixes=("\x1b[31m64:ff9b::/96",))
    path = msgspec.structs.replace(report.path, nat64=nat64)
    assert "\x1b" not in "".join(lines(way.draw, msgspec.structs.replace(report, path=path)))
