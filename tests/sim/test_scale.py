"""What a packet costs stays small: counted in events, which unlike seconds are the same on every machine."""

from __future__ import annotations

from benchmarks.sim import build, exchange, hour
from natscope.sim.topology import Network


def test_a_packet_costs_one_event_a_hop() -> None:
    net, senders = build(10, checked=False)
    before = next(net.timeline.numbers)
    for sender in senders:
        net.timeline.after(0.0, sender.send, 100, 0.02)
    net.timeline.run_all()
    events = next(net.timeline.numbers) - before
    assert sum(sender.received for sender in senders) == 1000
    assert events <= 5 * 1000 + 1, "four links and the sender's own timer"


def test_a_thousand_hosts_hear_each_other() -> None:
    row = exchange(1000, 20_000, checked=False)
    assert (row.sent, row.received) == (20_000, 20_000)


def test_the_checked_run_is_the_same_run() -> None:
    bare, checked = (exchange(20, 2000, checked=checked) for checked in (False, True))
    assert (bare.sent, bare.received) == (checked.sent, checked.received)


def test_an_hour_of_keep_alives() -> None:
    _, answers = hour(10)
    assert answers == 10 * 180


def test_names_give_no_more_addresses_than_there_are() -> None:
    """Past the documentation prefixes hosts get other addresses, each its own."""
    with Network(1, trace=False, watch=False) as net:
        internet = net.internet()
        hosts = [net.host(f"host{number}", at=internet, ipv6=False) for number in range(1000)]
        addresses = [host.node.ports["eth0"].address(4) for host in hosts]
    assert len(dict.fromkeys(addresses)) == 1000
