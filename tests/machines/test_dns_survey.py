"""Which datagrams are answers, when a question is repeated, and when it is over."""

from __future__ import annotations

import ipaddress
from itertools import count

import dns.message
import dns.rrset
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.dns_survey import MAX_DROPPED, PATIENCE_S, REPEAT_S, Asked, DnsSurvey
from natscope.model.endpoint import Endpoint
from natscope.wire.dns_message import DnsQuestion, RecordType

SERVER = Endpoint(ipaddress.ip_address("192.0.2.53"), 53)
OTHER = Endpoint(ipaddress.ip_address("192.0.2.54"), 53)


def question(name: str = "relay1.test", server: Endpoint = SERVER) -> Asked:
    return Asked(server, DnsQuestion(name, RecordType.A), "relay")


def survey(*questions: Asked) -> DnsSurvey:
    numbers = count(1)
    return DnsSurvey(questions or (question(),), lambda limit: next(numbers) % limit, 100.0)


def answer_to(data: bytes, address: str = "198.51.100.1") -> bytes:
    asked = dns.message.from_wire(data)
    reply = dns.message.make_response(asked)
    reply.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "A", address))
    return reply.to_wire()


def test_an_answer_ends_it() -> None:
    made = survey()
    ((asked, send),) = made.due(100.0)
    assert send.target == SERVER
    assert made.due(100.0) == []
    made.take(answer_to(send.data), SERVER, 100.02)
    assert asked.answer is not None
    assert [str(ip) for ip in asked.answer.addresses] == ["198.51.100.1"]
    assert round(asked.rtt_s or 0, 6) == 0.02
    assert made.deadline(100.03) is None


def test_silence_is_asked_three_times_and_then_over() -> None:
    made = survey()
    ids = set()
    for at in REPEAT_S:
        assert made.deadline(100.0 + at - 0.001) == 100.0 + at
        ((_, send),) = made.due(100.0 + at)
        ids.add(send.data[:2])
    assert len(ids) == len(REPEAT_S)
    assert made.deadline(100.0 + 1.0) == 100.0 + PATIENCE_S
    assert made.deadline(100.0 + PATIENCE_S) is None
    assert made.questions[0].is_open


def test_the_round_trip_is_that_of_the_packet_that_was_answered() -> None:
    made = survey()
    ((_, first),) = made.due(100.0)
    ((asked, _),) = made.due(100.4)
    made.take(answer_to(first.data), SERVER, 100.5)
    assert round(asked.rtt_s or 0, 6) == 0.5


def test_strangers_are_counted_and_dropped() -> None:
    made = survey(question(), question("relay2.test"))
    (first, send), (_, other) = made.due(100.0)
    good = answer_to(send.data)
    made.take(good, OTHER, 100.01)
    made.take(good[:2] + answer_to(other.data)[2:], SERVER, 100.01)
    made.take(b"\xff\xff" + good[2:], SERVER, 100.01)
    made.take(b"garbage", SERVER, 100.01)
    made.take(send.data, SERVER, 100.01)
    assert first.answer is None
    made.take(good, SERVER, 100.02)
    made.take(good, SERVER, 100.03)
    assert first.answered_at == 100.02
    assert made.dropped == {"other source": 1, "other question": 1, "unknown id": 1, "malformed": 2, "again": 1}


def test_a_flood_is_counted_only() -> None:
    made = survey()
    ((asked, send),) = made.due(100.0)
    for _ in range(MAX_DROPPED):
        made.take(b"x", SERVER, 100.0)
    made.take(answer_to(send.data), SERVER, 100.0)
    assert asked.answer is None
    assert made.dropped["too many"] == 1


def test_refusals_and_packets_that_never_left() -> None:
    made = survey(question(), question("relay2.test"), question("relay1.test", OTHER))
    for asked, _ in made.due(100.0):
        if asked.server == OTHER:
            made.failed(asked, "there is no route")
    made.refuse(SERVER, "port unreachable", 100.1)
    assert [(a.error, a.unsent) for a in made.questions] == [
        ("port unreachable", ""),
        ("port unreachable", ""),
        ("", "there is no route"),
    ]
    assert made.deadline(100.1) is None


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_garbage_answers_nothing(packets: list[bytes]) -> None:
    made = survey()
    made.due(100.0)
    for data in packets:
        made.take(data, SERVER, 100.0)
    assert made.questions[0].is_open
    assert sum(made.dropped.values()) == len(packets)
