"""Routers: forwarding, TTL, ICMP errors through NATs, MTU with and without ICMP, fragments, hairpins, any depth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from natscope.host.api import Failure
from natscope.machines.nat.config import Hairpin, Unsolicited
from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.packet import IcmpError
from natscope.machines.nat.presets import PRESETS
from natscope.model.endpoint import Endpoint, Family
from natscope.sim.icmp import Complaint, complaint_of
from natscope.sim.link import LinkSpec
from natscope.sim.site import Site
from natscope.sim.topology import Network
from tests.host.contract import failure_of
from tests.sim.ends import End, address
from tests.sim.running import this_network

CONE = PRESETS["full-cone"].config
NARROW = LinkSpec(mtu=1280)


def complaints(errors: Iterable[IcmpError]) -> list[Complaint | None]:
    return [complaint_of(error) for error in errors]


def public(site: Site, port: int) -> Endpoint:
    """An external endpoint of a NAT."""
    assert site.up is not None
    ip = site.up.address(4)
    assert ip is not None
    return Endpoint(ip, port)


def test_a_nat_lets_answers_in_and_strangers_not(net: Network) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet, kind="port-restricted")
    inside, friend = End(net.host("inside", at=home)), End(net.host("friend", at=internet))
    stranger = End(net.host("stranger", at=internet))
    inside.send(friend.at)
    net.timeline.run_all()
    seen = friend.got[0][1]
    mapped = public(home, seen.sport)
    assert (seen.src, seen.sport) == (int(mapped.ip), inside.port)
    stranger.send(mapped, b"stranger")
    friend.send(mapped, b"friend")
    net.timeline.run_all()
    assert inside.payloads == [b"friend"]
    assert net.trace.counts["filtered"] == 1


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_nats_stand_behind_nats(net: Network, depth: int) -> None:
    site = internet = net.internet()
    for number in range(depth):
        site = net.nat(f"nat{number}", at=site, kind="symmetric-random", lan=f"10.{number}.0.0/16")
    inside, outside = End(net.host("inside", at=site)), End(net.host("outside", at=internet))
    inside.send(outside.at, b"ping")
    net.timeline.run_all()
    _, seen = outside.got[0]
    assert seen.ttl == 64 - depth - 1
    outside.send(Endpoint(outside.ip.__class__(seen.src), seen.sport), b"pong")
    net.timeline.run_all()
    assert inside.payloads == [b"pong"]


@pytest.mark.parametrize("family", [4, 6])
def test_traceroute_sees_each_router_even_behind_nats(net: Network, family: Family) -> None:
    internet = net.internet()
    carrier = net.nat("carrier", at=internet, kind="cgnat", lan="100.64.0.0/10", ipv6="open")
    home = net.nat("home", at=carrier, ipv6="firewall")
    inside = End(net.host("inside", at=home), family=family)
    outside = End(net.host("outside", at=internet), family=family)
    for ttl in range(1, 5):
        inside.send(outside.at, bytes([ttl]), ttl=ttl)
    net.timeline.run_all()
    assert complaints(inside.errors) == [Complaint.TTL_EXCEEDED] * 3
    assert [error.inner.payload for error in inside.errors] == [b"\x01", b"\x02", b"\x03"]
    assert all((e.inner.src, e.inner.sport) == (int(inside.ip), inside.port) for e in inside.errors)
    gateway = home.gateway(family)
    assert gateway is not None
    assert inside.errors[0].src == int(gateway)
    assert outside.payloads == [b"\x04"]


def test_no_route_and_no_port_are_told_through_the_nat(net: Network) -> None:
    internet = net.internet()
    inside = End(net.host("inside", at=net.nat("home", at=internet)))
    nobody = net.host("nobody", at=internet)
    inside.send(Endpoint.parse("8.8.8.8:53"))
    inside.send(Endpoint(End(nobody).ip, 1))
    net.timeline.run_all()
    assert sorted(c.value for c in complaints(inside.errors) if c) == ["no route", "port unreachable"]


def test_too_big_is_told_and_the_path_is_learned(net: Network) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet, link=NARROW)
    inside, outside = End(net.host("inside", at=home)), End(net.host("outside", at=internet))
    inside.send(outside.at, bytes(1400))
    net.timeline.run_all()
    assert complaints(inside.errors) == [Complaint.TOO_BIG]
    assert inside.errors[0].mtu == 1280
    assert inside.errors[0].inner.src == int(inside.ip)
    inside.send(outside.at, bytes(1400))
    net.timeline.run_all()
    assert len(outside.got) == 1, "the second one goes in pieces"


def test_too_big_from_outside_quotes_what_outside_sent(net: Network) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet, kind="full-cone")
    inside = End(net.host("inside", at=home, link=LinkSpec(mtu=1280)))
    outside = End(net.host("outside", at=internet))
    inside.send(outside.at)
    net.timeline.run_all()
    mapped = public(home, inside.port)
    outside.send(mapped, bytes(1400))
    net.timeline.run_all()
    assert complaints(outside.errors) == [Complaint.TOO_BIG]
    assert (outside.errors[0].inner.dst, outside.errors[0].inner.dport) == (int(mapped.ip), mapped.port)


def test_a_black_hole_swallows_without_a_word(net: Network) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet, link=replace(NARROW, tells_mtu=False))
    inside, outside = End(net.host("inside", at=home)), End(net.host("outside", at=internet))
    inside.send(outside.at, bytes(1400))
    inside.send(outside.at, bytes(1200))
    net.timeline.run_all()
    assert (len(outside.got), inside.errors) == (1, [])


@pytest.mark.parametrize("drops", [True, False])
def test_fragments_pass_unless_they_are_dropped(net: Network, drops: bool) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet, config=replace(CONE, drop_fragments=drops))
    inside, outside = End(net.host("inside", at=home)), End(net.host("outside", at=internet))
    inside.send(outside.at, bytes(4000))
    net.timeline.run_all()
    assert len(outside.got) == (0 if drops else 1)


def test_ipv6_is_split_by_its_source_only(net: Network) -> None:
    internet = net.internet()
    here = End(net.host("here", at=internet), family=6)
    there = End(net.host("there", at=internet, link=NARROW), family=6)
    for _ in range(2):
        here.send(there.at, bytes(3000))
        net.timeline.run_all()
    assert complaints(here.errors) == [Complaint.TOO_BIG]
    assert len(there.got) == 1


@pytest.mark.parametrize("hairpin", list(Hairpin))
def test_hairpins_turn_as_configured(net: Network, hairpin: Hairpin) -> None:
    home = net.nat("home", at=net.internet(), config=replace(CONE, hairpin=hairpin))
    alice, bob = End(net.host("alice", at=home), 9001), End(net.host("bob", at=home), 9002)
    far = End(net.host("far", at=net.sites["internet"]))
    bob.send(far.at)
    net.timeline.run_all()
    alice.send(public(home, bob.port), b"hello")
    net.timeline.run_all()
    expected = {
        Hairpin.NONE: [],
        Hairpin.INTERNAL_SOURCE: [(int(alice.ip), alice.port)],
        Hairpin.EXTERNAL_SOURCE: [(int(public(home, 0).ip), alice.port)],
    }
    assert [(p.src, p.sport) for _, p in bob.got] == expected[hairpin]


def test_neighbours_talk_without_the_nat(net: Network) -> None:
    home = net.nat("home", at=net.internet())
    alice, bob = End(net.host("alice", at=home)), End(net.host("bob", at=home))
    alice.send(bob.at)
    net.timeline.run_all()
    assert [(p.src, p.ttl) for _, p in bob.got] == [(int(alice.ip), 64)]


def test_a_forward_lets_strangers_in(net: Network) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet)
    inside, stranger = End(net.host("inside", at=home)), End(net.host("stranger", at=internet))
    assert home.up is not None
    assert home.up.nat_4 is not None
    watch = net.world.watch
    assert watch is not None
    forward = Forward(transport=Transport.UDP, external_port=7777, internal=inside.at)
    assert home.up.nat_4.open_forward(forward, net.timeline.now) is not None
    watch.opened(home.up.nat_4, forward)
    stranger.send(public(home, 7777), b"knock")
    net.timeline.run_all()
    assert inside.payloads == [b"knock"]


def test_refusals_reach_the_stranger(net: Network) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet, config=replace(CONE, unsolicited=Unsolicited.REJECT))
    stranger = End(net.host("stranger", at=internet))
    stranger.send(public(home, 5555))
    net.timeline.run_all()
    assert complaints(stranger.errors) == [Complaint.PORT_UNREACHABLE]


async def test_a_router_answers_pings_inside_and_outside() -> None:
    net = this_network()
    internet = net.internet()
    home = net.nat("home", at=internet)
    inside, outside = net.host("inside", at=home), net.host("outside", at=internet)
    gateway = home.gateway(4)
    assert gateway is not None
    reply = await inside.icmp.echo(gateway, payload=b"x", timeout_s=1)
    assert (reply.source, reply.failure) == (gateway, None)
    reply = await outside.icmp.echo(public(home, 0).ip, payload=b"x", timeout_s=1)
    assert reply.failure is None
    through = await inside.icmp.echo(End(outside).ip, payload=b"x", timeout_s=1)
    assert through.rtt_s == pytest.approx(2 * (0.0005 + 0.005 + 0.005))


async def test_an_unreachable_place_is_told_at_once() -> None:
    net = this_network()
    inside = net.host("inside", at=net.nat("home", at=net.internet()))
    nowhere = Endpoint.parse("8.8.8.8:80")
    began = inside.clock.now()
    assert await failure_of(inside.streams.connect(nowhere, timeout_s=5)) is Failure.UNREACHABLE_NET
    reply = await inside.icmp.echo(nowhere.ip, payload=b"x", timeout_s=5)
    assert reply.failure is Failure.UNREACHABLE_NET
    assert inside.clock.now() - began < 0.1


async def test_a_refused_connection_is_told_six_seconds_later() -> None:
    """RFC 5382 REQ-4: the inside might be about to call back."""
    net = this_network()
    internet = net.internet()
    home = net.nat("home", at=internet, config=replace(CONE, unsolicited=Unsolicited.REJECT))
    stranger = net.host("stranger", at=internet)
    began = stranger.clock.now()
    assert await failure_of(stranger.streams.connect(public(home, 80), timeout_s=30)) is Failure.REFUSED
    assert 6 <= stranger.clock.now() - began < 7


async def test_a_plain_router_and_a_firewall_have_addresses_of_their_own() -> None:
    net = this_network()
    internet = net.internet()
    sites = [net.router("plain", at=internet), net.nat("wall", at=internet, kind="firewall", ipv6="firewall")]
    outside = net.host("outside", at=internet)
    for site in sites:
        inside = net.host(f"behind-{site.router.name}", at=site)
        for target in (public(site, 0).ip, address(inside), address(inside, 6)):
            pinging = outside.icmp.echo(target, payload=b"x", timeout_s=1)
            if site.router.name == "wall" and target != public(site, 0).ip:
                assert await failure_of(pinging) is Failure.TIMEOUT
            else:
                assert (await pinging).failure is None


def test_a_packet_that_dies_at_a_nat_is_told_outside_as_it_came(net: Network) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet, kind="full-cone")
    inside, outside = End(net.host("inside", at=home)), End(net.host("outside", at=internet))
    inside.send(outside.at)
    net.timeline.run_all()
    mapped = public(home, inside.port)
    outside.send(mapped, ttl=2)
    net.timeline.run_all()
    assert complaints(outside.errors) == [Complaint.TTL_EXCEEDED]
    assert (outside.errors[0].src, outside.errors[0].inner.dst) == (int(mapped.ip), int(mapped.ip))


def test_pieces_are_split_again_on_a_narrower_line(net: Network) -> None:
    internet = net.internet()
    here = End(net.host("here", at=internet))
    there = End(net.host("there", at=net.nat("wall", at=internet, kind="firewall-address", link=NARROW)))
    far = End(net.host("far", at=internet, link=NARROW))
    there.send(here.at)
    net.timeline.run_all()
    here.send(there.at, bytes(4000))
    here.send(far.at, bytes(4000))
    net.timeline.run_all()
    assert (len(there.got), len(far.got)) == (1, 1)


def test_what_is_off_or_gone_takes_nothing(net: Network) -> None:
    internet = net.internet()
    here, there = End(net.host("here", at=internet)), End(net.host("there", at=internet))
    home = net.nat("home", at=internet)
    inside = End(net.host("inside", at=home))
    there.host.node.is_on = False
    home.router.is_on = False
    here.send(there.at)
    inside.send(there.at)
    net.timeline.run_all()
    there.host.node.is_on = True
    net.detach(there.host.node, "eth0")
    here.send(there.at)
    net.timeline.run_all()
    assert there.got == []
    assert net.trace.counts == {"sent": 4, "interface down": 2, "no route": 1, "received": 1}, "one is the complaint"
