"""Each fault of a schedule happens at its time, has its effect, and ends."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

import pytest

from natscope.host.api import Datagram, Failure, UdpError
from natscope.model.endpoint import Endpoint
from natscope.sim import faults
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.site import Site
from natscope.sim.topology import Network
from tests.host.contract import failure_of
from tests.sim.ends import End, address
from tests.sim.relays import STUN, serve_stun
from tests.sim.running import this_network


def knock(end: End, target: Endpoint, every_s: float, until_s: float) -> None:
    """Send at a steady pace from now on; the payload is the tenth of a second."""
    for number in range(round(until_s / every_s)):
        end.host.node.world.timeline.after(number * every_s, end.send, target, b"%d" % round(number * every_s * 10))


def heard_at(end: End) -> list[int]:
    return [int(payload) for payload in end.payloads if isinstance(payload, bytes)]


def test_a_partition_cuts_and_heals(net: Network) -> None:
    internet = net.internet()
    here, there = End(net.host("here", at=internet)), End(net.host("there", at=internet))
    knock(here, there.at, 1.0, 10.0)
    faults.schedule(net, [faults.Partition(at_s=2.5, lasts_s=4.0, nodes=("there",))])
    net.timeline.run_all()
    assert heard_at(there) == [0, 10, 20, 70, 80, 90]


@pytest.mark.parametrize("renumbered", [True, False])
def test_a_nat_that_reboots_forgets_and_may_be_renumbered(net: Network, renumbered: bool) -> None:
    internet = net.internet()
    home = net.nat("home", at=internet, kind="full-cone")
    inside, outside = End(net.host("inside", at=home)), End(net.host("outside", at=internet))
    inside.send(outside.at)
    net.timeline.run_until(net.timeline.now + 1)
    before = outside.got[0][1].src
    faults.schedule(net, [faults.NatReboot(at_s=1, site=home, renumbered=renumbered)])
    net.timeline.run_until(net.timeline.now + 2)
    outside.send(Endpoint(ipaddress.ip_address(before), inside.port), b"lost")
    net.timeline.run_until(net.timeline.now + 1)
    assert inside.payloads == []
    inside.send(outside.at)
    net.timeline.run_all()
    assert (outside.got[1][1].src == before) is not renumbered
    outside.send(Endpoint(ipaddress.ip_address(outside.got[1][1].src), inside.port), b"found")
    net.timeline.run_all()
    assert inside.payloads == [b"found"]


async def test_a_host_changes_its_network_and_its_socket_goes_along() -> None:
    net = this_network()
    internet = net.internet()
    wired, mobile = net.nat("wired", at=internet), net.nat("mobile", at=internet, lan="10.9.0.0/16")
    host, server = net.host("host", at=wired), End(net.host("server", at=internet))
    socket = await host.udp.open(4)
    socket.send(b"wired", server.at)
    faults.schedule(net, [faults.InterfaceChange(at_s=1, host=host, leaves="eth0", joins=mobile)])
    await host.clock.sleep(2)
    socket.send(b"mobile", server.at)
    await host.clock.sleep(1)
    assert server.payloads == [b"wired", b"mobile"]
    assert [packet.src for _, packet in server.got] == [public(wired), public(mobile)]
    facts = await host.links.look()
    assert {i.name: (i.up, len(i.addresses)) for i in facts.interfaces if i.kind != "loopback"} == {
        "eth0": (False, 0),
        "wlan0": (True, 1),
    }
    assert [route.interface for route in facts.default_routes] == ["wlan0"]


def public(site: Site) -> int:
    assert site.up is not None
    ip = site.up.address(4)
    assert ip is not None
    return int(ip)


async def test_a_crashed_server_refuses_and_comes_back() -> None:
    net = this_network()
    internet = net.internet()
    client, server = net.host("client", at=internet), net.host("server", at=internet)
    net.start(server, serve_stun(server))
    target = Endpoint(address(server), STUN)
    faults.schedule(net, [faults.Crash(at_s=1, host=server, lasts_s=3, restart=serve_stun)])
    await client.clock.sleep(0.5)
    assert await ask(client, target) == "answer"
    await client.clock.sleep(1)
    assert await ask(client, target) is Failure.REFUSED
    await client.clock.sleep(4)
    assert await ask(client, target) == "answer"


async def ask(client: SimHost, target: Endpoint) -> object:
    """One Binding request: an answer, or the failure."""
    socket = await client.udp.open(4)
    socket.send(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + client.rng.bytes(12), target)
    item = await socket.receive()
    socket.close()
    if isinstance(item, UdpError):
        return item.failure
    assert isinstance(item, Datagram)
    return "answer"


async def test_a_clock_jump_moves_the_calendar_only() -> None:
    net = this_network()
    host = net.host("host", at=net.internet())
    faults.schedule(net, [faults.ClockJump(at_s=1, host=host, seconds=-3600)])
    before, now = host.clock.utc(), host.clock.now()
    await host.clock.sleep(2)
    assert host.clock.utc() - before == timedelta(seconds=2 - 3600)
    assert host.clock.now() - now == 2


def test_a_link_changes_for_what_is_sent_later(net: Network) -> None:
    internet = net.internet()
    here, there = End(net.host("here", at=internet)), End(net.host("there", at=internet))
    knock(here, there.at, 1.0, 4.0)
    start = net.timeline.now
    faults.schedule(net, [faults.LinkChange(at_s=1.5, node="here", spec=LinkSpec(latency_s=0.3))])
    net.timeline.run_all()
    assert [at - start for at, _ in there.got] == pytest.approx([0.01, 1.01, 2.305, 3.305])


async def test_faults_that_overlap_end_with_the_last() -> None:
    net = this_network()
    internet = net.internet()
    here, there = End(net.host("here", at=internet)), End(net.host("there", at=internet))
    assert net.dns is not None
    twice = [(0.0, 4.0), (2.0, 4.0)]
    faults.schedule(net, [faults.Partition(at_s=at, lasts_s=lasts, nodes=("there",)) for at, lasts in twice])
    faults.schedule(net, [faults.DnsOutage(at_s=at, lasts_s=lasts, server=net.dns) for at, lasts in twice])
    faults.schedule(net, [faults.Crash(at_s=at, lasts_s=lasts, host=there.host, power=True) for at, lasts in twice])
    knock(here, there.at, 1.0, 9.0)
    asked = await failure_of(here.host.resolver.addresses("there.test", 4, timeout_s=5))
    assert asked is Failure.TIMEOUT
    await here.host.clock.sleep(2)
    assert await here.host.resolver.addresses("there.test", 4, timeout_s=1) == (there.ip,)
    await here.host.clock.sleep(3)
    assert heard_at(there) == []
    there = End(there.host)
    knock(here, there.at, 1.0, 2.0)
    await here.host.clock.sleep(3)
    assert heard_at(there) == [0, 10]


async def test_congestion_is_over_after_a_while() -> None:
    net = this_network()
    host = net.host("here", at=net.internet())
    before = [pipe.latency_s for pipe in net.uplinks["here"]]
    twice = [faults.Congestion(at_s=at, lasts_s=2, nodes=("here",), extra_s=0.06) for at in (1, 2)]
    faults.schedule(net, twice)
    seen = []
    await host.clock.sleep(0.5)
    for _ in range(5):
        now = [pipe.latency_s for pipe in net.uplinks["here"]]
        seen.append([round(slow - usual, 9) for slow, usual in zip(now, before, strict=True)])
        await host.clock.sleep(1)
    assert seen == [[0.0, 0.0], [0.06, 0.06], [0.12, 0.12], [0.06, 0.06], [0.0, 0.0]]
