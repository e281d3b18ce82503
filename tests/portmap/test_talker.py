"""A client machine on a socket: retries in time, errors told apart, floods bounded, nothing left after the end."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

from natscope.host.api import Failure, UdpError
from natscope.machines.api import Event
from natscope.machines.portmap_client.nat_pmp_client import NatPmpClient
from natscope.machines.portmap_client.timing import HASTY
from natscope.machines.portmap_client.values import Closed, Dropped, Present, Protocol, Silent
from natscope.model.endpoint import Endpoint
from natscope.portmap.talker import MAX_EVENTS, Talker
from natscope.wire.portmap import nat_pmp as wire
from tests.netcheck.fake_host import START, World, run_virtual

GATEWAY = ipaddress.IPv4Address("192.168.1.1")
SERVER = Endpoint(GATEWAY, 5351)
OUTSIDE = ipaddress.IPv4Address("203.0.113.7")


def told(world: World, *, wait_s: float = 3.0) -> tuple[Event | None, Talker]:
    """What a NAT-PMP client in that world learns first."""

    async def work() -> tuple[Event | None, Talker]:
        host = world.host()
        machine = NatPmpClient(GATEWAY, retransmission=HASTY)
        talker = Talker(host, await host.udp.open(4), machine)
        talker.start()
        talker.do(machine.ask_address(host.clock.now()))
        found = await talker.wait_for(lambda e: not isinstance(e, Dropped), host.clock.now() + wait_s)
        running = asyncio.all_tasks()
        await talker.close()
        assert len(asyncio.all_tasks()) < len(running)
        return (found[1] if found is not None else None), talker

    return run_virtual(work())


def test_an_answer_is_told() -> None:
    def answer(request: bytes, target: Endpoint) -> list[Any]:
        return [(0.01, wire.encode_response(wire.AddressResponse(0, 7, OUTSIDE)), target)]

    event, talker = told(World(relays={SERVER: answer}))
    assert isinstance(event, Present)
    assert event.external == OUTSIDE
    assert (talker.packets, talker.bytes_sent, talker.bytes_received) == (1, 2, 12)
    assert talker.first_sent_at == START


def test_silence_is_asked_again_and_told_at_the_end() -> None:
    event, talker = told(World())
    assert isinstance(event, Silent)
    assert talker.packets == HASTY.tries


def test_who_does_not_wait_so_long_is_told_nothing() -> None:
    event, talker = told(World(), wait_s=0.2)
    assert event is None
    assert talker.packets == 2


def took(lost: int, took_s: float) -> float:
    """What a router that loses the first requests is said to have taken, in seconds."""
    asked = 0

    def answer(request: bytes, target: Endpoint) -> list[Any]:
        nonlocal asked
        asked += 1
        return [] if asked <= lost else [(took_s, wire.encode_response(wire.AddressResponse(0, 7, OUTSIDE)), target)]

    async def work() -> float:
        host = World(relays={SERVER: answer}).host()
        machine = NatPmpClient(GATEWAY, retransmission=HASTY)
        talker = Talker(host, await host.udp.open(4), machine)
        talker.start()
        asked_at = host.clock.now()
        talker.do(machine.ask_address(asked_at))
        found = await talker.wait_for(lambda e: isinstance(e, Present), asked_at + 3.0)
        assert found is not None
        seconds = await talker.took_s(asked_at, found[0])
        await talker.close()
        return round(seconds, 4)

    return run_virtual(work())


def test_a_request_that_was_lost_is_not_time_that_the_router_took() -> None:
    assert took(0, 0.01) == 0.01
    assert took(1, 0.01) == 0.01
    assert took(3, 0.01) == 0.01


def test_a_late_router_is_timed_from_the_first_request() -> None:
    assert took(0, 0.4) == 0.4


def test_a_closed_port_ends_it_at_once() -> None:
    def closed(request: bytes, target: Endpoint) -> list[Any]:
        return [(0.01, UdpError(Failure.REFUSED, target, 0.0, GATEWAY, request, "port unreachable"))]

    event, talker = told(World(relays={SERVER: closed}))
    assert event == Closed("port unreachable", Protocol.NAT_PMP)
    assert talker.packets == 1


def test_a_host_that_cannot_send_says_why() -> None:
    event, talker = told(World(send_failures={4: Failure.PERMISSION}))
    assert isinstance(event, Silent)
    assert talker.packets == 0
    assert "permission" in talker.send_failure


def test_a_flood_is_bounded() -> None:
    def flood(request: bytes, target: Endpoint) -> list[Any]:
        return [(0.001 * n / 1000, b"\xff" * 12, target) for n in range(3 * MAX_EVENTS)]

    event, talker = told(World(relays={SERVER: flood}))
    assert len(talker.events) <= MAX_EVENTS
    assert event is None or isinstance(event, Silent)


def test_after_many_events_the_next_one_is_still_told() -> None:
    async def work() -> Event | None:
        host = World().host()
        talker = Talker(host, await host.udp.open(4), NatPmpClient(GATEWAY))
        for _ in range(3 * MAX_EVENTS):
            talker.do([Dropped("x", Protocol.NAT_PMP, "")])
        mark = talker.mark
        assert mark == 3 * MAX_EVENTS
        talker.do([Silent("now", Protocol.NAT_PMP)])
        assert [event.reason for _, event in talker.after(mark)] == ["now"]
        assert len(talker.after(0)) == MAX_EVENTS
        found = await talker.wait_for(lambda e: isinstance(e, Silent), host.clock.now() + 1, since=mark)
        await talker.close()
        return found[1] if found is not None else None

    assert isinstance(run_virtual(work()), Silent)
