"""Upstream's own DERP client through our relay: plain, TLS, pinned, fast start, WebSocket; on both drivers.

The driver on epoll is what people run; the one on streams gets the same modes that it has.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from natscope.machines.derp.settings import RateLimit, RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.relay.config import RelayConfig, TlsConfig, TlsMode
from natscope.wire.derp.frames import GoneReason, PresentFlags
from tests.interop.derp_exchange import SIZES, Exchange, Refused
from tests.interop.derp_peers import NAME, Place
from tests.relay import served
from tests.relay.drivers import DRIVERS, Running, serving, start, wait_for

pytestmark = pytest.mark.interop

MESH_KEY = bytes(range(32))
WEBSOCKET = {"TS_DEBUG_DERP_WS_CLIENT": "true"}
NOT_HERE, DISCONNECTED = int(GoneReason.NOT_HERE), int(GoneReason.DISCONNECTED)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("place"))


@pytest.fixture(params=[(driver, tls) for driver in DRIVERS for tls in (False, True)], ids=str)
def library(request: pytest.FixtureRequest, place: Place) -> Iterator[tuple[Running, dict[str, str]]]:
    """A relay of either driver, and how a client connects to it."""
    driver, tls = request.param
    relay = start(driver, RelaySettings(mesh_key=MESH_KEY), tls=tls)
    scheme = "https" if tls else "http"
    yield relay, {"url": f"{scheme}://relay.test/derp", "dial": str(relay.at), "ca": str(place.ca) if tls else ""}
    relay.end()


@pytest.fixture(scope="module")
def program(place: Place) -> Iterator[served.Served]:
    """The relay as people run it, with the authority's certificate."""
    chain, key = place.certificate
    with served.process("--cert", str(chain), "--cert-key", str(key), "--http", "off") as relay:
        yield relay


def test_packets_of_every_size_both_ways_and_what_clients_are_told(library: tuple[Running, dict[str, str]]) -> None:
    relay, how = library
    with Exchange() as x:
        a, b = x.connect("a", **how), x.connect("b", home=True, **how)
        assert a["server_key"] == b["server_key"] == relay.relay.private.public.hex()
        assert x.exchange("a", "b", count=10) == x.exchange("b", "a", count=10) == 10 * len(SIZES)
        assert x.do("ping", "a")["seconds"] < 5.0
        x.do("close", "a")
        assert x.do("wait-gone", "b", peer=a["key"]) == {"reason": DISCONNECTED}
        for disco in (False, True):
            x.do("send", "b", peer=a["key"], size=100, disco=disco)
        assert x.do("wait-gone", "b", peer=a["key"]) == {"reason": NOT_HERE}
        told = x.report("b")
        assert told["gone"] == []
        assert told["kinds"] == {"ServerInfo": 1, "ReceivedPacket": 10 * len(SIZES), "PeerGone": 2}
        assert told["info"] == {"rate": 0, "burst": 0}
    wait_for(lambda: relay.relay.clients == 0)
    assert relay.relay.counters.unknown_frames == 0


def test_a_mesh_peer_watches_forwards_and_closes(library: tuple[Running, dict[str, str]]) -> None:
    _, how = library
    with Exchange() as x:
        a, prober = x.connect("a", **how), x.connect("prober", prober=True, **how)
        x.connect("mesh", watch=True, meshkey=MESH_KEY.hex(), **how)
        flags = {name: x.do("wait-present", "mesh", peer=name)["flags"] for name in ("a", "prober", "mesh")}
        assert flags == {
            "a": int(PresentFlags.REGULAR), "prober": int(PresentFlags.PROBER), "mesh": int(PresentFlags.MESH_PEER),
        }  # fmt: skip
        b = x.connect("b", **how)
        assert x.do("wait-present", "mesh", peer="b") == {"at": b["local"], "flags": int(PresentFlags.REGULAR)}
        x.do("forward", "mesh", **{"from": prober["key"], "peer": "a"}, size=1000)
        assert x.do("wait-packet", "a") == {"from": prober["key"], "size": 1000}
        x.do("forward", "mesh", **{"from": prober["key"], "peer": "ab" * 32}, size=100, disco=True)
        assert x.do("wait-gone", "mesh", peer="ab" * 32) == {"reason": NOT_HERE}
        x.do("close-peer", "mesh", peer=a["key"])
        assert "EOF" in x.do("wait-lost", "a")["why"]
        assert x.do("wait-gone", "mesh", peer=a["key"]) == {"reason": DISCONNECTED}


