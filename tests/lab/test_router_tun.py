"""The user-space router as a machine: checksums stay right, links do as they say, errors are told."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from natscope.lab.kernel.router_tun import QUEUE_PACKETS, Attached, RouterPlan, RouterTun
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.presets import preset
from natscope.sim.link import LinkSpec
from natscope.sim.meddler import MeddlerSpec
from natscope.wire import icmp, ip, transport
from natscope.wire.checksum import checksum, pseudo_sum
from natscope.wire.ip import IpHeader
from natscope.wire.stun.message import RequestForm, encode_binding_request

HOST, PUBLIC, PEER, GATEWAY = (
    int(ip_address(a)) for a in ("192.168.1.10", "203.0.113.10", "192.0.2.101", "192.168.1.1")
)
NOTHING = LinkSpec(latency_s=0.0)


def router(nat: NatConfig | None = None, link: LinkSpec = NOTHING) -> RouterTun:
    lan = Attached(prefixes=(ip_network("192.168.1.0/24"),), up=link, back=link)
    chosen = nat or preset("port-restricted", (ip_address(PUBLIC),))
    return RouterTun(RouterPlan(name="r", seed=1, nat_4=chosen, inside=(ip_address(GATEWAY), None), attached=(lan,)))


def datagram(src: int, dst: int, sport: int, dport: int, payload: bytes = b"hello", *, df: bool = True) -> bytes:
    body = transport.encode_udp(4, src, dst, sport, dport, payload)
    return ip.encode(IpHeader(4, 17, src, dst, 63, 20 + len(body), 20, dont_fragment=df, identification=9)) + body


def ends(data: bytearray) -> tuple[int, int, int, int]:
    """Addresses and ports; everything else of the packet is checked."""
    header = ip.decode(data)
    assert ip.header_is_intact(data)
    segment = data[header.payload_at :]
    assert checksum(segment, pseudo_sum(4, header.src, header.dst, header.proto, len(segment))) == 0
    return header.src, *transport.ports(data, header.payload_at)[:1], header.dst, transport.ports(data, 20)[1]


def test_there_and_back_with_the_ttl_of_one_hop_given_back() -> None:
    machine = router()
    machine.take(datagram(HOST, PEER, 4000, 3478), 0.0)
    (out,) = machine.due(0.0)
    assert ends(out) == (PUBLIC, 4000, PEER, 3478)
    assert ip.decode(out).ttl == 64
    machine.take(datagram(PEER, PUBLIC, 3478, 4000), 0.1, outside=True)
    (back,) = machine.due(0.1)
    assert ends(back) == (PEER, 3478, HOST, 4000)
    machine.take(datagram(PEER, PUBLIC, 3479, 4000), 0.2, outside=True)
    assert machine.due(0.2) == []
    assert machine.counts == {"filtered": 1}


def test_an_icmp_error_is_translated_outside_and_inside() -> None:
    machine = router()
    machine.take(datagram(HOST, PEER, 4000, 3478), 0.0)
    (out,) = machine.due(0.0)
    hop = int(ip_address("198.51.100.1"))
    message = icmp.encode(icmp.build_error(4, 11, 0, out), 4)
    error = ip.encode(IpHeader(4, 1, hop, PUBLIC, 63, 20 + len(message), 20)) + message
    machine.take(error, 0.1, outside=True)
    (told,) = machine.due(0.1)
    header = ip.decode(told)
    assert (header.src, header.dst) == (hop, HOST)
    assert icmp.is_intact(told[20:], 4)
    assert ends(bytearray(icmp.decode(told[20:]).body)) == (HOST, 4000, PEER, 3478)


def test_a_ping_of_the_public_address_is_answered() -> None:
    machine = router()
    body = icmp.encode(icmp.IcmpMessage(8, 0, 5 << 16 | 1, b"x"), 4)
    machine.take(ip.encode(IpHeader(4, 1, PEER, PUBLIC, 63, 20 + len(body), 20)) + body, 0.0, outside=True)
    (answer,) = machine.due(0.0)
    header, message = ip.decode(answer), icmp.decode(answer[20:])
    assert (header.src, header.dst, message.icmp_type, message.identifier) == (PUBLIC, PEER, 0, 5)


@pytest.mark.parametrize("tells", [True, False])
def test_what_is_too_big_is_told_or_swallowed(tells: bool) -> None:
    machine = router(link=LinkSpec(latency_s=0.0, mtu=1280, tells_mtu=tells))
    machine.take(datagram(HOST, PEER, 4000, 3478, bytes(1300)), 0.0)
    told = machine.due(0.0)
    assert machine.counts == {"too big": 1}
    assert len(told) == tells
    if tells:
        assert (ip.decode(told[0]).src, ip.decode(told[0]).dst) == (GATEWAY, HOST)
        assert icmp.decode(told[0][20:]).mtu(4) == 1280


def test_what_may_be_cut_is_cut_and_put_together_for_the_nat() -> None:
    machine = router(link=LinkSpec(latency_s=0.0, mtu=1280))
    machine.take(datagram(HOST, PEER, 4000, 3478, bytes(1400), df=False), 0.0)
    (out,) = machine.due(0.0)
    assert ends(out) == (PUBLIC, 4000, PEER, 3478)
    assert len(out) == 1428


def test_latency_loss_and_a_full_queue() -> None:
    machine = router(link=LinkSpec(latency_s=0.02))
    machine.take(datagram(HOST, PEER, 4000, 3478), 1.0)
    assert machine.deadline() == pytest.approx(1.02)
    assert machine.due(1.0199) == []
    assert len(machine.due(1.0201)) == 1
    lossy = router(link=LinkSpec(latency_s=0.0, loss=1.0))
    lossy.take(datagram(HOST, PEER, 4000, 3478), 0.0)
    assert (lossy.due(1.0), lossy.counts) == ([], {"lost on a link": 1})
    slow = router(link=LinkSpec(latency_s=1e6))
    for _ in range(QUEUE_PACKETS + 3):
        slow.take(datagram(HOST, PEER, 4000, 3478), 0.0)
    assert slow.counts == {"router queue full": 3}


def test_garbage_is_counted() -> None:
    machine = router()
    machine.take(b"", 0.0)
    machine.take(b"\x45" + bytes(30), 0.0)
    machine.take(ip.encode(IpHeader(4, 132, HOST, PEER, 63, 24, 20)) + bytes(4), 0.0)
    assert machine.due(0.0) == []
    assert machine.counts == {"no IP packet": 2, "protocol 132 is not translated": 1}


def test_a_stun_alg_rewrites_the_plain_address_and_mends_the_checksum() -> None:
    """MAPPED-ADDRESS as old clients read it; XOR-MAPPED-ADDRESS stays, because no gateway understands it."""
    plain = b"\x00\x01\x00\x08\x00\x01" + (4000).to_bytes(2, "big") + PUBLIC.to_bytes(4, "big")
    hidden = b"\x00\x20\x00\x08\x00\x01" + bytes(6)
    answer = b"\x01\x01\x00\x18\x21\x12\xa4\x42" + bytes(12) + plain + hidden
    machine = router(replace(preset("port-restricted", (ip_address(PUBLIC),)), stun_alg=True))
    machine.take(datagram(HOST, PEER, 4000, 3478), 0.0)
    machine.due(0.0)
    machine.take(datagram(PEER, PUBLIC, 3478, 4000, answer), 0.1, outside=True)
    (back,) = machine.due(0.1)
    assert ends(back) == (PEER, 3478, HOST, 4000)
    payload = bytes(back[28:])
    assert payload[20:32] == plain[:8] + HOST.to_bytes(4, "big")
    assert payload[32:] == hidden


def test_a_reboot_forgets_and_may_renumber() -> None:
    machine, new = router(), ip_address("203.0.113.200")
    machine.take(datagram(HOST, PEER, 4000, 3478), 0.0)
    machine.due(0.0)
    machine.reboot((new,))
    machine.take(datagram(PEER, PUBLIC, 3478, 4000), 0.1, outside=True)
    assert machine.due(0.1) == []
    machine.take(datagram(HOST, PEER, 4000, 3478), 0.2)
    (out,) = machine.due(0.2)
    assert ends(out) == (int(new), 4000, PEER, 3478)


def test_a_nat64_sends_as_its_nat_and_takes_answers_back() -> None:
    host, inside = int(ip_address("2001:db8:0:1::10")), ip_network("2001:db8:0:1::/64")
    through = int(ip_address("64:ff9b::")) | PEER
    machine = RouterTun(
        RouterPlan(
            name="r", seed=1, nat_4=preset("port-restricted", (ip_address(PUBLIC),)), nat64=True,
            inside=(ip_address(GATEWAY), ip_address("2001:db8:0:1::1")),
            attached=(Attached(prefixes=(inside,), up=NOTHING, back=LinkSpec(latency_s=0.5)),),
        )
    )  # fmt: skip
    body = transport.encode_udp(6, host, through, 4000, 3478, b"hello")
    machine.take(ip.encode(IpHeader(6, 17, host, through, 63, 40 + len(body), 40)) + body, 0.0)
    (out,) = machine.due(0.0)
    assert ends(out) == (PUBLIC, 4000, PEER, 3478)
    machine.take(datagram(PEER, PUBLIC, 3478, 4000), 0.1, outside=True)
    assert machine.due(0.1) == [], "the link to the host takes half a second"
    (back,) = machine.due(0.6)
    header = ip.decode(back)
    assert (header.src, header.dst, bytes(back[48:])) == (through, host, b"hello")
    machine.take(datagram(PEER, PUBLIC, 3479, 4000), 0.7, outside=True)
    assert (machine.due(2.0), machine.counts) == ([], {"filtered": 1})


def test_a_link_that_meddles_takes_marks_away_and_drops_looks() -> None:
    spec = replace(NOTHING, meddler=MeddlerSpec(bleaches=("ecn",), filters=("stun",)))
    machine = router(link=spec)
    marked = bytearray(datagram(HOST, PEER, 4000, 3478))
    ip.set_tos(marked, 0x8A)
    machine.take(bytes(marked), 0.0)
    (out,) = machine.due(0.0)
    assert ends(out) == (PUBLIC, 4000, PEER, 3478)
    assert ip.decode(out).traffic_class == 0x88
    machine.take(datagram(HOST, PEER, 4000, 3478, encode_binding_request(bytes(12), RequestForm.PLAIN)), 0.1)
    assert machine.due(0.1) == []
    assert machine.counts == {"filtered on a link": 1}


def segment(src: int, dst: int, ports: tuple[int, int], numbers: tuple[int, int], payload: bytes) -> bytes:
    tcp = transport.TcpHeader(*ports, *numbers, 20, 0x18, 1000)
    body = transport.encode_tcp(4, src, dst, tcp, payload)
    return ip.encode(IpHeader(4, 6, src, dst, 63, 20 + len(body), 20)) + body


@pytest.mark.parametrize("inwards", [False, True])
def test_a_greeting_with_a_name_resets_both_ends(*, inwards: bool) -> None:
    """On the way out of a network and on the way into one, through the translation both times."""
    spec = replace(NOTHING, meddler=MeddlerSpec(resets=("relay3.test",)))
    nat = replace(preset("full-cone", (ip_address(PUBLIC),)), tcp_pickup=True)
    machine = router(nat, spec)
    machine.take(segment(HOST, PEER, (443, 4000), (1, 2), b"first"), 0.0)
    machine.due(0.0)
    hello = b"\x16\x03\x01\0\x20\x01" + b"\0\0\x0brelay3.test" + bytes(20)
    if inwards:
        machine.take(segment(PEER, PUBLIC, (4000, 443), (900, 70), hello), 0.1, outside=True)
        found = [(PEER, 4000, HOST, 443), (PUBLIC, 443, PEER, 4000)]
    else:
        machine.take(segment(HOST, PEER, (443, 4000), (900, 70), hello), 0.1)
        found = [(PUBLIC, 443, PEER, 4000), (PEER, 4000, HOST, 443)]
    resets = {ends(data): transport.decode_tcp(data, 20) for data in machine.due(0.1)}
    assert set(resets) == set(found)
    on, back = (resets[end] for end in found)
    assert (on.sequence, on.acknowledgement, on.flags) == (900, 70, 0x14)
    assert (back.sequence, back.acknowledgement, back.flags) == (70, 900 + len(hello), 0x14)
    assert machine.counts == {"reset by name": 1}
    machine.take(segment(HOST, PEER, (443, 4000), (6, 2), hello.replace(b"3", b"4")), 0.2)
    assert [bytes(data[40:]) for data in machine.due(0.2)] == [hello.replace(b"3", b"4")]


def test_ipv6_is_translated_too() -> None:
    host, public, peer = (int(ip_address(a)) for a in ("fd00:db8:0:1::10", "2001:db8:0:1::1", "2001:db8::101"))
    machine = RouterTun(RouterPlan(
        name="r", seed=1, nat_6=NatConfig(external=(ip_address(public),)),
        attached=(Attached(prefixes=(ip_network("fd00:db8:0:1::/64"),), up=NOTHING, back=NOTHING),),
    ))  # fmt: skip
    body = transport.encode_udp(6, host, peer, 4000, 3478, b"hello")
    machine.take(ip.encode(IpHeader(6, 17, host, peer, 63, 40 + len(body), 40)) + body, 0.0)
    (out,) = machine.due(0.0)
    header = ip.decode(out)
    assert (header.src, header.dst, transport.ports(out, 40)) == (public, peer, (4000, 3478))
    assert checksum(out[40:], pseudo_sum(6, public, peer, 17, len(out) - 40)) == 0
    body = transport.encode_udp(6, peer, public, 3478, 4000, b"hi")
    machine.take(ip.encode(IpHeader(6, 17, peer, public, 63, 40 + len(body), 40)) + body, 0.1, outside=True)
    (back,) = machine.due(0.1)
    assert (ip.decode(back).src, ip.decode(back).dst) == (peer, host)
