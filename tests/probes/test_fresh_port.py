"""A fresh local port beside a deaf one: told apart from closed networks, and nothing is sent where answers come."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from natscope.diagnosis.engine import diagnose
from natscope.host.api import Datagram, Udp, UdpError, UdpSocket
from natscope.lab.build_sim import SERVERS_START_S, simulated
from natscope.lab.library import load_scenario
from natscope.lab.scenario_map import relay_map
from natscope.model.endpoint import Family
from natscope.model.relay_map import LoadedMap
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.netcheck.history import History
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.run import RunInputs, run_probes
from natscope.plugins.loader import PROBES, find
from natscope.web.client import HttpClient
from natscope_probes.fresh_port import KIND, PROBE
from tests.probes.simulated import probed

ONLY = ("relay_stun", "fresh_port")
PORT = 41_641


class Deaf:
    """A socket that hears nothing until a moment of the clock."""

    def __init__(self, socket: UdpSocket, until: float) -> None:
        self._socket, self._until = socket, until

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    async def receive(self) -> Datagram | UdpError:
        while True:
            item = await self._socket.receive()
            if item.received_at >= self._until:
                return item


class DeafUdp:
    """Sockets of one port are deaf."""

    def __init__(self, udp: Udp, until: float) -> None:
        self._udp, self._until = udp, until

    async def open(self, family: Family, **how: Any) -> UdpSocket:
        socket = await self._udp.open(family, **how)
        return Deaf(socket, self._until) if how.get("port") == PORT else socket


def stale(seconds: float = float("inf")) -> Report:
    """A run from a port that hears nothing for so long."""
    wanted = load_scenario("port-restricted")
    with simulated(wanted, 1) as net:
        net.run(asyncio.sleep(SERVERS_START_S))
        host = net.hosts["alice"]
        deaf = replace(host, udp=DeafUdp(host.udp, host.clock.now() + seconds))
        inputs = RunInputs(
            host=deaf,
            loaded_map=LoadedMap(relay_map=relay_map(wanted), source="map.json", kind="file"),
            options=NetcheckOptions(only=ONLY, source_port=PORT),
            history=History(),
            found=find(PROBES),
            http=lambda: HttpClient(host),
            stop=asyncio.Event(),
        )
        return diagnose(assemble(net.run(run_probes(inputs))))


def test_a_port_that_hears_nothing() -> None:
    report = stale()
    seen = [o for o in report.observations if o.kind == KIND]
    assert [o.data["answered"] for o in seen] == [3, 3]
    assert {o.data["old_port"] for o in seen} == {PORT}
    assert report.udp is Tri.YES
    assert next(f.id for f in report.findings) == "NS-NAT-18"
    spent = next(p for p in report.probes if p.name == "fresh_port")
    assert spent.packets_sent <= PROBE.budget.packets
    assert spent.elapsed_ms <= PROBE.budget.seconds * 1000


def test_an_outage_that_ends_is_no_stale_port() -> None:
    report = stale(1.6)
    assert any(o.data["old_answered"] for o in report.observations if o.kind == KIND)
    assert "NS-NAT-18" not in {f.id for f in report.findings}


def test_a_closed_network_is_silent_to_every_port() -> None:
    report = probed(load_scenario("udp-blocked"), *ONLY)
    assert {o.data["answered"] for o in report.observations if o.kind == KIND} == {0}
    assert "NS-NAT-18" not in {f.id for f in report.findings}


def test_nothing_is_sent_where_relays_answer() -> None:
    report = probed(load_scenario("port-restricted"), *ONLY)
    assert not [o for o in report.observations if o.kind == KIND]
