"""DNS messages: dnspython reads ours and writes what we read; nothing hostile costs more than its length."""

from __future__ import annotations

import contextlib
import ipaddress

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.dns_message import (
    MAX_RECORDS,
    DnsQuestion,
    RecordType,
    ResponseCode,
    decode_answer,
    encode_query,
)

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
NAMES = st.lists(LABEL, min_size=1, max_size=6).map(".".join)
KINDS = st.sampled_from(list(RecordType))


def answered(name: str, kind: str, *addresses: str, rcode: int = 0, alias: str = "", more: int = 0) -> bytes:
    """What dnspython makes of it."""
    message = dns.message.make_response(dns.message.make_query(name, kind, id=77), recursion_available=True)
    message.set_rcode(dns.rcode.Rcode(rcode))
    owner = name
    if alias:
        message.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", f"{alias}."))
        owner = alias
    if addresses:
        message.answer.append(dns.rrset.from_text(f"{owner}.", 60, "IN", kind, *addresses))
    return message.to_wire()


@given(st.integers(0, 65535), NAMES, KINDS)
def test_dnspython_reads_our_questions(number: int, name: str, kind: RecordType) -> None:
    message = dns.message.from_wire(encode_query(number, DnsQuestion(name, kind)))
    assert (message.id, message.question[0].name.to_text(omit_final_dot=True)) == (number, name)
    assert (int(message.question[0].rdtype), int(message.question[0].rdclass)) == (int(kind), 1)
    assert message.flags == dns.flags.RD


@given(NAMES, st.lists(st.ip_addresses(v=6), max_size=5, unique=True))
def test_answers_of_dnspython_are_read(name: str, addresses: list[ipaddress.IPv6Address]) -> None:
    found = decode_answer(answered(name, "AAAA", *map(str, addresses)))
    assert found.question == DnsQuestion(name, RecordType.AAAA)
    assert sorted(found.addresses) == sorted(addresses)
    assert (found.message_id, found.code, found.truncated) == (77, ResponseCode.NOERROR, False)


def test_an_alias_on_the_way_is_counted_and_its_address_read() -> None:
    found = decode_answer(answered("www.example.com", "A", "192.0.2.1", "192.0.2.2", alias="edge.example.net"))
    assert sorted(map(str, found.addresses)) == ["192.0.2.1", "192.0.2.2"]
    assert found.aliases == 1


def test_codes_have_names() -> None:
    assert decode_answer(answered("gone.test", "A", rcode=3)).code_name == "NXDOMAIN"
    assert decode_answer(answered("gone.test", "A", rcode=9)).code_name == "RCODE9"


def test_letters_of_either_case_are_one() -> None:
    assert decode_answer(answered("Relay1.TEST", "A", "192.0.2.1")).question.name == "relay1.test"


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64, ".".join(["abcdefgh"] * 30), "é.test", "a\\b.test"])
def test_what_is_no_name_is_not_asked(name: str) -> None:
    with pytest.raises(LocalError):
        encode_query(1, DnsQuestion(name, RecordType.A))


def test_cut_at_every_byte() -> None:
    whole = answered("relay1.test", "A", "192.0.2.1", "192.0.2.2")
    for length in range(len(whole)):
        with pytest.raises(RemoteError):
            decode_answer(whole[:length])
    assert len(decode_answer(whole + b"\0" * 9).addresses) == 2


@given(st.binary(max_size=600))
def test_garbage_is_refused(data: bytes) -> None:
    with contextlib.suppress(RemoteError):
        decode_answer(data)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 60))
def test_a_damaged_answer_is_refused_or_read(damage: bytes, at: int) -> None:
    data = bytearray(answered("relay1.test", "A", "192.0.2.1"))
    data[at : at + len(damage)] = damage
    with contextlib.suppress(RemoteError):
        decode_answer(bytes(data))


HEAD = bytes.fromhex("004d81800001000100000000")


@pytest.mark.parametrize(
    "name",
    [
        b"\xc0\x0c",  # itself
        b"\x01a\xc0\x0c",  # round and round
        b"\xc0\x20",  # forward
        b"\x41" + b"a" * 65,  # a label kind nobody uses
        (b"\x3f" + b"a" * 63) * 5 + b"\0",  # too long
    ],
)
def test_names_that_never_end_are_refused(name: bytes) -> None:
    with pytest.raises(RemoteError):
        decode_answer(HEAD + name + b"\0\x01\0\x01" + bytes(80))


def test_a_ladder_of_pointers_is_bounded() -> None:
    ladder = b"\0" + b"".join((0xC000 | (12 if n == 0 else 13 + 2 * (n - 1))).to_bytes(2, "big") for n in range(60))
    with pytest.raises(RemoteError, match="circles"):
        decode_answer(HEAD[:4] + b"\0\1\0\0\0\0\0\0" + b"\x01a" + (0xC00C).to_bytes(2, "big") + ladder)


def test_more_records_than_anybody_needs_are_refused() -> None:
    data = bytearray(answered("relay1.test", "A", "192.0.2.1"))
    data[6:8] = (MAX_RECORDS + 1).to_bytes(2, "big")
    with pytest.raises(RemoteError, match="more than"):
        decode_answer(bytes(data))


def test_questions_and_other_messages_are_no_answers() -> None:
    with pytest.raises(RemoteError, match="no response"):
        decode_answer(encode_query(1, DnsQuestion("relay1.test", RecordType.A)))
    two = bytearray(answered("relay1.test", "A"))
    two[5] = 2
    with pytest.raises(RemoteError, match="2 questions"):
        decode_answer(bytes(two))
    bad = bytearray(answered("relay1.test", "A", "192.0.2.1"))
    bad[-5] = 3
    with pytest.raises(RemoteError, match="3 bytes"):
        decode_answer(bytes(bad))
