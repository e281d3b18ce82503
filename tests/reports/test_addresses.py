"""Addresses: what relays saw, through which socket, and why there is none."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.report import Report, SeenEndpoint
from natscope.model.tri import Tri
from natscope_reports._text import addresses
from tests.reports.drawing import lines, scene


def with_four(report: Report, *endpoints: SeenEndpoint) -> Report:
    return msgspec.structs.replace(report, ipv4=msgspec.structs.replace(report.ipv4, endpoints=endpoints))


def seen(address: str, port: int = 1, local: str = "192.168.1.20:7") -> SeenEndpoint:
    return SeenEndpoint(address=address, port=port, seen_by=(1,), local=local)


def test_public_address_and_the_socket_behind_it() -> None:
    assert lines(addresses.draw, scene("healthy")) == [
        "Addresses",
        "  IPv4     203.0.113.24:41641       from 192.168.1.20:41641 on eth0",
        "  IPv6     2001:db8:42::1c9e        answers come back; no translation",
    ]


def test_several_ports_share_a_line_and_several_addresses_do_not() -> None:
    assert "198.51.100.207, 9 ports" in lines(addresses.draw, scene("mapping-varies"))[1]
    drawn = lines(addresses.draw, scene("several-addresses"))
    assert "198.51.100.7:41641" in drawn[1]
    assert "198.51.100.8:41641" in drawn[2]


def test_many_addresses_are_folded() -> None:
    report = with_four(scene("healthy"), *(seen(f"203.0.113.{n}") for n in range(1, 8)))
    assert any("and 4 more" in line for line in lines(addresses.draw, report))
    assert not any("and 4 more" in line for line in lines(addresses.draw, report, verbosity=1))


def test_a_wildcard_socket_takes_the_hosts_own_address() -> None:
    report = with_four(scene("healthy"), seen("203.0.113.9", 7, "0.0.0.0:7"))
    assert "from 192.168.1.20:7 on eth0" in lines(addresses.draw, report)[1]


@pytest.mark.parametrize(
    ("name", "family", "words"),
    [
        ("udp-blocked", 1, "no UDP answer"),
        ("udp-blocked", 2, "none"),
        ("ipv6-broken", 2, "no answer"),
        ("no-relay-answered", 1, "unknown"),
    ],
)
def test_why_there_is_none(name: str, family: int, words: str) -> None:
    assert lines(addresses.draw, scene(name))[family].split("  ")[3].strip() == words


def test_switched_off() -> None:
    report = scene("udp-blocked")
    six = msgspec.structs.replace(report.ipv6, os_support=Tri.NO)
    assert "off" in lines(addresses.draw, msgspec.structs.replace(report, ipv6=six))[2]


def test_an_address_of_the_shared_range_is_told() -> None:
    report = scene("healthy")
    host = msgspec.structs.replace(report.host, shared_address_space=Tri.YES, shared_addresses=("100.71.8.2 on tun0",))
    last = lines(addresses.draw, msgspec.structs.replace(report, host=host))[-1]
    assert last == "  Host     100.71.8.2 on tun0       in 100.64.0.0/10 (carrier or mesh VPN)"


def test_a_family_that_works_without_a_socket_was_not_asked_over_udp() -> None:
    report = scene("udp-blocked")
    others = tuple(o for o in report.observations if o.kind != "stun.binding")
    four = msgspec.structs.replace(report.nat.v4, reasons={"mapping": "no relay was asked: port 41641 is in use"})
    nat = msgspec.structs.replace(report.nat, v4=four)
    drawn = lines(addresses.draw, msgspec.structs.replace(report, observations=others, nat=nat))
    assert "not asked over UDP" in drawn[1]
    assert "port 41641 is in use" in " ".join(" ".join(drawn[1:4]).split())


def test_an_address_seen_by_relays_inside_is_not_called_untranslated() -> None:
    assert lines(addresses.draw, scene("inside-relays"))[1].endswith("answers come back; seen from inside only")
    assert lines(addresses.draw, scene("public-host"))[1].endswith("answers come back; no translation")
