"""The kernel's NAT with Debian's miniupnpd beside it: both foreign, and found as configured by our netcheck and theirs.

What our routers do is measured against it: the same requests get the same answers, but for what is listed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from natscope.lab.kernel import miniupnpd
from natscope.lab.kernel.bed import Running
from natscope.lab.scenario_values import read_scenario
from natscope.wire.portmap import nat_pmp, pcp, ssdp
from natscope.wire.portmap.pcp_options import Filter, Option, OtherOption, PreferFailure, ThirdParty
from tests.interop import peers
from tests.lab.kernel_lab import lab_of

pytestmark = [pytest.mark.kernel, pytest.mark.interop]

SITES = {
    "linux": 'kernel_nat = "masquerade"\nmapping_service = {}',
    "ours": "mapping_service = {}",
    "old": 'kernel_nat = "masquerade"\nmapping_service = { protocols = ["nat-pmp", "pcp"] }',
    "media": 'kernel_nat = "fully-random"\nmapping_service = { protocols = ["upnp"], max_lease_s = 300 }',
}
HOST = "192.168.1.10"
ASK = """
import socket, sys
for text in sys.argv[2:]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.bind(("0.0.0.0", 5000))
        s.sendto(bytes.fromhex(text), ("192.168.1.1", int(sys.argv[1])))
        try:
            print(s.recv(2000).hex() or "-")
        except (TimeoutError, ConnectionError):
            print("-")
