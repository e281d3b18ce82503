"""The trace remembers what happened, in words, and its digest changes with every part of it."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.machines.nat.packet import UDP, Packet, between
from natscope.model.endpoint import Endpoint
from natscope.sim.trace import Trace

HERE, THERE = Endpoint.parse("192.0.2.1:1000"), Endpoint.parse("192.0.2.2:2000")


def one(**changes: object) -> Trace:
    """A trace of one packet; times, ends, length or kind may be others."""
    packet = between(UDP, HERE, THERE, payload=b"12345")
    at, kind = changes.pop("at", 1.5), changes.pop("kind", "sent")
    for name, value in changes.items():
        setattr(packet, name, value)
    trace = Trace()
    trace.note(at, packet, kind)  # type: ignore[arg-type]
    return trace


def test_a_line_reads_well() -> None:
    assert [str(line) for line in one().lines()] == ["1.500000 udp 192.0.2.1:1000 > 192.0.2.2:2000 33 sent"]


@pytest.mark.parametrize(
    "change",
    [{"at": 1.5000001}, {"kind": "received"}, {"src": 1}, {"sport": 1}, {"dst": 1}, {"dport": 1}, {"length": 34}],
)
def test_every_part_counts(change: dict[str, object]) -> None:
    assert one(**change).digest() != one().digest() == one().digest()


def test_payloads_do_not_count() -> None:
    assert one(payload=b"other").digest() == one().digest()


def test_the_digest_is_over_everything_and_the_lines_over_the_newest() -> None:
    traces = [Trace(keep=10), Trace(keep=10)]
    for number in range(3000):
        for index, trace in enumerate(traces):
            source = Endpoint(ipaddress.ip_address("192.0.2.1"), 1 if number == 0 and index else 2)
            trace.note(float(number), between(UDP, source, THERE), "sent")
    assert traces[0].lines() == traces[1].lines()
    assert len(traces[0].lines()) == 10
    assert traces[0].digest() != traces[1].digest()
    assert traces[0].counts == {"sent": 3000}


def test_order_counts() -> None:
    first, second = Trace(), Trace()
    packets = [Packet(UDP, n, n, n, n) for n in (1, 2)]
    for trace, order in ((first, packets), (second, packets[::-1])):
        for packet in order:
            trace.note(1.0, packet, "sent")
    assert first.digest() != second.digest()
