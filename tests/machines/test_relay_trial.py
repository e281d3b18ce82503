"""Packets through a relay: what a trial says of what arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError
from natscope.machines.relay_trial import SIZES, SMALLEST, STREAM_BYTES, WINDOW, Passage
from natscope.wire.derp.frames import is_disco

TAG = b"12345678"


def through(trial: Passage, packets: list[bytes], began: float = 0.01) -> None:
    for number, packet in enumerate(packets):
        assert trial.arrived(packet, began + number / 1000)


def test_a_hello_is_what_relays_tell_about() -> None:
    trial = Passage(TAG)
    packet = trial.hello(1.0)
    assert is_disco(packet)
    assert not trial.has_met
    assert trial.arrived(packet, 1.5)
    assert trial.arrived(packet, 2.5)
    assert (trial.hellos, trial.first_hello_at, trial.hello_arrived_at) == (1, 1.0, 1.5)


def test_all_arrive() -> None:
    trial = Passage(TAG)
    packets = [trial.single(size, 0.0) for size in SIZES for _ in range(3)]
    assert [len(packet) for packet in packets] == [size for size in SIZES for _ in range(3)]
    assert not any(is_disco(packet) for packet in packets)
    through(trial, packets)
    totals = trial.totals()
    assert (totals.sent, totals.arrived, totals.in_order) == (9, 9, True)
    assert totals.fastest_s == 0.01
    assert totals.median_s == 0.014
    assert totals.slowest_s == pytest.approx(0.018)
    assert trial.is_complete
    assert (trial.doubled, trial.altered) == (0, 0)


def test_loss_by_size() -> None:
    trial = Passage(TAG)
    packets = [trial.single(size, 0.0) for size in SIZES]
    through(trial, packets[:2])
    assert {size: (row.sent, row.arrived) for size, row in trial.sizes.items()} == {
        64: (1, 1),
        512: (1, 1),
        1400: (1, 0),
    }
    assert not trial.is_complete


def test_nothing_arrives() -> None:
    trial = Passage(TAG)
    trial.single(64, 0.0)
    totals = trial.totals()
    assert (totals.sent, totals.arrived, totals.median_s, totals.in_order) == (1, 0, None, None)
    assert trial.bytes_per_s() is None


def test_order_and_doubles() -> None:
    trial = Passage(TAG)
    a, b, c = (trial.single(64, 0.0) for _ in range(3))
    through(trial, [b, a, c, c])
    assert (trial.late_in_line, trial.doubled, trial.totals().in_order) == (1, 1, False)


def test_a_changed_packet_did_not_arrive() -> None:
    trial = Passage(TAG)
    packet = trial.single(64, 0.0)
    for changed in (packet[:-1] + b"\0", packet[:-1], packet + b"x"):
        assert trial.arrived(changed, 1.0)
    assert trial.altered == 3
    assert trial.totals().arrived == 0


def test_a_stream_keeps_few_on_the_way() -> None:
    trial = Passage(TAG)
    sent = []
    while trial.may_stream:
        sent.append(trial.stream(1.0))
    assert len(sent) == WINDOW
    trial.arrived(sent[0], 1.5)
    assert trial.may_stream
    for packet in sent[1:]:
        trial.arrived(packet, 2.0)
    assert trial.bytes_per_s() == WINDOW * STREAM_BYTES
    assert trial.totals().sent == 0


@given(st.binary(max_size=120))
def test_other_packets_are_nobodys(packet: bytes) -> None:
    trial, other = Passage(TAG), Passage(b"abcdefgh")
    trial.single(64, 0.0)
    assert not trial.arrived(packet, 1.0)
    assert not trial.arrived(other.single(64, 0.0), 1.0)
    assert not trial.arrived(other.hello(0.0), 1.0)


@given(st.integers(0, 63))
def test_cut_at_every_byte(length: int) -> None:
    trial = Passage(TAG)
    packet = trial.single(64, 0.0)
    trial.arrived(packet[:length], 1.0)
    assert trial.totals().arrived == 0


def test_wrong_use_is_told() -> None:
    with pytest.raises(LocalError):
        Passage(b"short")
    with pytest.raises(LocalError):
        Passage(TAG).single(SMALLEST - 1, 0.0)
