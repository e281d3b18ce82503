"""Behind real nginx and Caddy, configured as docs/relay.md says: the very blocks of the page, other ports and files."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from natscope.apps.derp_serve import Running
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import RelayNode
from natscope.relay.config import RelayConfig, StunConfig
from natscope.relay_client import DIRECT, ConnectOptions
from natscope.wire.keys import PrivateKey
from tests.docs.readme_blocks import blocks
from tests.house.tree import ROOT
from tests.interop.derp_check import check
from tests.interop.derp_exchange import SIZES, Exchange
from tests.interop.pebble import free_port
from tests.interop.peers import require
from tests.interop.test_relay_client import meet
from tests.relay import served
from tests.relay.derp_client import UPGRADE, DerpClient
from tests.relay.drivers import wait_for

pytestmark = pytest.mark.interop
PAGE = (ROOT / "docs" / "relay.md").read_text()
README = (ROOT / "README.md").read_text()
START_S = 15.0
NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/relay.conf;
}}
"""


@dataclass(frozen=True)
class Front:
    """A proxy in front of a relay."""

    relay: Running
    tls: Endpoint
    plain: Endpoint
    trust: ssl.SSLContext
    ca: Path
    """The file of the authority that is trusted."""

    def client(self, source: str = "") -> DerpClient:
        """TLS with chain and name checked."""
        return DerpClient(self.tls, tls=self.trust, source=source)


@dataclass(frozen=True)
class Around:
    """Where a proxy is to listen, and with what; `page` has its configuration."""

    page: str
    folder: Path
    relay: Endpoint
    tls: Endpoint
    plain: Endpoint


def replaced(page: str, text: str, *pairs: tuple[str, str]) -> str:
    """The block with other ports and files; what is replaced must stand on the operator's page."""
    for old, new in pairs:
        assert page != PAGE or old in text, f"{old} does not stand in the configuration of docs/relay.md"
        text = text.replace(old, new)
    return text


