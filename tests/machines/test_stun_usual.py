"""The short way for usual requests against the responder, which is its reference."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from natscope.machines.stun_responder import Reply, StunResponder
from natscope.machines.stun_usual import ANSWER_BYTES, is_usual_request, usual_answer
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.message import RequestForm, encode_binding_request

REFERENCE = StunResponder()
IDS = st.binary(min_size=12, max_size=12)
USUAL = st.builds(encode_binding_request, IDS, st.sampled_from(RequestForm))
SOURCES = st.builds(
    Endpoint,
    st.ip_addresses(v=4, network="192.0.2.0/24") | st.ip_addresses(v=6, network="2001:db8::/32"),
    st.integers(1, 65535),
)


@given(USUAL, SOURCES)
def test_usual_answers_are_those_of_the_responder(data: bytes, source: Endpoint) -> None:
    assert is_usual_request(data)
    outcome = REFERENCE.respond(data, source)
    assert isinstance(outcome, Reply)
    answer = usual_answer(data, source.port.to_bytes(2, "big") + source.ip.packed)
    assert answer == outcome.data
    assert len(answer) == ANSWER_BYTES[source.family]


@given(USUAL, st.integers(0, 39), st.integers(1, 255))
@example(encode_binding_request(bytes(12), RequestForm.TAILSCALE), 39, 1)
def test_a_changed_byte_is_never_answered_where_the_responder_would_not(data: bytes, place: int, flip: int) -> None:
    place %= len(data)
    changed = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
    if is_usual_request(changed):
        assert isinstance(REFERENCE.respond(changed, Endpoint.parse("192.0.2.1:1")), Reply)
        assert 8 <= place < 20
        assert len(changed) == 20


@given(st.binary(max_size=60))
def test_garbage_is_not_usual(data: bytes) -> None:
    assert not is_usual_request(data) or isinstance(REFERENCE.respond(data, Endpoint.parse("192.0.2.1:1")), Reply)
