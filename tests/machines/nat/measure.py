"""CPU per packet of the NAT: `python -m tests.machines.nat.measure`. No test: nothing here asserts a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.packet import UDP, Packet, pack
from natscope.machines.nat.presets import preset
from natscope.machines.nat.translator import Nat
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering
from tests.machines.nat.site import PUBLIC, config, end

FLOWS, PACKETS = 1000, 200_000
SERVER = end("r:3478")
HOST = pack(end("a:0").ip)


def senders() -> list[Packet]:
    return [Packet(UDP, HOST + n, 5000 + n, pack(SERVER.ip), SERVER.port) for n in range(FLOWS)]


def cost_us(run: Callable[[], int]) -> float:
    """Microseconds of CPU per packet."""
    start = time.process_time()
    count = run()
    return (time.process_time() - start) / count * 1e6


def steady(settings: NatConfig) -> tuple[float, float, float]:
    """A new flow, a packet out, a packet in."""
    nat, opened = Nat(settings, b"measure"), senders()
    begin = cost_us(lambda: sum(1 for p in opened if nat.outbound(p, 0.0) == 0))
    inside = [(p.src, p.sport) for p in senders()]
    outside = [(p.src, p.sport) for p in opened]

    def send() -> int:
        packets = senders()
        for n in range(PACKETS // FLOWS):
            for packet, place in zip(packets, inside, strict=True):
                packet.src, packet.sport = place
                nat.outbound(packet, n * 0.01)
        return PACKETS

    def receive(peer: Endpoint = SERVER) -> int:
        packets = [Packet(UDP, pack(peer.ip), peer.port, *address) for address in outside]
        for n in range(PACKETS // FLOWS):
            for packet, place in zip(packets, outside, strict=True):
                packet.dst, packet.dport = place
                nat.inbound(packet, n * 0.01)
        return PACKETS

    if settings.filtering is Filtering.ENDPOINT_INDEPENDENT:
        return begin, cost_us(send), cost_us(lambda: receive(end("s:1")))
    return begin, cost_us(send), cost_us(receive)


def main() -> None:
    print(f"{FLOWS} flows, {PACKETS} packets; microseconds of CPU: new flow, packet out, packet in")
    for name in ("port-restricted", "symmetric-random", "linux-masquerade", "firewall"):
        print(f"{name:18}", *(f"{us:6.2f}" for us in steady(preset(name, [PUBLIC]))))
    strangers = config(filtering=Filtering.ENDPOINT_INDEPENDENT)
    print(f"{'full-cone':18}", *(f"{us:6.2f}" for us in steady(strangers)), "  (in: from strangers, without a flow)")


if __name__ == "__main__":
    main()