def test_without_the_mesh_key_nobody_may_watch(library: tuple[Running, dict[str, str]]) -> None:
    _, how = library
    with Exchange() as x:
        for key in ("", "ff" * 32):
            x.connect("a", meshkey=key, **how)
            x.do("forward", "a", **{"from": "a", "peer": "a"}, size=10)
            assert "EOF" in x.do("wait-lost", "a")["why"]


def test_the_newest_connection_of_a_key_gets_its_packets(library: tuple[Running, dict[str, str]]) -> None:
    relay, how = library
    key = f"privkey:{os.urandom(32).hex()}"
    with Exchange() as x:
        x.connect("a", **how)
        x.connect("old", key=key, **how)
        x.connect("new", key=key, **how)
        assert x.exchange("a", "new", (100, 1000)) == 2
        x.do("ping", "old")  # whoever spoke last is active
        assert x.exchange("a", "old", (100, 1000)) == 2
        x.do("close", "old")
        wait_for(lambda: relay.relay.clients == 2)
        assert x.exchange("a", "new", (100, 1000)) == 2
        assert x.report("a")["gone"] == []


def test_a_rate_limit_loses_nothing_of_upstreams_client(place: Place) -> None:
    with serving("epoll", RelaySettings(rate=RateLimit(bytes_per_second=2_000_000))) as relay, Exchange() as x:
        for name in ("a", "b"):
            x.connect(name, "http://relay.test/derp", dial=str(relay.at))
        assert x.exchange("a", "b", (1000,), count=400, ahead=30) == 400


@pytest.mark.parametrize("driver", DRIVERS)
def test_who_is_idle_hears_that_the_relay_is_there(driver: str) -> None:
    with serving(driver, RelaySettings(keep_alive_s=0.05, keep_alive_jitter_s=0.0)) as relay, Exchange() as x:
        x.connect("a", "http://relay.test/derp", dial=str(relay.at))
        time.sleep(0.3)
        assert x.report("a")["kinds"]["KeepAlive"] >= 2
        assert x.exchange("a", "a", (100,)) == 1


def test_ipv6() -> None:
    if not has_ipv6():
        pytest.skip("no IPv6 on loopback")
    with served.in_thread(RelayConfig(listen=(Endpoint.parse("[::1]:0"),), drain_s=0.0)) as running, Exchange() as x:
        for name in ("a", "b"):
            x.connect(name, f"http://[::1]:{running.ready.listen[0].port}/derp")
        assert x.exchange("a", "b") == len(SIZES)


def has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as sock:
        try:
            sock.bind(("::1", 0))
        except OSError:
            return False
    return True


def test_restarting_and_health_are_understood() -> None:
    with served.in_thread() as running, Exchange() as x:
        at = running.ready.listen[0]
        x.connect("a", f"http://{NAME}:{at.port}/derp")
        relay = running.service.front.relay
        running.service.post(lambda _: relay.set_health("too warm"))
        running.service.post(lambda _: relay.restarting(500, 30_000))
        running.service.post(lambda _: relay.close_all())
        x.do("wait-lost", "a")
        told = x.report("a")
        assert told["health"] == ["too warm"]
        assert told["restarting"] == [{"reconnect_in": 0.5, "try_for": 30.0}]


