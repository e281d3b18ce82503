"""A capture of what passed a host's sockets: every packet whole, in order, dissected by tshark without complaint."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from natscope.host import tap as tapping
from natscope.host.api import UdpError
from natscope.host.tap import Tap
from natscope.model.endpoint import Endpoint
from natscope.sim.host import SimHost
from natscope.sim.topology import Network
from natscope.wire import ip
from natscope.wire.ip_packets import is_intact
from tests.host.contract import Bench, HostContract
from tests.interop.peers import require
from tests.sim.running import this_network
from tests.sim.test_contract import bench_of
from tests.wire.test_pcapng import packets


class TestTapped(HostContract):
    """A host that is listened to keeps the contract of every host."""

    @pytest.fixture
    async def bench(self) -> Bench:
        net = this_network()
        internet = net.internet()
        here, there = net.host("here", at=internet), net.host("there", at=internet)
        return bench_of(Tap(here).wrap(here), there)


def a_conversation() -> bytes:
    """A question and its answer over both families, a hop limit that runs out, a closed port, a ping."""
    with Network(1) as net:
        internet = net.internet()
        home = net.nat("home", at=internet, ipv6="firewall")
        return net.run(_talk(net.host("here", at=home), net.host("there", at=internet)))


async def _talk(here: SimHost, there: SimHost) -> bytes:
    tap = Tap(here)
    tapped: SimHost = tap.wrap(here)
    for family in (4, 6):
        at = next(a.ip for port in there.node.ports.values() for a in port.addresses if a.version == family)
        server, socket = await there.udp.open(family, port=3478), await tapped.udp.open(family)
        socket.send(b"question", Endpoint(at, 3478), tos=0x28)
        asked = await server.receive()
        assert not isinstance(asked, UdpError)
        server.send(b"answer", asked.source)
        await socket.receive()
        for port, ttl in ((3478, 1), (9, 64)):
            socket.send(b"x" * 40, Endpoint(at, port), ttl=ttl)
            assert isinstance(await socket.receive(), UdpError)
        await tapped.icmp.echo(at, payload=b"ping", timeout_s=1)
        server.close()
        socket.close()
    return await tap.capture("natscope test")


def test_every_packet_is_whole_and_in_order() -> None:
    found = packets(a_conversation())
    assert len(found) == 16
    assert all(is_intact(packet) for packet in found)
    headers = [ip.decode(packet) for packet in found]
    assert [h.family for h in headers] == [4] * 8 + [6] * 8
    assert [h.proto for h in headers[:8]] == [17, 17, 17, 1, 17, 1, 1, 1]
    assert headers[0].traffic_class == 0x28
    assert headers[2].ttl == 1
    assert str(headers[0].src) == str(int.from_bytes(bytes([192, 168, 1, 2]), "big"))


async def test_the_bound_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tapping, "MAX_BYTES", 100)
    net = this_network()
    host = net.host("alone", at=net.internet())
    tap = Tap(host)
    tapped: SimHost = tap.wrap(host)
    socket = await tapped.udp.open(4)
    for _ in range(5):
        socket.send(bytes(40), Endpoint.parse("203.0.113.99:9"))
    socket.close()
    assert tap.dropped == 3
    assert len(packets(await tap.capture("test"))) == 2


def test_tshark_dissects_it(tmp_path: Path) -> None:
    program = require("tshark")
    file = tmp_path / "run.pcapng"
    file.write_bytes(a_conversation())
    run = subprocess.run(
        [str(program), "-r", str(file), "-T", "json", "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"],
        capture_output=True,
        text=True,
        check=True,
    )
    dissected: list[dict[str, Any]] = [packet["_source"]["layers"] for packet in json.loads(run.stdout)]
    assert len(dissected) == 16
    assert "malformed" not in run.stdout.lower()
    udp = [layers["udp"] for layers in dissected if "udp" in layers and "icmp" not in layers and "icmpv6" not in layers]
    assert {layer["udp.checksum.status"] for layer in udp} == {"1"}
    errors = [layers["icmp"] for layers in dissected if "icmp" in layers]
    assert {layer["icmp.checksum.status"] for layer in errors} == {"1"}
    assert {"11", "3", "8", "0"} == {layer["icmp.type"] for layer in errors}
