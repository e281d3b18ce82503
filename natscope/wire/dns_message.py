"""DNS messages, as far as a look at name servers needs them: build one question, read its answer's addresses.

Source: RFC 1035 §4 (messages, name compression), RFC 3596 (AAAA), RFC 6891 §6.1.1 (no EDNS: answers stay within 512
bytes). Names are plain ASCII; a label's letters are compared without case. Compression pointers may only lead back, and
only so often, so that no message costs more than its length.
"""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import IPAddress
from natscope.wire.cursor import Reader, Writer

HEADER_BYTES = 12
MAX_NAME_BYTES, MAX_LABEL_BYTES = 255, 63
MAX_JUMPS = 32
MAX_RECORDS = 64
"""Records that are read of one answer; an honest one has a handful."""
CLASS_IN = 1
_RESPONSE, _OPCODE, _AUTHORITATIVE, _TRUNCATED, _RECURSION = 0x8000, 0x7800, 0x0400, 0x0200, 0x0100
_POINTER, _POINTER_BITS = 0xC0, 0x3FFF
_CNAME = 5


class RecordType(enum.IntEnum):
    """What is asked for."""

    A = 1
    AAAA = 28


class ResponseCode(enum.IntEnum):
    """How a server judges a question; others are numbers without a name here."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5


@dataclass(frozen=True, slots=True)
class DnsQuestion:
    """A name (no dot at the end, lower case) and the wanted type, of class IN."""

    name: str
    record_type: int


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """A response. `addresses` are those of the asked type, in order; `aliases` counts the CNAMEs on the way to them."""

    message_id: int
    question: DnsQuestion
    code: int
    addresses: tuple[IPAddress, ...] = ()
    aliases: int = 0
    truncated: bool = False
    authoritative: bool = False

    @property
    def code_name(self) -> str:
        """`NXDOMAIN`, or `RCODE9` for one without a name."""
        known = {item.value: item.name for item in ResponseCode}
        return known.get(self.code, f"RCODE{self.code}")


def encode_query(message_id: int, question: DnsQuestion) -> bytes:
    """One recursive question. Raises `LocalError` for what is no name."""
    out = Writer(512)
    out.u16(message_id, "id").u16(_RECURSION, "flags").u16(1, "questions")
    out.u16(0, "answers").u16(0, "authorities").u16(0, "additional")
    out.put(_encode_name(question.name), "name")
    return out.u16(question.record_type, "type").u16(CLASS_IN, "class").finish()


def decode_answer(data: bytes) -> DnsAnswer:
    """Read a response to one question. Raises `RemoteError` for anything else; later sections are not read."""
    reader = Reader(data)
    message_id, flags = reader.u16("id"), reader.u16("flags")
    questions, answers = reader.u16("questions"), reader.u16("answers")
    reader.skip(4, "other counts")
    if not flags & _RESPONSE or flags & _OPCODE:
        raise RemoteError("that is no response to a question", offset=2, field="flags")
    if questions != 1:
        raise RemoteError(f"{questions} questions instead of one", offset=4, field="questions")
    question = DnsQuestion(_name(reader), reader.u16("type"))
    if reader.u16("class") != CLASS_IN:
        raise RemoteError("a question of another class", offset=reader.offset, field="class")
    if answers > MAX_RECORDS:
        raise RemoteError(f"{answers} records are more than {MAX_RECORDS}", offset=6, field="answers")
    addresses: list[IPAddress] = []
    aliases = 0
    for _ in range(answers):
        kind, rdata = _record(reader)
        if kind == question.record_type and kind in (RecordType.A, RecordType.AAAA):
            addresses.append(_address(kind, rdata, reader.offset))
        aliases += kind == _CNAME
    return DnsAnswer(
        message_id, question, flags & 0xF, tuple(addresses), aliases,
        bool(flags & _TRUNCATED), bool(flags & _AUTHORITATIVE),
    )  # fmt: skip


def _record(reader: Reader) -> tuple[int, bytes]:
    """Type and data of one record of class IN; of other classes the type is -1. Owner names are not compared."""
    _name(reader)
    kind, of_class = reader.u16("record type"), reader.u16("record class")
    reader.skip(4, "ttl")
    rdata = reader.take(reader.u16("data length"), "data")
    return (kind if of_class == CLASS_IN else -1), rdata


def _address(kind: int, rdata: bytes, offset: int) -> IPAddress:
    if len(rdata) != (4 if kind == RecordType.A else 16):
        raise RemoteError(f"an address of {len(rdata)} bytes", offset=offset, field="data")
    return ipaddress.IPv4Address(rdata) if kind == RecordType.A else ipaddress.IPv6Address(rdata)


def _name(reader: Reader) -> str:
    """A name, in lower case; bytes that are no printable ASCII are written as `\\DDD`."""
    labels: list[str] = []
    size, jumps, place = 1, 0, reader
    while True:
        start = place.offset
        length = place.u8("label length")
        if length == 0:
            return ".".join(labels)
        if length & _POINTER == _POINTER:
            target = (length << 8 | place.u8("pointer")) & _POINTER_BITS
            jumps += 1
            if target >= start or jumps > MAX_JUMPS:
                raise RemoteError("a name that leads forward or in circles", offset=start, field="pointer")
            place = Reader(reader.data, target, reader.end)
            continue
        if length > MAX_LABEL_BYTES:
            raise RemoteError("a label of an unknown kind", offset=start, field="label length")
        size += length + 1
        if size > MAX_NAME_BYTES:
            raise RemoteError(f"a name of more than {MAX_NAME_BYTES} bytes", offset=start, field="name")
        labels.append("".join(_printable(byte) for byte in place.take(length, "label")))


def _printable(byte: int) -> str:
    """Dots and backslashes inside labels are escaped too, so that a name reads one way only (RFC 4343 §2.1)."""
    if 0x21 <= byte <= 0x7E and byte not in b".\\":
        return chr(byte).lower()
    return f"\\{byte:03d}"


def _encode_name(name: str) -> bytes:
    out = bytearray()
    for label in name.rstrip(".").split("."):
        raw = label.encode("ascii", errors="replace")
        if not 1 <= len(raw) <= MAX_LABEL_BYTES or not label.isascii() or "\\" in label:
            raise LocalError(f"{name[:80]!r} is no name for the DNS")
        out += bytes((len(raw),)) + raw
    out += b"\0"
    if len(out) > MAX_NAME_BYTES:
        raise LocalError(f"{name[:80]!r} is too long for the DNS")
    return bytes(out)
