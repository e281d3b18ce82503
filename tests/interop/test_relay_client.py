"""Our client of relays against upstream's `derper`, and through Debian's `tinyproxy`: all on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from natscope.host.api import Failure
from natscope.host.real.host import build_real_host
from natscope.model.relay_map import RelayNode
from natscope.relay_client import DIRECT, ConnectError, ConnectOptions, RelayConnection, Step, Target, connect
from natscope.wire.derp.frames import GoneReason, PeerGone, RecvPacket
from natscope.wire.keys import PrivateKey
from tests.interop import peers
from tests.interop.derp_peers import NAME, Derper, Place, Ports, free_tcp_port, running, wait_until_open

pytestmark = pytest.mark.interop
HOST = build_real_host()
SIZES = (0, 1, 1400, 65_536)
DISCO = b"TS\xf0\x9f\x92\xac" + bytes(100)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def node_of(ports: Ports, **fields: str) -> RelayNode:
    given = {"host_name": NAME, "ipv4": "127.0.0.1", "ipv6": "none", **fields}
    return RelayNode(name="900a", region_id=900, derp_port=ports.https, **given)  # type: ignore[arg-type]


def options(place: Place, **fields: object) -> ConnectOptions:
    given = {"proxy": DIRECT, "ca_file": str(place.ca), **fields}
    return ConnectOptions(private=PrivateKey(HOST.rng.bytes(32)), **given)  # type: ignore[arg-type]


async def meet(node: RelayNode, first: ConnectOptions, second: ConnectOptions) -> list[RelayConnection]:
    """Two clients exchange packets of several sizes; they are closed when it is over."""
    target = Target.of_node(node)
    async with await connect(HOST, target, first) as a, await connect(HOST, target, second) as b:
        for sender, taker, key in ((a, b, second.private.public), (b, a, first.private.public)):
            for size in SIZES:
                packet = HOST.rng.bytes(size)
                sender.send(key, packet)
                event = await taker.next()
                assert isinstance(event, RecvPacket)
                assert event.packet == packet
        assert 0 < await a.ping() < 5
        a.note_preferred(True)
        a.send(bytes(32), DISCO)
        assert await a.next() == PeerGone(bytes(32), GoneReason.NOT_HERE)
        await b.close()
        assert await a.next() == PeerGone(second.private.public, GoneReason.DISCONNECTED)
        return [a, b]


@pytest.mark.parametrize("fast", [True, False])
async def test_two_clients_meet_at_derper(place: Place, fast: bool) -> None:
    ports = Ports()
    with running(Derper(place, ports)):
        for connection in await meet(
            node_of(ports), options(place, fast_start=fast), options(place, home=True, fast_start=fast)
        ):
            facts = connection.facts
            assert facts.is_fast == fast
            assert facts.tls is not None
            assert facts.headers.get("derp-version", "none") == ("none" if fast else "2")
        error = await refused(node_of(ports), ConnectOptions(private=PrivateKey(bytes(32)), proxy=DIRECT))
        assert (error.step, error.failure) == (Step.TLS, Failure.CERTIFICATE)


async def test_a_pinned_derper(place: Place) -> None:
    ports, folder = Ports(), place.folder / "own"
    folder.mkdir()
    ip = "127.0.0.1"
    with running(Derper(place, ports, flags=("-hostname", ip, "-certdir", str(folder)))):
        pin = pin_of(folder / f"{ip}.crt")
        pinned = node_of(ports, host_name=ip, cert_name=f"sha256-raw:{pin}")
        await meet(pinned, options(place), options(place, fast_start=False))
        error = await refused(node_of(ports, host_name=ip, cert_name=f"sha256-raw:{'0' * 64}"), options(place))
        assert "not the pinned one" in error.message


async def test_a_client_that_derper_does_not_let_in(place: Place) -> None:
    ports = Ports()
    flags = ("-verify-client-url", f"http://127.0.0.1:{free_tcp_port()}/", "-verify-client-url-fail-open=false")
    with running(Derper(place, ports, flags=flags)):
        for fast in (True, False):
            error = await refused(node_of(ports), options(place, fast_start=fast))
            assert (error.step, error.failure) == (Step.GREETING, Failure.CLOSED)
            assert "does not let this client in" in error.message


async def test_through_tinyproxy(place: Place) -> None:
    ports = Ports()
    with running(Derper(place, ports)), tinyproxy(place.folder, f"ConnectPort {ports.https}", "BasicAuth u pass") as at:
        first, second = (options(place, proxy=f"http://u:pass@{at}") for _ in range(2))
        for connection in await meet(node_of(ports, ipv4="192.0.2.1"), first, second):
            assert connection.facts.proxy == f"http://{at}"
        error = await refused(node_of(ports), options(place, proxy=f"http://{at}"))
        assert (error.step, error.status) == (Step.PROXY, 407)


async def test_tinyproxy_forbids_the_port(place: Place) -> None:
    with tinyproxy(place.folder, "ConnectPort 443") as at:
        error = await refused(node_of(Ports()), options(place, proxy=f"http://{at}"))
    assert (error.step, error.status) == (Step.PROXY, 403)


async def refused(node: RelayNode, wanted: ConnectOptions) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await connect(HOST, Target.of_node(node), wanted)
    return caught.value


def pin_of(path: Path) -> str:
    der = x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    return hashlib.sha256(der).hexdigest()


@contextlib.contextmanager
def tinyproxy(folder: Path, *lines: str) -> Iterator[str]:
    """Where it listens."""
    port = free_tcp_port()
    file = folder / "tinyproxy.conf"
    file.write_text("\n".join([f"Port {port}", "Listen 127.0.0.1", "Timeout 60", "MaxClients 20", *lines, ""]))
    words = [peers.require("tinyproxy"), "-d", "-c", str(file)]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_open(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)