def nginx(around: Around) -> list[str]:
    program = require("nginx")
    [block] = blocks(around.page, "nginx")
    ours = replaced(
        around.page,
        block,
        ("127.0.0.1:8080", str(around.relay)),
        ("listen 443 ssl;", f"listen {around.tls} ssl;"),
        ("    listen [::]:443 ssl;\n", ""),
        ("listen 80;", f"listen {around.plain};"),
        ("    listen [::]:80;\n", ""),
        ("relay.example;", "relay.test;"),
        ("/etc/letsencrypt/live/relay.example/fullchain.pem", f"{around.folder}/chain.pem"),
        ("/etc/letsencrypt/live/relay.example/privkey.pem", f"{around.folder}/key.pem"),
    )
    (around.folder / "relay.conf").write_text(ours)
    (around.folder / "nginx.conf").write_text(NGINX.format(folder=around.folder))
    folder = str(around.folder)
    return [program, "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]


def caddy(around: Around) -> list[str]:
    program = require("caddy")
    [block] = blocks(around.page, "caddyfile")
    files = f"{around.folder}/chain.pem {around.folder}/key.pem"
    ours = replaced(
        around.page,
        block,
        ("127.0.0.1:8080", str(around.relay)),
        ("http://relay.example {", f"http://relay.test:{around.plain.port} {{\n\tbind {around.plain.ip}"),
        ("relay.example {", f"https://relay.test:{around.tls.port} {{\n\tbind {around.tls.ip}\n\ttls {files}"),
    )
    (around.folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{ours}")
    return [program, "run", "--adapter", "caddyfile", "--config", str(around.folder / "Caddyfile")]


@pytest.fixture(name="front", scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def proxied_relay(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with behind(request.param, PAGE, tmp_path_factory.mktemp("proxy")) as front:
        yield front


@contextlib.contextmanager
def behind(make: Callable[[Around], list[str]], page: str, folder: Path) -> Iterator[Front]:
    """A relay behind a proxy that is configured as a page says."""
    authority = trustme.CA()
    issued = authority.issue_cert("relay.test")
    (folder / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    config = RelayConfig(
        listen=(served.LOOPBACK,),
        drain_s=0.0,
        trusted_proxies=("127.0.0.1",),
        stun=StunConfig(listen=(served.LOOPBACK,)),
    )
    tls, plain = (Endpoint.parse(f"127.0.0.1:{free_port()}") for _ in range(2))
    with served.in_thread(config) as relay, open(folder / "log", "wb") as log:
        command = make(Around(page, folder, relay.ready.listen[0], tls, plain))
        environ = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ)
        try:
            for end in (tls, plain) if page == PAGE else (tls,):
                _wait_for(end, process, folder / "log")
            yield Front(relay, tls, plain, trust, folder / "ca.pem")
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(end: Endpoint, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((str(end.ip), end.port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"it does not answer: {log.read_text()[-2000:]}")


def test_packets_of_every_size_pass_at_once_and_in_order(front: Front) -> None:
    first, second = front.client(), front.client()
    packets = [bytes([size % 251]) * size for size in (1, 62, 1400, 9000, 65536, 0, 33)]
    first.packet(second, *packets)
    assert second.packets(len(packets)) == packets
    for number in range(50):  # one by one: nothing is held back until there is more
        second.packet(first, b"%d" % number)
        assert first.packets(1) == [b"%d" % number]
    first.close()
    second.close()


def test_upstreams_client_passes_without_its_fast_start(front: Front) -> None:
    """The proxy shows its own certificate, so the key of the relay is learned from the answer."""
    with Exchange() as x:
        for name in ("a", "b"):
            told = x.connect(name, f"https://relay.test:{front.tls.port}/derp", ca=front.ca, dial=str(front.tls))
            assert (told["meta_key"], told["fast_start"]) == ("", False)
            assert told["server_key"] == front.relay.ready.key
        assert x.exchange("a", "b", count=5) == x.exchange("b", "a", count=5) == 5 * len(SIZES)
        x.do("close", "a")


async def test_our_client_exchanges_packets_and_sees_the_proxy(front: Front) -> None:
    """It asks for a fast start, which the proxy takes no part in: the answer tells the key."""
    node = RelayNode(
        name="1a", region_id=1, host_name="relay.test", ipv4=str(front.tls.ip), ipv6="none", derp_port=front.tls.port
    )
    wanted = [
        ConnectOptions(private=PrivateKey(os.urandom(32)), proxy=DIRECT, ca_file=str(front.ca), home=home)
        for home in (True, False)
    ]
    for connection in await meet(node, *wanted):
        facts = connection.facts
        assert (facts.is_fast, facts.server_key) == (False, front.relay.service.front.relay.private.public)
        assert facts.headers["derp-version"] == "2"


def our_check(front: Front, folder: Path, ca: Path) -> tuple[int, dict[str, Any]]:
    """`natscope derp check` of the relay; its address is in the map, nothing is looked up."""
    [stun] = front.relay.ready.stun
    node = {"Name": "1a", "RegionID": 1, "HostName": "relay.test", "IPv4": str(front.tls.ip), "IPv6": "none",
            "DERPPort": front.tls.port, "STUNPort": stun.port}  # fmt: skip
    region = {"RegionID": 1, "RegionCode": "r1", "RegionName": "Proxied", "Nodes": [node]}
    return check(folder, {"Regions": {"1": region}}, "--port80", str(front.plain.port), "--volume", "50", ca=ca)


def test_our_check_finds_nothing_wrong(front: Front, tmp_path: Path) -> None:
    code, document = our_check(front, tmp_path, front.ca)
    assert (code, document["findings"]) == (0, [])
    assert [node["relays"] for node in document["nodes"]] == ["yes"]


def test_our_check_looks_at_the_proxys_certificate(front: Front, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    code, document = our_check(front, tmp_path, tmp_path / "other.pem")
    assert (code, [finding["id"] for finding in document["findings"]]) == (1, ["NS-REL-01"])
    assert [node["relays"] for node in document["nodes"]] == ["no"]


def test_the_relay_knows_its_clients_by_their_own_addresses(front: Front) -> None:
    client = front.client("127.0.0.9")
    relay = front.relay.service.front.relay
    assert "127.0.0.9:0" in {str(relay.registry.active[client.key].address)}
    client.close()


def test_one_address_cannot_keep_the_others_out(front: Front) -> None:
    """Those who never greet are limited by their own address, not by the proxy's, which all have."""
    waiting = []
    for _ in range(40):
        sock = socket.create_connection(
            (str(front.tls.ip), front.tls.port), timeout=10, source_address=("127.0.0.8", 0)
        )
        tls = front.trust.wrap_socket(sock, server_hostname="relay.test")
        tls.sendall(UPGRADE)
        waiting.append(tls)
    answers = [tls.recv(12)[9:12] for tls in waiting]
    assert (answers.count(b"101"), answers.count(b"429")) == (32, 8)
    honest = front.client("127.0.0.9")
    honest.packet(honest, b"in")
    assert honest.packets(1) == [b"in"]
    honest.close()
    for tls in waiting:
        tls.close()
    wait_for(lambda: not front.relay.service.front._per_source)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def ask(url: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers, no redirect followed."""
    request = urllib.request.Request(url, headers={"Host": "relay.test", **headers})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay()).open(request, timeout=10) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}


def test_port_80_answers_the_question_for_login_pages_and_redirects_the_rest(front: Front) -> None:
    status, headers = ask(f"http://{front.plain}/generate_204", **{"X-Tailscale-Challenge": "ts_relay.test"})
    assert (status, headers["x-tailscale-response"]) == (204, "response ts_relay.test")
    status, headers = ask(f"http://{front.plain}/derp")
    assert (status, headers["location"].startswith("https://relay.test")) == (302, True)


def test_pages_pass(front: Front) -> None:
    sock = socket.create_connection((str(front.tls.ip), front.tls.port), timeout=10)
    with front.trust.wrap_socket(sock, server_hostname="relay.test") as tls:
        tls.sendall(b"GET /derp/latency-check HTTP/1.1\r\nHost: relay.test\r\nConnection: close\r\n\r\n")
        assert tls.recv(64).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("make", [nginx, caddy])
def test_the_readmes_shorter_configurations_relay_too(
    make: Callable[[Around], list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with behind(make, README, tmp_path_factory.mktemp("proxy")) as front:
        a, b = front.client(), front.client("127.0.0.9")
        a.packet(b, b"x" * 65_536)
        assert b.packets(1) == [b"x" * 65_536]
        relay = front.relay.service.front.relay
        assert "127.0.0.9" in {str(client.address.ip) for client in relay.registry.active.values()}
