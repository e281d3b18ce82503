"""A simulated computer about itself, and rules of its own that drop packets on their way in."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.host.api import Datagram, Failure, HostError
from natscope.host.system_api import FirewallFacts
from natscope.model.endpoint import Endpoint
from natscope.model.packet_filter import Chain, Match, Rule, RuleSet
from natscope.sim.guarded import GuardedNode, Wall
from natscope.sim.host import SimHost
from natscope.sim.topology import Network

FAR = ipaddress.ip_address("203.0.113.200")
CLOSED = RuleSet(
    (
        Chain(
            "nftables", "inet", "filter", "input", "input", 0, "accept",
            (Rule((Match("state", ("established",)),), "accept"),
             Rule((Match("proto", ("udp",)),), "drop", packets=0, text="proto is udp: drop")),
        ),
    )
)  # fmt: skip


def guarded(host: SimHost) -> GuardedNode:
    assert isinstance(host.node, GuardedNode)
    return host.node


def dropped(facts: FirewallFacts) -> int | None:
    assert facts.rules is not None
    return facts.rules.chains[0].rules[1].packets


def test_interfaces_and_routes_are_the_nodes() -> None:
    with Network(1) as net:
        internet = net.internet()
        home = net.nat("home", internet)
        alice = net.host("alice", home)
        alice.own.drivers["eth0"] = "tun"

        async def ask() -> None:
            facts = await alice.system.look()
            assert [(d.name, d.driver, d.up) for d in facts.devices] == [("eth0", "tun", True)]
            assert [(r.destination, r.interface) for r in facts.routes] == [("0.0.0.0/0", "eth0")]
            there, here, nowhere = await alice.system.route_to(
                [FAR, ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("2001:db8::9")]
            )
            assert (there.interface, there.gateway) == ("eth0", "192.168.1.1")
            assert here.interface == "lo"
            assert nowhere.failure
            assert (await alice.system.firewall(timeout_s=1)).rules == RuleSet()
            alice.own.unreadable = "only root"
            assert (await alice.system.firewall(timeout_s=1)).reason == "only root"

        net.run(ask())


def test_a_wall_lets_answers_in_and_counts_what_it_drops() -> None:
    with Network(1) as net:
        internet = net.internet()
        alice, bob = net.host("alice", internet, guarded=True), net.host("bob", internet)
        guarded(alice).wall = Wall(CLOSED)

        async def talk() -> None:
            here = await alice.udp.open(4, port=5000)
            there = await bob.udp.open(4, port=6000)
            address = guarded(alice).ports["eth0"].address(4)
            bob_at = bob.node.ports["eth0"].address(4)
            assert address is not None
            assert bob_at is not None
            there.send(b"unasked", Endpoint(address, 5000))
            await alice.clock.sleep(1)
            assert dropped(await alice.system.firewall(timeout_s=1)) == 1
            here.send(b"hello", Endpoint(bob_at, 6000))
            got = await there.receive()
            assert isinstance(got, Datagram)
            there.send(b"answer", got.source)
            back = await here.receive()
            assert isinstance(back, Datagram)
            assert back.data == b"answer"
            assert dropped(await alice.system.firewall(timeout_s=1)) == 1

        net.run(talk())


def test_a_wall_refuses_what_our_programs_send() -> None:
    """At once and in words, as Linux does; what else leaves, leaves."""
    with Network(1) as net:
        internet = net.internet()
        alice, bob = net.host("alice", internet, guarded=True), net.host("bob", internet)
        here, there = (h.node.ports["eth0"].address(4) for h in (alice, bob))
        assert here is not None
        assert there is not None
        rules = (
            Rule((Match("oif", ("lo",)),), "accept"),
            Rule((Match("proto", ("udp", "icmp")), Match("oif", ("eth0",))), "drop", packets=0),
        )
        chain = Chain("nftables", "inet", "filter", "output", "output", 0, "accept", rules)
        guarded(alice).wall = Wall(RuleSet((chain,)))

        async def talk() -> None:
            socket = await alice.udp.open(4, port=5000)
            with pytest.raises(HostError, match="not permitted") as told:
                socket.send(b"hello", Endpoint(there, 6000))
            assert told.value.failure is Failure.PERMISSION
            with pytest.raises(HostError, match="not permitted") as told:
                await alice.icmp.echo(there, payload=b"", timeout_s=1)
            assert told.value.failure is Failure.PERMISSION
            assert dropped(await alice.system.firewall(timeout_s=1)) == 2
            socket.send(b"to myself", Endpoint(here, 5000))
            got = await socket.receive()
            assert isinstance(got, Datagram)
            with pytest.raises(HostError) as told:
                await alice.streams.connect(Endpoint(there, 6000), timeout_s=1)
            assert told.value.failure is Failure.REFUSED, "TCP gets out, and is answered"

        net.run(talk())


def test_the_check_of_sources_drops_what_would_be_answered_elsewhere() -> None:
    with Network(1) as net:
        internet = net.internet()
        home, phone = net.nat("home", internet), net.nat("phone", internet, lan="192.168.43.0/24")
        alice = net.host("alice", home, guarded=True)
        net.attach(alice.node, phone, "eth1")
        bob = net.host("bob", internet)
        guarded(alice).strict["eth1"] = None

        async def ask() -> None:
            there = await bob.udp.open(4, port=6000)
            by_phone = await alice.udp.open(4, interface="eth1")
            bob_at = bob.node.ports["eth0"].address(4)
            assert bob_at is not None
            by_phone.send(b"hello", Endpoint(bob_at, 6000))
            got = await there.receive()
            assert isinstance(got, Datagram)
            there.send(b"answer", got.source)
            await alice.clock.sleep(1)
            assert await alice.system.source_drops() == 1

        net.run(ask())