def test_fast_start_with_an_authority(place: Place) -> None:
    """Both sides say so; and to a client that starts fast an HTTP answer would be a broken frame."""
    chain, key = place.certificate
    tls = TlsConfig(mode=TlsMode.FILES, certificate_file=str(chain), key_file=str(key))
    with served.in_thread(RelayConfig(listen=(served.LOOPBACK,), tls=tls, drain_s=0.0)) as running, Exchange() as x:
        for name in ("a", "b"):
            told = x.connect(name, f"https://{NAME}:{running.ready.listen[0].port}/derp", ca=place.ca)
            assert (told["tls"], told["fast_start"], told["meta_key"]) == ("TLS 1.3", True, running.ready.key)
        assert running.service.front.counters.fast_starts == 2
        assert x.exchange("a", "b", count=5) == x.exchange("b", "a", count=5) == 5 * len(SIZES)


def test_tls_1_2_starts_slowly(program: served.Served, place: Place) -> None:
    with Exchange() as x:
        told = x.connect("a", f"https://{NAME}:{program.at.port}/derp", ca=place.ca, tls12=True)
        assert (told["tls"], told["fast_start"], told["meta_key"]) == ("TLS 1.2", False, program.ready["key"])
        x.connect("b", f"https://{NAME}:{program.at.port}/derp", ca=place.ca)
        assert x.exchange("a", "b", count=5) == x.exchange("b", "a", count=5) == 5 * len(SIZES)


def test_a_stranger_to_the_authority_refuses(program: served.Served) -> None:
    with Exchange() as x, pytest.raises(Refused, match="unknown authority"):
        x.connect("a", f"https://{NAME}:{program.at.port}/derp")


def test_a_region_of_a_map(program: served.Served, place: Place) -> None:
    node = {"Name": "900a", "RegionID": 900, "HostName": NAME, "IPv4": "127.0.0.1", "DERPPort": program.at.port}
    dead = node | {"Name": "900x", "DERPPort": 1}
    with Exchange() as x:
        ideal = x.connect("a", ca=place.ca, region={"RegionID": 900, "RegionCode": "lab", "Nodes": [node]})
        other = x.connect("b", ca=place.ca, region={"RegionID": 900, "RegionCode": "lab", "Nodes": [dead, node]})
        assert ideal["fast_start"]
        assert other["fast_start"]
        assert x.exchange("a", "b") == len(SIZES)


def test_the_map_entry_that_a_relay_prints_is_all_that_a_client_needs(tmp_path: Path) -> None:
    flags = ("--tls", "self-signed", "--hostname", "127.0.0.1", "--http", "off", "--key-file", str(tmp_path / "key"))
    with served.process(*flags) as relay, Exchange() as x:
        printed = json.loads(relay.until("map-entry")["json"])
        region = printed["Regions"]["900"]
        [node] = region["Nodes"]
        for name in ("a", "b"):
            told = x.connect(name, region=region)
            assert told["certificates"] == 2  # its own and the meta certificate, which does not count for the pin
            assert told["fast_start"]
        assert x.exchange("a", "b") == len(SIZES)
        node["CertName"] = f"sha256-raw:{'00' * 32}"
        with pytest.raises(Refused, match="hash"):
            x.connect("c", region=region)


@pytest.mark.parametrize("driver", DRIVERS)
def test_upstreams_websocket_client(driver: str) -> None:
    with serving(driver) as relay, Exchange(**WEBSOCKET) as x:
        talk_in_websockets(x, f"http://{relay.at}/derp", relay.relay.private.public.hex())


def test_upstreams_websocket_client_with_tls(program: served.Served, place: Place) -> None:
    with Exchange(**WEBSOCKET, SSL_CERT_FILE=str(place.ca)) as x:
        talk_in_websockets(x, f"https://{NAME}:{program.at.port}/derp", program.ready["key"])


def talk_in_websockets(x: Exchange, url: str, key: str) -> None:
    for name in ("a", "b"):
        assert x.connect(name, url)["server_key"] == key
    assert x.exchange("a", "b", count=5) == x.exchange("b", "a", count=5) == 5 * len(SIZES)
    x.do("ping", "a")
