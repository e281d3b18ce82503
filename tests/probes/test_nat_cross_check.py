"""The second opinion: only where it was asked for, only at a server that honours CHANGE-REQUEST; any output is read."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from ipaddress import ip_address

import pytest

from natscope.host.api import Datagram
from natscope.host.programs_api import NoPrograms, ProgramEnd
from natscope.machines.stun_responder import HOME, Place, Reply, StunResponder
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Observation, Outcome
from natscope.model.relay_map import LoadedMap, RelayMap
from natscope.netcheck.options import CROSS_CHECK_S, NetcheckOptions, with_limit
from natscope.sim.host import SimHost
from natscope.sim.link import LinkSpec
from natscope.sim.topology import Network
from natscope.wire.stun.message import MessageClass, decode, encode
from natscope_probes.nat_cross_check import NOT_ASKED, PROBE, _read
from tests.probes.nat_scenarios import measured, scenario
from tests.sim.relays import measure
from tests.sim.test_change_loss import region
from tests.sim.test_discovery import alternate_server


def test_it_runs_only_when_it_was_asked_for() -> None:
    seen = measured(scenario("port-restricted"), "relay_stun", "nat_servers")
    assert seen.of("nat.second-opinion") == []
    assert PROBE.flag == "--cross-check"
    assert NOT_ASKED


def test_a_simulated_computer_has_no_programs_and_says_so() -> None:
    seen = measured(scenario("port-restricted"), "relay_stun", "nat_cross_check", cross_check=True)
    outcome = next(p for p in seen.report.probes if p.name == "nat_cross_check")
    assert (outcome.state, outcome.reason) == ("skipped", "this system offers no programs")
    assert seen.report.cross_check.says == ""


def test_it_has_time_of_its_own() -> None:
    assert with_limit(NetcheckOptions(cross_check=True)).limit_s == 5.0 + CROSS_CHECK_S
    assert with_limit(NetcheckOptions(only=("nat_cross_check",))).limit_s == 5.0 + CROSS_CHECK_S
    assert with_limit(NetcheckOptions()).limit_s == 0.0
    full = with_limit(NetcheckOptions(profile="full")).limit_s
    assert with_limit(NetcheckOptions(profile="full", cross_check=True)).limit_s == full + CROSS_CHECK_S


@pytest.mark.parametrize(
    ("output", "read"),
    [
        (b'{"says": "Full Cone", "external": "203.0.113.7"}\n', ("Full Cone", "203.0.113.7")),
        (b"", ("", "")),
        (b"Traceback (most recent call last):", ("", "")),
        (b"[1, 2]", ("", "")),
        (b"[" * 4000, ("", "")),
        (b"\xff\xfe", ("", "")),
        (json.dumps({"says": "x" * 500}).encode(), ("x" * 80, "")),
    ],
)
def test_whatever_it_prints_is_read(output: bytes, read: tuple[str, str]) -> None:
    assert _read(output) == read


class Programs(NoPrograms):
    """Remembers which server it was given."""

    def __init__(self) -> None:
        self.servers: list[str] = []

    async def pystun3(self, server: str, port: int, source: str, *, timeout_s: float) -> ProgramEnd:
        self.servers.append(server)
        return ProgramEnd(b'{"says": "Full Cone", "external": "203.0.113.7"}')


async def ignore(host: SimHost) -> None:
    """Names another address, and answers every request from where it was asked."""
    own = host.node.ports["eth0"].address(4)
    assert own is not None
    places = {Place(n, p): Endpoint((own, ip_address("198.51.100.9"))[n], 3478 + p) for n in (0, 1) for p in (0, 1)}
    responder, socket = StunResponder(places), await host.udp.open(4, address=own, port=3478)
    while True:
        item = await socket.receive()
        if isinstance(item, Datagram):
            plain = encode(MessageClass.REQUEST, decode(item.data).transaction_id, [])
            reply = responder.respond(plain, item.source, HOME)
            if isinstance(reply, Reply):
                socket.send(reply.data, reply.target)


def second_opinion(kind: str, *, ignorers: int, honest: bool) -> tuple[list[str], str, Observation]:
    """What pystun3 was pointed at, the address of the server that honours CHANGE-REQUEST, and what was written down."""
    with Network(3) as net:
        internet = net.internet()
        home = net.nat("home", at=internet, kind=kind, link=LinkSpec(latency_s=0.005))
        host, programs = net.host("host", at=home), Programs()
        known = replace(host, programs=programs, capabilities=host.capabilities | {"programs"})
        addresses = []
        for number in range(ignorers):
            near = net.host(f"near{number}", at=internet)
            net.start(near, ignore(near))
            addresses.append(str(near.node.ports["eth0"].address(4)))

        async def run() -> Observation:
            place = ""
            if honest:
                place = str(alternate_server(net)[HOME].ip)
                addresses.append(place)
            await asyncio.sleep(0.01)
            regions = tuple(region(number, address) for number, address in enumerate(addresses, start=1))
            loaded = LoadedMap(relay_map=RelayMap(regions=regions), source="map.json", kind="file")
            names = ("relay_stun", "nat_servers", "nat_cross_check")
            record = await measure(known, loaded, only=names, cross_check=True)
            return next(o for o in record.observations if o.kind == "nat.second-opinion")

        seen = net.run(run())
        return programs.servers, addresses[-1], seen


@pytest.mark.parametrize(
    ("kind", "heeds"), [("full-cone", "proved"), ("restricted", "proved"), ("port-restricted", "silent")]
)
def test_a_server_that_ignores_change_request_is_passed_over(kind: str, heeds: str) -> None:
    """Where the filter is the strictest, an honest server cannot be told from one that keeps silent."""
    servers, honest, seen = second_opinion(kind, ignorers=2, honest=True)
    assert servers == [honest]
    assert (seen.outcome, seen.data["heeds"]) == (Outcome.ANSWERED, heeds)


def test_where_every_server_ignores_it_pystun3_is_not_asked() -> None:
    servers, _, seen = second_opinion("port-restricted", ignorers=2, honest=False)
    assert servers == []
    assert seen.outcome is Outcome.CANCELLED
    assert seen.summary == (
        "no relay honours CHANGE-REQUEST: the server ignored the request and answered from where it was asked"
    )
