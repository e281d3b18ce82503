"""HELPER: known bytes, round trips, truncation at every byte, garbage."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.helper_messages import (
    ASK_BYTES,
    MAX_COUNTED,
    Ask,
    AskMarks,
    Count,
    Done,
    Fate,
    Forward,
    Hello,
    HelperMessage,
    Nonce,
    Offer,
    Order,
    Tally,
    TellMarks,
    Way,
    decode_helper,
    encode_helper,
)

TOKEN = bytes(range(16))
V4, V6 = Endpoint.parse("192.0.2.7:3479"), Endpoint.parse("[2001:db8::7]:3479")
KNOWN: list[tuple[HelperMessage, str]] = [
    (Ask(), "01000000" + "00" * 44),
    (Offer(TOKEN, 3479), "02000d97" + TOKEN.hex()),
    (Offer(TOKEN, 3479, V4, 3478), "02000d97" + TOKEN.hex() + "0d96" + "00010d97c0000207"),
    (Order(Way.OTHER_ADDRESS, TOKEN, 41641), "0302a2a9" + TOKEN.hex()),
    (Count(TOKEN, (b"abcd", b"efgh")), "04020000" + TOKEN.hex() + b"abcdefgh".hex()),
    (Tally((Fate.SENT, Fate.LIMITED)), "050200000103"),
    (AskMarks(), "0c000000" + "00" * 20),
    (TellMarks(0x8A), "0d8a0000"),
    (Hello(), "10000000" + "00" * 16),
    (Nonce(TOKEN, 3479), "11000d97" + TOKEN.hex()),
    (Forward(TOKEN, V4), "12000000" + TOKEN.hex() + "00010d97c0000207"),
    (Done(Fate.REFUSED), "13040000"),
]
TOKENS, PORTS = st.binary(min_size=16, max_size=16), st.integers(0, 65535)
ENDPOINTS = st.builds(Endpoint, st.ip_addresses(), PORTS)
FATES = st.sampled_from(Fate)
MESSAGES = st.one_of(
    st.just(Ask()),
    st.just(Hello()),
    st.just(AskMarks()),
    st.builds(TellMarks, st.integers(0, 255)),
    st.builds(Offer, TOKENS, PORTS),
    st.builds(Offer, TOKENS, PORTS, ENDPOINTS, PORTS),
    st.builds(Order, st.sampled_from(Way), TOKENS, PORTS),
    st.builds(Count, TOKENS, st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=8).map(tuple)),
    st.builds(Tally, st.lists(FATES, min_size=1, max_size=8).map(tuple)),
    st.builds(Nonce, TOKENS, PORTS),
    st.builds(Forward, TOKENS, ENDPOINTS),
    st.builds(Done, FATES),
)


@pytest.mark.parametrize(("message", "text"), KNOWN, ids=[type(m).__name__ for m, _ in KNOWN])
def test_known_bytes(message: HelperMessage, text: str) -> None:
    assert encode_helper(message).hex() == text
    assert decode_helper(bytes.fromhex(text)) == message


@given(MESSAGES)
def test_round_trip(message: HelperMessage) -> None:
    assert decode_helper(encode_helper(message)) == message


@pytest.mark.parametrize(("message", "text"), KNOWN, ids=[type(m).__name__ for m, _ in KNOWN])
def test_cut_at_every_byte_it_is_refused_or_reads_as_less(message: HelperMessage, text: str) -> None:
    whole = bytes.fromhex(text)
    for length in range(len(whole)):
        try:
            assert decode_helper(whole[:length]) != message or isinstance(message, Hello)
        except RemoteError:
            continue


@given(st.binary(max_size=80))
def test_garbage_is_refused_or_reads_as_something_that_can_be_written_again(value: bytes) -> None:
    try:
        message = decode_helper(value)
    except RemoteError:
        return
    assert decode_helper(encode_helper(message)) == message


def test_an_ask_is_longer_than_any_offer_by_what_its_answer_has_more() -> None:
    """In an answer over IPv6 the mapped address is 12 bytes longer than SOFTWARE, and there is no FINGERPRINT of 8."""
    largest = len(encode_helper(Offer(TOKEN, 3479, V6, 3478)))
    assert largest + largest % 4 + 24 <= ASK_BYTES + 12 + 8


def test_a_fate_of_a_later_version_is_unknown() -> None:
    assert decode_helper(bytes.fromhex("05010000ff")) == Tally((Fate.UNKNOWN,))


@pytest.mark.parametrize(
    "message",
    [
        Offer(b"short"),
        Order(Way.OTHER_PORT, b""),
        Order(Way.OTHER_PORT, TOKEN, 70000),
        Count(TOKEN, ()),
        Count(TOKEN, (b"abc",)),
        Count(TOKEN, (b"abcd",) * (MAX_COUNTED + 1)),
    ],
)
def test_what_does_not_fit_is_a_bug_of_ours(message: HelperMessage) -> None:
    with pytest.raises(LocalError):
        encode_helper(message)


@pytest.mark.parametrize("text", ["", "030000", "ff000000", "03050000" + "00" * 16, "04090000" + "00" * 60, "01000000"])
def test_what_is_wrong_is_refused(text: str) -> None:
    with pytest.raises(RemoteError):
        decode_helper(bytes.fromhex(text))


def test_addresses_keep_their_family() -> None:
    assert decode_helper(encode_helper(Forward(TOKEN, V6))) == Forward(TOKEN, V6)
    assert isinstance(V6.ip, ipaddress.IPv6Address)