"""


def outside(name: str) -> str:
    return f"11.0.1.{10 + list(SITES).index(name)}"


def text_of(names: Iterator[str]) -> str:
    lines = ["[hosts.stranger]"]
    for name in names:
        lines += [f"[sites.{name}]", f'external = ["{outside(name)}"]', SITES[name]]
        lines += [f"[hosts.{name}-host]", f'at = "{name}"']
    return "\n".join(lines)


@pytest.fixture(scope="module")
def lab() -> Iterator[Running]:
    peers.require("miniupnpd")
    with lab_of(text_of(iter(SITES))) as running:
        yield running


def ask(lab: Running, name: str, *messages: bytes) -> list[bytes]:
    """What 192.168.1.1:5351 answers to each; empty for silence."""
    argv = [sys.executable, "-c", ASK, "5351", *(m.hex() for m in messages)]
    said = lab.exec(f"{name}-host", argv).stdout.split()
    return [b"" if line == "-" else bytes.fromhex(line) for line in said]


def test_its_configuration(tmp_path: Path) -> None:
    site = read_scenario("t", f'title = "T"\n{text_of(iter(["media"]))}').sites["media"]
    assert site.mapping_service is not None
    lines = miniupnpd.configuration(site, site.mapping_service, tmp_path / "leases").split("\n")
    wanted = {"ext_ifname=wan", "listening_ip=lan", "enable_upnp=yes", "enable_natpmp=no", "max_lifetime=300",
              "allow 1024-65535 192.168.1.0/24 1024-65535", f"lease_file={tmp_path}/leases"}  # fmt: skip
    assert wanted <= set(lines)


ME, ANY = IPv4Address(HOST), IPv4Address(0)


def map_message(
    inside: int, wish: int, lifetime: int = 600, *options: Option, nonce: bytes = b"n" * 12,
    protocol: int = pcp.UDP, ip: IPv4Address = ANY, client: IPv4Address = ME,
) -> bytes:  # fmt: skip
    body = pcp.Mapping(nonce, protocol, inside, wish, ip)
    return pcp.encode_request(pcp.Request(pcp.Opcode.MAP, lifetime, client, body, options))


def pmp(inside: int, wish: int, lifetime: int, opcode: nat_pmp.Opcode = nat_pmp.Opcode.MAP_UDP) -> bytes:
    return nat_pmp.encode_request(nat_pmp.MapRequest(opcode, inside, wish, lifetime))


MESSAGES = {
    "address": nat_pmp.encode_request(nat_pmp.AddressRequest()),
    "map": pmp(5000, 7000, 600),
    "map TCP": pmp(5000, 7000, 600, nat_pmp.Opcode.MAP_TCP),
    "another wish": pmp(5000, 7001, 600),
    "no wish": pmp(5001, 0, 600),
    "short": pmp(5003, 7003, 10),
    "delete": pmp(5000, 0, 0),
    "delete again": pmp(5000, 0, 0),
    "delete all": pmp(0, 0, 0),
    "unknown opcode": bytes((0, 9)),
    "cut off": bytes((0, 1, 0, 0)),
    "announce": pcp.encode_request(pcp.Request(pcp.Opcode.ANNOUNCE, 0, ME)),
    "announce from elsewhere": pcp.encode_request(pcp.Request(pcp.Opcode.ANNOUNCE, 0, ANY)),
    "PCP map": map_message(5100, 7100),
    "PCP map again": map_message(5100, 7100),
    "PCP delete": map_message(5100, 7100, 0),
    "PCP delete again": map_message(5100, 7100, 0),
    "PCP map another": map_message(5110, 7110),
    "PCP wrong nonce": map_message(5110, 7110, nonce=b"o" * 12),
    "PCP from elsewhere": map_message(5100, 7100, client=ANY),
    "PCP protocol 132": map_message(5120, 7120, protocol=132),
    "PCP prefer failure": map_message(5101, 7101, 600, PreferFailure()),
    "PCP prefer failure, another address": map_message(5102, 7102, 600, PreferFailure(), ip=IPv4Address("192.0.2.1")),
    "PCP optional option": map_message(5103, 7103, 600, OtherOption(200, b"abcd")),
    "PCP unknown option": map_message(5104, 7104, 600, OtherOption(99, b"abcd")),
    "PCP third party": map_message(5105, 7105, 600, ThirdParty(IPv4Address("192.168.1.11"))),
    "PCP filter": map_message(5106, 7106, 600, Filter(128, 1, IPv4Address("192.0.2.1"))),
    "PCP unknown opcode": pcp.encode_request(pcp.Request(77, 9, ME, pcp.OtherBody(b"abcd"))),
    "PCP cut off": map_message(5100, 7100)[:40],
    "PCP malformed option": map_message(5100, 7100) + b"\x01\x00\x00\x00",
    "PCP version 3": bytes((3, 1)) + bytes(58),
    "a response": bytes((2, 0x81)) + bytes(58),
    "PCP long": map_message(5108, 7108, 999_999),
}
DIFFERENT = {
    "another wish": "RFC 6886 §3.3 keeps the port of an inside endpoint, miniupnpd opens a second one",
    "announce from elsewhere": "RFC 6887 §8.2 wants ADDRESS_MISMATCH, miniupnpd checks MAP only",
    "PCP wrong nonce": "RFC 6887 §11.3 refuses, miniupnpd takes it for the owner",
    "PCP delete again": "RFC 6887 §15.1: deleting what is not there succeeds, miniupnpd has NO_RESOURCES",
    "PCP protocol 132": "miniupnpd maps SCTP",
    "PCP filter": "miniupnpd takes filters",
}
"""Answered otherwise by miniupnpd 2.3.1 than by our router, and why."""


def outcome(answer: bytes, name: str) -> tuple[object, ...]:
    """What an answer means: protocol, result, lifetime of a success, and what is open."""
    if not answer:
        return ()
    if answer[0] == nat_pmp.VERSION:
        told = nat_pmp.decode_response(answer)
        if isinstance(told, nat_pmp.MapResponse):
            return "nat-pmp", told.result, told.internal_port, told.external_port, told.lifetime_s
        ours = isinstance(told, nat_pmp.AddressResponse) and str(told.external) == outside(name)
        return "nat-pmp", told.result, ours
    response = pcp.decode_response(answer)
    body = response.body
    if response.result or not isinstance(body, pcp.Mapping):
        return "pcp", response.opcode, response.result
    return "pcp", body.nonce, body.internal_port, body.external_port, response.lifetime_s


@pytest.fixture(scope="module")
def compared(lab: Running) -> dict[str, list[tuple[object, ...]]]:
    """By message what miniupnpd and our router did with it."""
    return {
        message: [outcome(linux, "linux"), outcome(ours, "ours")]
        for message, linux, ours in zip(
            MESSAGES, ask(lab, "linux", *MESSAGES.values()), ask(lab, "ours", *MESSAGES.values()), strict=True
        )
    }


@pytest.mark.parametrize("message", MESSAGES)
def test_our_router_answers_as_miniupnpd_does(compared: dict[str, list[tuple[object, ...]]], message: str) -> None:
    linux, ours = compared[message]
    assert (linux == ours) is (message not in DIFFERENT), f"miniupnpd {linux}, ours {ours}"


@pytest.mark.parametrize("name", ["linux", "ours"])
def test_upnpc_and_natpmpc_open_ports(lab: Running, name: str) -> None:
    upnp = lab.exec(f"{name}-host", [peers.require("upnpc"), "-a", HOST, "5200", "7200", "UDP", "300"]).stdout
    assert f"external {outside(name)}:7200 UDP is redirected to internal {HOST}:5200 (duration=300)" in upnp
    pmp = lab.exec(f"{name}-host", [peers.require("natpmpc"), "-a", "7300", "5300", "udp", "600"]).stdout
    assert "Mapped public port 7300 protocol UDP to local port 5300 liftime 600" in pmp


def test_switches(lab: Running) -> None:
    """One protocol off is a closed port."""
    announce = pcp.encode_request(pcp.Request(pcp.Opcode.ANNOUNCE, 0, IPv4Address(HOST)))
    [old], [media] = ask(lab, "old", announce), ask(lab, "media", announce)
    assert pcp.decode_response(old).result == 0
    assert media == b""
    search = ssdp.encode_search(ssdp.Search(ssdp.GATEWAY_1))
    heard = {}
    for name in ("old", "media"):
        argv = [sys.executable, "-c", ASK, "1900", search.hex()]
        heard[name] = lab.exec(f"{name}-host", argv).stdout.strip() != "-"
    assert heard == {"old": False, "media": True}


@pytest.mark.parametrize("name", ["linux", "ours"])
def test_our_netcheck_proves_the_ports_of_both(lab: Running, name: str) -> None:
    """Through the kernel's NAT and miniupnpd nothing of ours but the client is in the way."""
    scenario = read_scenario("t", f'title = "T"\n{text_of(iter(SITES))}')
    told = lab.netcheck(f"{name}-host", scenario).port_mapping
    assert [service.proof for service in (told.upnp, told.nat_pmp, told.pcp)] == ["proved"] * 3
