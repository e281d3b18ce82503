"""HELPER's trains: known bytes, round trips, truncation at every byte, garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.helper_messages import Step, decode_helper
from natscope.wire.stun.message import TAILSCALE_SOFTWARE, MessageClass, encode, encode_binding_success
from natscope.wire.stun.train_messages import (
    COUNT_BYTES,
    MAX_PACKETS,
    TRAIN_STEPS,
    BookTrain,
    CountTrain,
    TrainEcho,
    TrainGrant,
    TrainMessage,
    TrainPacket,
    TrainTally,
    decode_train,
    encode_train,
    is_train,
)

TOKEN, TICKET = bytes(range(16)), bytes(range(8))
KNOWN: list[tuple[TrainMessage, str]] = [
    (BookTrain(3, TOKEN, 250, 100, 972), "060300fa" + TOKEN.hex() + "006403cc"),
    (TrainGrant(3, 250, 100, 0, TICKET), "070300fa" + "00640000" + TICKET.hex()),
    (TrainGrant(3, 0, 500, 5), "07030000" + "01f40005" + "00" * 8),
    (TrainPacket(3, 17, TICKET, 4), "08030011" + TICKET.hex() + "00" * 4),
    (TrainEcho(3, 17, TICKET, 4), "09030011" + TICKET.hex() + "00" * 4),
    (CountTrain(3, TICKET), "0a030000" + TICKET.hex() + "00" * 68),
    (TrainTally(3, 1000, frozenset({0, 9})), "0b030002" + "000003e8" + "8040"),
    (TrainTally(3, 0, frozenset()), "0b030000" + "00000000"),
]
NAMES = [type(message).__name__ for message, _ in KNOWN]
BYTE, SHORT = st.integers(0, 255), st.integers(0, 65535)
TOKENS, TICKETS = st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8)
MESSAGES = st.one_of(
    st.builds(BookTrain, BYTE, TOKENS, SHORT, SHORT, SHORT),
    st.builds(TrainGrant, BYTE, st.integers(0, MAX_PACKETS), SHORT, SHORT, TICKETS),
    st.builds(TrainPacket, BYTE, SHORT, TICKETS, st.integers(0, 1500)),
    st.builds(TrainEcho, BYTE, SHORT, TICKETS, st.integers(0, 1500)),
    st.builds(CountTrain, BYTE, TICKETS),
    st.builds(TrainTally, BYTE, st.integers(0, 2**32 - 1), st.frozensets(st.integers(0, MAX_PACKETS - 1))),
)


@pytest.mark.parametrize(("message", "text"), KNOWN, ids=NAMES)
def test_known_bytes(message: TrainMessage, text: str) -> None:
    assert encode_train(message).hex() == text
    assert decode_train(bytes.fromhex(text)) == message
    assert is_train(bytes.fromhex(text))


@given(MESSAGES)
def test_round_trip(message: TrainMessage) -> None:
    assert decode_train(encode_train(message)) == message


@pytest.mark.parametrize(("message", "text"), KNOWN, ids=NAMES)
def test_cut_at_every_byte_it_is_refused_or_reads_as_less(message: TrainMessage, text: str) -> None:
    whole = bytes.fromhex(text)
    for length in range(len(whole)):
        try:
            assert decode_train(whole[:length]) != message
        except RemoteError:
            continue


@given(st.one_of(st.binary(max_size=120), st.builds(lambda s, r: bytes([s]) + r, st.integers(6, 11), st.binary())))
def test_garbage_is_refused_or_reads_as_something_that_can_be_written_again(value: bytes) -> None:
    try:
        message = decode_train(value)
    except RemoteError:
        return
    assert decode_train(encode_train(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        BookTrain(256, TOKEN, 1, 1, 1),
        BookTrain(0, b"short", 1, 1, 1),
        BookTrain(0, TOKEN, 1, 70000, 1),
        TrainPacket(0, 70000, TICKET),
        CountTrain(0, TOKEN),
        TrainTally(0, 0, frozenset({MAX_PACKETS})),
    ],
)
def test_what_does_not_fit_is_a_bug_of_ours(message: TrainMessage) -> None:
    with pytest.raises(LocalError):
        encode_train(message)


@pytest.mark.parametrize(
    "text",
    ["", "06", "0c000000" + "00" * 80, "07030201" + "00" * 12, "0b030002" + "000003e8" + "80", "0a030000" + "00" * 75],
)
def test_what_is_wrong_is_refused(text: str) -> None:
    with pytest.raises(RemoteError):
        decode_train(bytes.fromhex(text))


def test_a_tally_of_more_packets_than_a_train_has_is_refused() -> None:
    with pytest.raises(RemoteError):
        decode_train(bytes.fromhex("0b030000" + "00" * 4 + "00" * (MAX_PACKETS // 8 + 1)))


def test_the_steps_are_nobody_elses() -> None:
    assert not TRAIN_STEPS & frozenset(Step)
    for _, text in KNOWN:
        with pytest.raises(RemoteError):
            decode_helper(bytes.fromhex(text))


@pytest.mark.parametrize("client", ["203.0.113.9:41641", "[2001:db8::9]:41641"])
def test_no_answer_is_longer_than_its_request(client: str) -> None:
    def request(message: TrainMessage) -> int:
        attributes = [(int(Attr.SOFTWARE), TAILSCALE_SOFTWARE), (int(Attr.HELPER), encode_train(message))]
        return len(encode(MessageClass.REQUEST, bytes(12), attributes, fingerprint=True))

    def answer(message: TrainMessage) -> int:
        extra = [(int(Attr.HELPER), encode_train(message))]
        return len(encode_binding_success(bytes(12), Endpoint.parse(client), extra))

    everything = TrainTally(3, 1, frozenset(range(MAX_PACKETS)))
    assert answer(TrainGrant(3, 1, 1, 0, TICKET)) <= request(BookTrain(3, TOKEN, 1, 1, 1))
    assert answer(everything) <= request(CountTrain(3, TICKET))
    assert COUNT_BYTES % 4 == 0
