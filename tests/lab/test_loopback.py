"""The embedded relays: each kind behaves as its name says, lies are told as ordered, and nothing stays open."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from natscope.errors import RemoteError
from natscope.host.api import Datagram, Failure, Host, HostError, TlsOptions, UdpError, UdpSocket
from natscope.host.http_api import HttpRequest, HttpResponse
from natscope.host.real.host import build_real_host
from natscope.lab.loopback import LoopbackRelays, RunningRegion
from natscope.lab.loopback_spec import Lie, RegionSpec, RelayKind, plan_regions
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.web.client import HttpClient
from natscope.wire.stun.message import RequestForm, decode, encode_binding_request

IPV6 = ipaddress.ip_address("::1")
TRANSACTION = bytes(range(12))


@pytest.fixture
def host() -> Host:
    return build_real_host()


@asynccontextmanager
async def asking(host: Host, region: RunningRegion, family: Family = 4) -> AsyncIterator[tuple[UdpSocket, float]]:
    """A socket that has sent one Tailscale request to the region, and when."""
    socket = await host.udp.open(family)
    ip: IPAddress = region.ipv4 if family == 4 else IPV6
    request = encode_binding_request(TRANSACTION, RequestForm.TAILSCALE)
    sent_at = socket.send(request, Endpoint(ip, region.stun_port))
    try:
        yield socket, sent_at
    finally:
        socket.close()


async def answer_to(socket: UdpSocket) -> Datagram:
    async with asyncio.timeout(5):
        item = await socket.receive()
    assert isinstance(item, Datagram)
    return item


async def is_silent(host: Host, region: RunningRegion, socket: UdpSocket) -> bool:
    """Silence proven by a control: a loopback datagram sent after the request was counted comes, and comes alone."""
    while not region.stun.received:
        await host.clock.sleep(0.001)
    probe = await host.udp.open(4, address=ipaddress.ip_address("127.0.0.1"))
    probe.send(b"control", Endpoint(probe.local.ip, socket.local.port))
    control = await answer_to(socket)
    probe.close()
    return control.data == b"control"


def one(relays: LoopbackRelays) -> RunningRegion:
    return next(iter(relays.regions.values()))


async def latency_check(
    host: Host, relays: LoopbackRelays, region: RunningRegion, ip: IPAddress, timeout_s: float = 10.0
) -> HttpResponse:
    tls = (
        TlsOptions(region.host_name, pin_sha256=region.pin)
        if relays.relay_map().regions[0].nodes[0].cert_name
        else TlsOptions(region.host_name, ca_file=str(relays.ca_file))
    )
    url = f"https://{region.host_name}:{region.https_port}/derp/latency-check"
    request = HttpRequest(url, connect_to=Endpoint(ip, region.https_port), tls=tls, timeout_s=timeout_s)
    return await HttpClient(host).fetch(request)


@pytest.mark.parametrize("family", [4, 6])
async def test_a_healthy_relay_answers_after_its_latency(host: Host, family: Family) -> None:
    async with LoopbackRelays(host, [RegionSpec(region_id=7, latency_ms=30)]) as relays:
        async with asking(host, one(relays), family) as (socket, sent_at):
            answer = await answer_to(socket)
            assert answer.received_at - sent_at >= 0.029
            message = decode(answer.data)
            assert message.transaction_id == TRANSACTION
            assert message.mapped_address is not None
            assert message.mapped_address.port == socket.local.port
            assert len(answer.data) == (32 if family == 4 else 44)
        assert (one(relays).stun.received, one(relays).stun.answered) == (1, 1)


async def test_only_the_tailscale_form_is_answered_unless_told(host: Host) -> None:
    specs = [RegionSpec(region_id=1), RegionSpec(region_id=2, tailscale_form_only=False)]
    async with LoopbackRelays(host, specs) as relays:
        socket = await host.udp.open(4)
        for region in relays.regions.values():
            for data in (b"garbage", b"", encode_binding_request(TRANSACTION)):
                socket.send(data, Endpoint(region.ipv4, region.stun_port))
        answer = await answer_to(socket)
        assert answer.source.port == relays.regions[2].stun_port
        while relays.regions[1].stun.received < 3:
            await host.clock.sleep(0.001)
        assert relays.regions[1].stun.ignored == 3
        socket.close()


@pytest.mark.parametrize("kind", [RelayKind.DEAD, RelayKind.SILENT_UDP])
async def test_silent_relays(host: Host, kind: RelayKind) -> None:
    async with LoopbackRelays(host, [RegionSpec(region_id=1, kind=kind)], https=True) as relays:
        async with asking(host, one(relays)) as (socket, _):
            assert await is_silent(host, one(relays), socket)
        if kind is RelayKind.SILENT_UDP:
            assert (await latency_check(host, relays, one(relays), one(relays).ipv4)).status == 200
            return
        with pytest.raises(HostError) as caught:
            await latency_check(host, relays, one(relays), one(relays).ipv4, timeout_s=0.5)
        assert caught.value.failure is Failure.TIMEOUT


@pytest.mark.parametrize("family", [4, 6])
async def test_a_closed_port_is_refused(host: Host, family: Family) -> None:
    async with LoopbackRelays(host, [RegionSpec(region_id=1, kind=RelayKind.CLOSED_PORT)], https=True) as relays:
        async with asking(host, one(relays), family) as (socket, _):
            error = await socket.receive()
            assert isinstance(error, UdpError)
            assert error.failure is Failure.REFUSED
        with pytest.raises(HostError) as caught:
            await latency_check(host, relays, one(relays), one(relays).ipv4)
        assert caught.value.failure is Failure.REFUSED


@pytest.mark.parametrize("pins", [True, False])
@pytest.mark.parametrize("kind", [RelayKind.HEALTHY, RelayKind.WRONG_CERTIFICATE, RelayKind.EXPIRED_CERTIFICATE])
async def test_certificates_are_right_wrong_or_expired(host: Host, kind: RelayKind, pins: bool) -> None:
    async with LoopbackRelays(host, [RegionSpec(region_id=1, kind=kind)], https=True, pins=pins) as relays:
        for ip in (one(relays).ipv4, IPV6):
            if kind is RelayKind.HEALTHY:
                assert (await latency_check(host, relays, one(relays), ip)).status == 200
                continue
            with pytest.raises(HostError) as caught:
                await latency_check(host, relays, one(relays), ip)
            assert caught.value.failure is Failure.CERTIFICATE
            assert ("expired" in caught.value.message) is (kind is RelayKind.EXPIRED_CERTIFICATE)


async def test_the_relay_pages(host: Host) -> None:
    async with LoopbackRelays(host, [RegionSpec(region_id=1, latency_ms=20)], https=True) as relays:
        region, client = one(relays), HttpClient(host)
        tls = TlsOptions(region.host_name, pin_sha256=region.pin)

        async def ask(path: str, method: str = "GET") -> HttpResponse:
            url = f"https://{region.host_name}:{region.https_port}{path}"
            at = Endpoint(region.ipv4, region.https_port)
            return await client.fetch(HttpRequest(url, method=method, connect_to=at, tls=tls))

        check = await ask("/derp/latency-check")
        assert check.headers["access-control-allow-origin"] == "*"
        assert check.timings.request_s is not None
        assert check.timings.request_s >= 0.019
        assert (await ask("/derp/probe", "HEAD")).status == 200
        assert (await ask("/derp/probe", "POST")).status == 405
        assert (await ask("/derp")).status == 426
        assert (await ask("/nothing")).status == 404
        assert region.pages is not None
        assert region.pages.requests["/derp/probe"] == 2


async def test_the_challenge_and_the_captive_portal(host: Host) -> None:
    specs = [
        RegionSpec(region_id=1, http_port=0),
        RegionSpec(region_id=2, http_port=0, kind=RelayKind.CAPTIVE),
    ]
    async with LoopbackRelays(host, specs) as relays:
        answers = []
        for region in relays.regions.values():
            assert region.http_port
            url = f"http://{region.ipv4}:{region.http_port}/generate_204"
            answers.append(await HttpClient(host).fetch(HttpRequest(url, headers={"X-Tailscale-Challenge": "ts_x"})))
            assert not relays.relay_map().region(region.spec.region_id).nodes[0].can_port80  # type: ignore[union-attr]
        honest, captive = answers
        assert (honest.status, honest.headers["x-tailscale-response"]) == (204, "response ts_x")
        assert (captive.status, "x-tailscale-response" in captive.headers) == (302, False)
        at = f"http://{relays.regions[1].ipv4}:{relays.regions[1].http_port}"
        for challenge in ("", "x" * 65, "a b"):
            request = HttpRequest(f"{at}/generate_204", headers={"X-Tailscale-Challenge": challenge})
            assert "x-tailscale-response" not in (await HttpClient(host).fetch(request)).headers
        assert (await HttpClient(host).fetch(HttpRequest(f"{at}/derp"))).status == 302


async def test_lies_about_the_answer(host: Host) -> None:
    specs = [RegionSpec(region_id=n, lies=(lie,), late_ms=20) for n, lie in enumerate(Lie, start=1)]
    async with LoopbackRelays(host, specs) as relays:
        for region in relays.regions.values():
            (lie,) = region.spec.lies
            async with asking(host, region) as (socket, sent_at):
                answer = await answer_to(socket)
                if lie is Lie.NOISE_FIRST:
                    with pytest.raises(RemoteError):
                        decode(answer.data)
                    answer = await answer_to(socket)
                if lie is Lie.TRUNCATED:
                    with pytest.raises(RemoteError):
                        decode(answer.data)
                    continue
                message = decode(answer.data)
                assert (message.transaction_id == TRANSACTION) is (lie is not Lie.WRONG_TRANSACTION)
                assert (answer.source.port == region.stun_port) is (lie is not Lie.OTHER_SOURCE)
                assert answer.source.ip == region.ipv4
                if lie is Lie.LATE:
                    assert answer.received_at - sent_at >= 0.019
                if lie is Lie.TWICE:
                    assert (await answer_to(socket)).data == answer.data


async def test_loss_follows_its_pattern_and_ports_may_shift(host: Host) -> None:
    async with LoopbackRelays(host, [RegionSpec(region_id=1, lost="x.", port_shift=5)]) as relays:
        socket = await host.udp.open(4)
        for number in range(4):
            request = encode_binding_request(bytes([number]) * 12, RequestForm.TAILSCALE)
            socket.send(request, Endpoint(one(relays).ipv4, one(relays).stun_port))
        answers = [decode((await answer_to(socket)).data) for _ in range(2)]
        assert [answer.transaction_id[0] for answer in answers] == [1, 3]
        mapped = answers[0].mapped_address
        assert mapped is not None
        assert mapped.port == (socket.local.port + 4) % 65535 + 1
        socket.close()


async def test_the_map_names_every_region_in_upstreams_form(host: Host) -> None:
    async with LoopbackRelays(host, plan_regions(3), https=True) as relays:
        regions = json.loads(relays.map_json())["Regions"]
        assert sorted(regions) == ["1", "2", "3"]
        node = regions["2"]["Nodes"][0]
        assert node["CertName"] == f"sha256-raw:{relays.regions[2].pin}"
        assert node["STUNPort"] == relays.regions[2].stun_port
        assert (node["IPv4"], node["IPv6"]) == (str(relays.regions[2].ipv4), "::1")
        assert "CanPort80" not in node
        assert len({region.ipv4 for region in relays.regions.values()}) == 3


def test_regions_are_planned_with_spread_latencies() -> None:
    specs = plan_regions(4, latency_ms=(10, 40), ailing=[RelayKind.DEAD])
    assert [spec.latency_ms for spec in specs] == [10, 20, 30, 40]
    assert [spec.kind for spec in specs] == [RelayKind.HEALTHY] * 3 + [RelayKind.DEAD]
    assert plan_regions(1)[0].latency_ms == 10


def open_descriptors() -> int:
    """How many, where the system tells."""
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0


async def test_two_hundred_regions_close_every_socket(host: Host) -> None:
    before = open_descriptors()
    async with LoopbackRelays(host, plan_regions(200, latency_ms=(0, 0))) as relays:
        assert len({region.stun_port for region in relays.regions.values()}) == 200
        async with asking(host, relays.regions[200]) as (socket, _):
            assert decode((await answer_to(socket)).data).mapped_address is not None
    assert open_descriptors() == before


async def test_a_failed_start_leaves_nothing_behind(host: Host) -> None:
    relays = LoopbackRelays(host, [RegionSpec(region_id=1), RegionSpec(region_id=2, http_port=70_000)])
    with pytest.raises(ValueError, match="70000"):
        await relays.__aenter__()
    async with asking(host, relays.regions[1]) as (socket, _):
        assert isinstance(await socket.receive(), UdpError)


def test_it_runs_as_a_program_until_its_input_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "natscope.lab.loopback", "--regions", "3", "--latency", "5..15", "--dead", "1"]
    with subprocess.Popen(
        [*command, "--map", str(tmp_path / "map.json")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "READY\n"
        assert len(json.loads((tmp_path / "map.json").read_text())["Regions"]) == 3
        output, _ = program.communicate(timeout=20)
    assert (program.returncode, output) == (0, "")


def test_it_ends_on_a_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "natscope.lab.loopback", "--wrong-cert", "1", "--map", str(tmp_path / "map.json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "READY\n"
        assert "CertName" in (tmp_path / "map.json").read_text()
        program.terminate()
        assert program.wait(timeout=20) == 0
