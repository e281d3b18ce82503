"""STUN clients that others wrote get right answers from our server.

On loopback there is no translation and no filter: "open" is the right verdict of each. The alternate server stands on
127.0.0.1 and 127.0.0.2 by two ports; the default one answers upstream's client.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
import sys
from collections.abc import Iterator

import aioice
import aioice.ice
import pytest

from natscope.machines.helper.server import HelperServer
from natscope.model.endpoint import Endpoint
from natscope.stun_server.blocking import available_engine
from tests.interop import peers
from tests.interop.stun_peers import CPU_LIMIT_S, RUN_LIMIT_S, run
from tests.stun_server.drivers import Running, free_quad, running

pytestmark = pytest.mark.interop


@pytest.fixture(params=["alone", "with a helper"])
def alternate(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Whether it is a helper too makes no difference to anybody."""
    places = free_quad("127.0.0.1", "127.0.0.2")
    helper = HelperServer(os.urandom(32), places) if request.param == "with a helper" else None
    with running(available_engine(), list(places.values()), list(places), helper=helper, both=True) as server:
        yield server


def ends(text: str, label: str) -> list[str]:
    """All `address:port` that coturn's tools print behind a label."""
    return re.findall(rf"{label}: ?:? ?(\d+\.\d+\.\d+\.\d+:\d+)", text)


def test_turnutils_stunclient(alternate: Running) -> None:
    program = peers.require("turnutils_stunclient")
    primary, _, _, both = map(str, alternate.locals_)
    text = run([program, "-p", str(alternate.locals_[0].port), "127.0.0.1"])
    assert text.count("RFC 5780 response") == 3
    assert ends(text, "Response origin")[0] == primary
    assert set(ends(text, "Response origin")) == {primary, both}
    assert set(ends(text, "Other addr")) == {both}
    assert all(end.startswith("127.0.0.1:") for end in ends(text, "UDP reflexive addr"))


def test_turnutils_natdiscovery(alternate: Running) -> None:
    program = peers.require("turnutils_natdiscovery")
    port = str(alternate.locals_[0].port)
    text = run([program, "-m", "-f", "-L", "127.0.0.1", "-p", port, "127.0.0.1"])
    mapping, filtering = text.split("Filtering Behavior Discovery")
    assert "No NAT! (Endpoint Independent Mapping)" in mapping
    assert "NAT with Endpoint Independent Mapping!" in mapping
    assert "NAT with Endpoint Independent Filtering!" in filtering
    assert text.count("No ALG: Mapped == XOR-Mapped") == text.count("RFC 5780 response")
    assert "Dependent Mapping" not in text
    assert ends(text, "UDP reflexive addr") == ends(text, "Local addr")


@pytest.mark.parametrize("option", [["-P", "-f"], ["-t", "-T", "1"]], ids=["padding", "lifetime"])
def test_turnutils_natdiscovery_with_padding_and_response_port(alternate: Running, option: list[str]) -> None:
    program = peers.require("turnutils_natdiscovery")
    port = str(alternate.locals_[0].port)
    text = run([program, *option, "-L", "127.0.0.1", "-p", port, "127.0.0.1"])
    assert text.count("RFC 5780 response") >= 2
    assert "timeout" not in text.lower()


def test_debian_stun(alternate: Running) -> None:
    program = peers.require("stun")
    text = run([program, str(alternate.locals_[0]), "-i", "127.0.0.1"])
    assert "Primary: Open" in text


def test_pystun3(alternate: Running) -> None:
    text = run(
        [
            *(sys.executable, "-m", "stun.cli", "-H", "127.0.0.1", "-P", str(alternate.locals_[0].port)),
            *("-i", "127.0.0.1", "-p", "0"),
        ]
    )
    assert "NAT Type: Open Internet" in text
    assert "External IP: 127.0.0.1" in text


def test_limits_end_a_client_that_loops() -> None:
    assert CPU_LIMIT_S < RUN_LIMIT_S
    assert run(["prlimit", "--cpu=1", sys.executable, "-c", "while True: pass"]) == ""


@pytest.mark.parametrize("mode", ["default", "alternate"])
async def test_aioice(mode: str, alternate: Running) -> None:
    with running(available_engine(), [Endpoint.parse("127.0.0.1:0")]) as default:
        server = (default if mode == "default" else alternate).locals_[0]
        connection = aioice.ice.Connection(ice_controlling=True, stun_server=(str(server.ip), server.port))
        protocol = await open_protocol(connection)
        candidate, _ = await aioice.ice.server_reflexive_candidate(protocol, (str(server.ip), server.port))
        assert (candidate.host, candidate.port) == protocol.transport.get_extra_info("sockname")
        await protocol.close()
        await connection.close()


async def open_protocol(connection: aioice.ice.Connection) -> aioice.ice.StunProtocol:
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: aioice.ice.StunProtocol(connection), local_addr=("127.0.0.1", 0)
    )
    protocol.local_candidate = aioice.Candidate("x", 1, "udp", 1, "127.0.0.1", 1, "host")
    return protocol


@pytest.mark.parametrize("local", ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0"])
def test_upstreams_stunc(local: str) -> None:
    program = peers.require("stunc")
    listening = Endpoint.parse(local)
    with running(available_engine(), [listening]) as server:
        address = "127.0.0.1" if listening.family == 4 else "::1"
        target = Endpoint(ipaddress.ip_address(address), server.locals_[0].port)
        printed = dict(line.split(" addr: ") for line in run([program, address, str(target.port)]).splitlines())
        assert server.service.counters.answers["success"] == 1
    assert printed["sent"] == str(target)
    assert Endpoint.parse(printed["from"].replace("::ffff:127", "127").replace("[127.0.0.1]", "127.0.0.1")) == target
    assert Endpoint.parse(printed["stun"]).ip == target.ip
